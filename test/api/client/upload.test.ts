import { createHash } from "node:crypto";
import { createValetKey, ValetKeyError } from "@valetkey/client";
import { describe, expect, test } from "vitest";
import { shareInFile } from "../../support/share-in-file.ts";
import { startTestServer } from "../../support/test-server.ts";

const MiB = 2 ** 20;
const server = await shareInFile(startTestServer({ env: { VALETKEY_MULTIPART_BYTES: "5MiB" } }));
const url = `${server.url}/graphql`;
const client = createValetKey({ url });

function noise(bytes: number, seed = 1): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(bytes);
  let state = seed;
  for (let index = 0; index < bytes; index += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    data[index] = state >>> 16;
  }
  return data;
}

const sha256 = (data: Uint8Array) => createHash("sha256").update(data).digest("hex");

async function stored(key: string): Promise<string> {
  const { url: signed } = await client.downloadUrl({ bucket: "demo", key });
  return sha256(new Uint8Array(await (await fetch(signed)).arrayBuffer()));
}

const partUrl = /partNumber=(\d+)/;

/** Counts the requests to the store, and lets a test answer them itself. */
function spy(
  answer: (part: number, attempt: number) => Response | Promise<Response> | undefined | "reset" = () =>
    undefined,
) {
  const attempts = new Map<number, number>();
  const spied: typeof fetch = async (input, init) => {
    const address = String(input);
    if (address.startsWith(server.url) || init?.method !== "PUT") return fetch(input, init);
    const part = Number(partUrl.exec(address)?.[1] ?? 0);
    const attempt = (attempts.get(part) ?? 0) + 1;
    attempts.set(part, attempt);
    const own = answer(part, attempt);
    if (own === "reset") throw new TypeError("fetch failed");
    return (await own) ?? fetch(input, init);
  };
  return { fetch: spied, attempts };
}

const storeError = (status: number, code: string) =>
  new Response(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>A message.</Message></Error>`, {
    status,
  });

describe("upload", () => {
  test.each([0, 1, 4 * MiB])("stores a file of %i bytes with one request", async (size) => {
    const data = noise(size);
    const { fetch, attempts } = spy();
    const task = createValetKey({ url, fetch }).upload(new Blob([data], { type: "image/png" }), {
      bucket: "demo",
      key: `whole/${size}`,
      metadata: { author: "Zoë" },
      tags: { team: "a" },
    });
    expect(await task.done).toMatchObject({
      bucket: "demo",
      key: `whole/${size}`,
      size,
      contentType: "image/png",
    });
    expect(task.state).toBe("done");
    expect(task.progress).toMatchObject({ bytes: size, total: size });
    expect([...attempts]).toEqual([[0, 1]]);
    expect(await stored(`whole/${size}`)).toBe(sha256(data));
  });

  test("stores a large file in parts, and counts its bytes up to the end", async () => {
    const data = noise(23 * MiB + 17);
    const { fetch, attempts } = spy();
    const seen: number[] = [];
    const task = createValetKey({ url, fetch }).upload(new Blob([data]), {
      bucket: "demo",
      key: "parts/large",
      onProgress: ({ bytes }) => seen.push(bytes),
    });
    const object = await task.done;
    expect(object.size).toBe(data.length);
    expect(object.etag).toMatch(/-\d+$/);
    expect(attempts.size).toBeGreaterThan(2);
    expect([...attempts.values()].every((count) => count === 1)).toBe(true);
    expect(seen.at(-1)).toBe(data.length);
    expect(await stored("parts/large")).toBe(sha256(data));
    const details = await server.client.request(
      '{ object(bucket: "demo", key: "parts/large") { checksum { algorithm } } }',
    );
    expect(details.data).toEqual({ object: { checksum: { algorithm: "CRC64NVME" } } });
  });

  test.each(["CRC32C", "CRC32", false] as const)("works with the checksum %s", async (checksum) => {
    const data = noise(11 * MiB);
    await client.upload(new Blob([data]), { bucket: "demo", key: `sum/${checksum}`, checksum }).done;
    expect(await stored(`sum/${checksum}`)).toBe(sha256(data));
  });

  test.each<[string, (part: number, attempt: number) => Response | undefined | "reset"]>([
    ["500", (part, attempt) => (part === 2 && attempt === 1 ? storeError(500, "InternalError") : undefined)],
    ["503", (part, attempt) => (part === 1 && attempt < 3 ? storeError(503, "SlowDown") : undefined)],
    ["403", (part, attempt) => (part === 2 && attempt === 1 ? storeError(403, "AccessDenied") : undefined)],
    ["a reset connection", (part, attempt) => (part === 2 && attempt === 1 ? "reset" : undefined)],
    [
      "BadDigest",
      (part, attempt) => (part === 1 && attempt === 1 ? storeError(400, "BadDigest") : undefined),
    ],
  ])("sends a part again after %s", async (what, answer) => {
    const data = noise(16 * MiB);
    const { fetch, attempts } = spy(answer);
    await createValetKey({ url, fetch }).upload(new Blob([data]), { bucket: "demo", key: `faults/${what}` })
      .done;
    expect(Math.max(...attempts.values())).toBeGreaterThan(1);
    expect(await stored(`faults/${what}`)).toBe(sha256(data));
  });

  test("a byte that changes on its way is refused by the store, and sent again", async () => {
    const data = noise(11 * MiB);
    let flipped = false;
    const flipping: typeof fetch = async (input, init) => {
      if (!flipped && partUrl.test(String(input)) && init?.body instanceof Blob) {
        flipped = true;
        const bytes = new Uint8Array(await init.body.arrayBuffer());
        bytes[1000] = (bytes[1000] ?? 0) ^ 1;
        return fetch(input, { ...init, body: new Blob([bytes]) });
      }
      return fetch(input, init);
    };
    await createValetKey({ url, fetch: flipping }).upload(new Blob([data]), {
      bucket: "demo",
      key: "flipped",
    }).done;
    expect(flipped).toBe(true);
    expect(await stored("flipped")).toBe(sha256(data));
  });

  test("says that the store refuses, and ends, if it refuses every URL", async () => {
    const { fetch } = spy(() => storeError(403, "AccessDenied"));
    const task = createValetKey({ url, fetch }).upload(new Blob([noise(10)]), {
      bucket: "demo",
      key: "refused",
    });
    await expect(task.done).rejects.toMatchObject({ code: "STORE_REFUSED", retryable: false });
    expect(task.state).toBe("failed");
  });

  test("fails with the server's code and field", async () => {
    const task = client.upload(new Blob(["x"]), { bucket: "demo", key: "" });
    await expect(task.done).rejects.toMatchObject({ code: "BAD_USER_INPUT", field: "input.key" });
    await expect(client.upload(new Blob(["x"]), { bucket: "nobodys", key: "k" }).done).rejects.toBeInstanceOf(
      ValetKeyError,
    );
  });

  test("with overwrite: false leaves an object alone", async () => {
    await client.upload(new Blob(["first"]), { bucket: "demo", key: "kept" }).done;
    for (const size of [6, 6 * MiB]) {
      const again = client.upload(new Blob([noise(size)]), { bucket: "demo", key: "kept", overwrite: false });
      await expect(again.done).rejects.toMatchObject({ code: "OBJECT_EXISTS" });
    }
    expect(await stored("kept")).toBe(sha256(new TextEncoder().encode("first")));
    expect(await client.pendingUploads({ bucket: "demo", prefix: "kept" })).toEqual([]);
  });
});

describe("pause, resume and abort", () => {
  test("a paused upload sends nothing, and continues with what is missing", async () => {
    const data = noise(31 * MiB);
    const { fetch, attempts } = spy();
    const task = createValetKey({ url, fetch }).upload(new Blob([data]), { bucket: "demo", key: "paused" });
    await expect.poll(() => task.progress.bytes).toBeGreaterThan(0);
    await task.pause();
    expect(task.state).toBe("paused");
    const { bytes } = task.progress;
    const requests = [...attempts.values()].reduce((sum, count) => sum + count, 0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(task.progress.bytes).toBe(bytes);
    expect([...attempts.values()].reduce((sum, count) => sum + count, 0)).toBe(requests);
    task.resume();
    expect(task.state).toBe("running");
    await task.done;
    expect(await stored("paused")).toBe(sha256(data));
  });

  test("an aborted upload leaves nothing at the store", async () => {
    const task = client.upload(new Blob([noise(31 * MiB)]), { bucket: "demo", key: "aborted" });
    await expect.poll(() => task.progress.bytes).toBeGreaterThan(0);
    await task.abort();
    expect(task.state).toBe("aborted");
    await expect(task.done).rejects.toMatchObject({ code: "ABORTED", retryable: false });
    expect(await client.pendingUploads({ bucket: "demo", prefix: "aborted" })).toEqual([]);
    expect(await client.head({ bucket: "demo", key: "aborted" })).toBeUndefined();
  });

  test("a signal aborts, also before the beginning", async () => {
    const controller = new AbortController();
    const task = client.upload(new Blob([noise(12 * MiB)]), {
      bucket: "demo",
      key: "signal",
      signal: controller.signal,
    });
    controller.abort();
    await expect(task.done).rejects.toMatchObject({ code: "ABORTED" });
    const late = client.upload(new Blob(["x"]), { bucket: "demo", key: "signal", signal: controller.signal });
    await expect(late.done).rejects.toMatchObject({ code: "ABORTED" });
    expect(await client.pendingUploads({ bucket: "demo", prefix: "signal" })).toEqual([]);
  });

  test("an upload that was left behind is continued, and no part goes twice", async () => {
    const data = noise(31 * MiB);
    let stop = (_reason: Error) => {};
    const stopped = new Promise<never>((_, reject) => {
      stop = reject;
    });
    stopped.catch(() => {});
    const arrived = new Set<number>();
    // Like a page that is closed: nothing that it waits for ever comes back.
    const closing: typeof fetch = async (input, init) => {
      const part = Number(partUrl.exec(String(input))?.[1] ?? 0);
      if (part > 3) return await stopped;
      const response = await fetch(input, init);
      if (part > 0) arrived.add(part);
      return response;
    };
    void createValetKey({ url, fetch: closing }).upload(new Blob([data]), { bucket: "demo", key: "resumed" });
    await expect.poll(() => arrived.size).toBe(3);
    expect(await client.pendingUploads({ bucket: "demo", prefix: "resumed" })).toMatchObject([
      { key: "resumed" },
    ]);

    const { fetch: spied, attempts } = spy();
    const task = createValetKey({ url, fetch: spied }).upload(new Blob([data]), {
      bucket: "demo",
      key: "resumed",
      resume: true,
    });
    await task.done;
    for (const part of arrived) expect(attempts.has(part)).toBe(false);
    expect(await stored("resumed")).toBe(sha256(data));
    expect(await client.pendingUploads({ bucket: "demo", prefix: "resumed" })).toEqual([]);
    stop(new Error("closed"));
  });
});
