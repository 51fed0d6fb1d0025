import { createHash } from "node:crypto";
import { openAsBlob } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createValetKey, type ValetKey } from "@valetkey/client";
import { expect, test } from "vitest";
import { noise } from "../../support/noise.ts";
import { makeTemporaryFolder } from "../../support/resources.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { bucket, startTestServer } from "../../support/test-server.ts";

const MiB = 2 ** 20;
const server = await shareInFile(startTestServer({ env: { VALETKEY_MULTIPART_BYTES: "5MiB" } }));
const folder = await shareInFile(makeTemporaryFolder("client-faults"));
const url = `${server.url}/graphql`;
const client = createValetKey({ url });

type Fetch = typeof fetch;

/** A client whose requests to the store go through `intercept`. `part` is 0 for a file that is sent as a whole. */
function clientWith(intercept: (part: number, pass: () => Promise<Response>) => Promise<Response>): ValetKey {
  const intercepted: Fetch = (input, init) => {
    const pass = () => fetch(input, init);
    if (init?.method !== "PUT") return pass();
    return intercept(Number(/partNumber=(\d+)/.exec(String(input))?.[1] ?? 0), pass);
  };
  return createValetKey({ url, fetch: intercepted });
}

function fileOf(bytes: Uint8Array): Blob {
  return new Blob([new Uint8Array(bytes)]);
}

async function storedSha256(key: string): Promise<string> {
  const signed = await client.downloadUrl({ bucket, key });
  return sha256(new Uint8Array(await (await fetch(signed.url)).arrayBuffer()));
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function pendingKeys(prefix: string): Promise<string[]> {
  return (await client.pendingUploads({ bucket, prefix })).map(({ key }) => key);
}

test("a network that fails for all parts at the beginning is survived", async () => {
  const bytes = noise(70 * MiB);
  const failed = new Set<number>();
  const flaky = clientWith(async (part, pass) => {
    if (failed.has(part) || part > 6) return pass();
    failed.add(part);
    throw new TypeError("fetch failed");
  });
  await flaky.upload(fileOf(bytes), { bucket, key: "flaky" }).done;
  expect(failed.size).toBeGreaterThan(4);
  expect(await storedSha256("flaky")).toBe(sha256(bytes));
});

test("a part that the store does not have, although it was sent, is sent again", async () => {
  const bytes = noise(20 * MiB);
  let lost = false;
  const losing = clientWith(async (part, pass) => {
    if (part !== 2 || lost) return pass();
    lost = true;
    return new Response(null, { headers: { etag: '"0123456789abcdef0123456789abcdef"' } });
  });
  await losing.upload(fileOf(bytes), { bucket, key: "lost-part" }).done;
  expect(await storedSha256("lost-part")).toBe(sha256(bytes));
});

test("an upload whose completion's response was lost succeeds", async () => {
  const bytes = noise(12 * MiB);
  let completions = 0;
  const losing: Fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (!String(init?.body).includes("completeUpload") || ++completions > 1) return response;
    throw new TypeError("fetch failed");
  };
  const object = await createValetKey({ url, fetch: losing }).upload(fileOf(bytes), { bucket, key: "lost" })
    .done;
  expect(object.size).toBe(bytes.length);
  expect(completions).toBe(2);
});

test("the parts of another file of the same size are not used: the upload begins again", async () => {
  const old = noise(20 * MiB, "old");
  const bytes = noise(20 * MiB, "new");
  const stopped = clientWith(async (part, pass) => {
    if (part === 1) return pass();
    return new Response("<Error><Code>AccessDenied</Code></Error>", { status: 403 });
  });
  await expect(stopped.upload(fileOf(old), { bucket, key: "edited" }).done).rejects.toMatchObject({
    code: "STORE_REFUSED",
  });
  expect(await pendingKeys("edited")).toEqual(["edited"]);
  const resumed = client.upload(fileOf(bytes), { bucket, key: "edited", resume: true, checksum: "CRC32C" });
  await resumed.done;
  expect(await storedSha256("edited")).toBe(sha256(bytes));
  // With the same checksum algorithm, the store finds the difference at the end.
  const again = noise(20 * MiB, "newer");
  const sameAlgorithm = client.upload(fileOf(again), { bucket, key: "edited", resume: true });
  expect((await sameAlgorithm.done).size).toBe(again.length);
  expect(sameAlgorithm.progress).toMatchObject({ bytes: again.length, total: again.length });
  expect(await storedSha256("edited")).toBe(sha256(again));
  expect(await pendingKeys("edited")).toEqual([]);
});

test("two tabs that upload the same file both end, and the object is whole", async () => {
  const bytes = noise(24 * MiB);
  const tabs = [1, 2].map(() => client.upload(fileOf(bytes), { bucket, key: "tabs", resume: true }));
  const outcomes = await Promise.allSettled(tabs.map(({ done }) => done));
  expect(outcomes.some(({ status }) => status === "fulfilled")).toBe(true);
  for (const outcome of outcomes) {
    if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ name: "ValetKeyError" });
  }
  expect(await storedSha256("tabs")).toBe(sha256(bytes));
});

test.each([4 * MiB, 40 * MiB])(
  "a file of %i bytes that is changed while it is sent is FILE_CHANGED",
  async (size) => {
    const path = join(folder.path, `${size}.bin`);
    await writeFile(path, noise(size, "before"));
    let changed = false;
    const changing = clientWith(async (_part, pass) => {
      if (!changed) await writeFile(path, noise(size + 1, "after"));
      changed = true;
      return pass();
    });
    const key = `changed-${size}`;
    const task = changing.upload(await openAsBlob(path), { bucket, key });
    await expect(task.done).rejects.toMatchObject({ code: "FILE_CHANGED", retryable: false });
    expect(task.state).toBe("failed");
    expect(await client.head({ bucket, key })).toBeUndefined();
    expect(await pendingKeys(key)).toEqual([]);
  },
);

test("a full disk at the store ends the upload at once, with the store's words", async () => {
  let attempts = 0;
  const full = clientWith(async () => {
    attempts += 1;
    const body = "<Error><Code>InsufficientStorage</Code><Message>The disk is full.</Message></Error>";
    return new Response(body, { status: 507 });
  });
  const { done } = full.upload(new Blob(["x"]), { bucket, key: "full" });
  await expect(done).rejects.toMatchObject({
    code: "STORE_REFUSED",
    message: expect.stringContaining("The disk is full."),
  });
  expect(attempts).toBe(1);
});

test("wrong arguments reject, and never throw", async () => {
  const upload = client.upload as (file?: unknown, options?: unknown) => ReturnType<ValetKey["upload"]>;
  for (const [file, options] of [
    [undefined, undefined],
    ["text", { bucket, key: "k" }],
    [new Blob([]), null],
  ]) {
    await expect(upload(file, options).done).rejects.toMatchObject({ code: "BAD_USER_INPUT" });
  }
});

/** A client that changes the responses of one field of the server. */
function clientWithServer(
  field: string,
  change: (attempt: number, response: Response) => Response,
): ValetKey {
  let attempts = 0;
  const changed: Fetch = async (input, init) => {
    const response = await fetch(input, init);
    return String(init?.body).includes(field) ? change(++attempts, response) : response;
  };
  return createValetKey({ url, fetch: changed });
}

function failure(code: string): Response {
  const error = { message: code, path: ["confirmUpload"], extensions: { code, retryable: true } };
  return Response.json({ data: { confirmUpload: null }, errors: [error] });
}

test("a file that is sent whole is confirmed by the server", async () => {
  const object = await client.upload(new Blob(["hello"], { type: "text/plain" }), {
    bucket,
    key: "confirmed",
  }).done;
  expect(object).toEqual({
    bucket,
    key: "confirmed",
    region: "us-east-1",
    size: 5,
    etag: "5d41402abc4b2a76b9719d911017c592",
    lastModified: expect.any(Date),
    versionId: undefined,
    contentType: "text/plain",
  });
});

test("a confirmation whose response was lost is repeated", async () => {
  const confirmations: number[] = [];
  const losing = clientWithServer("confirmUpload", (attempt, response) => {
    confirmations.push(attempt);
    if (attempt === 1) throw new TypeError("fetch failed");
    return response;
  });
  expect(await losing.upload(new Blob(["hello"]), { bucket, key: "lost-confirmation" }).done).toMatchObject({
    size: 5,
  });
  expect(confirmations).toEqual([1, 2]);
});

test.each(["UPLOAD_INCOMPLETE", "INTERNAL_SERVER_ERROR", "TIMEOUT"])(
  "a confirmation that fails with %s is repeated, and the file is not sent again",
  async (code) => {
    let bodies = 0;
    const counting: Fetch = async (input, init) => {
      if (init?.method === "PUT") bodies += 1;
      const response = await fetch(input, init);
      return String(init?.body).includes("confirmUpload") && ++confirmations < 3 ? failure(code) : response;
    };
    let confirmations = 0;
    const object = await createValetKey({ url, fetch: counting }).upload(new Blob(["hello"]), {
      bucket,
      key: code,
    }).done;
    expect(object).toMatchObject({ key: code, size: 5 });
    expect([bodies, confirmations]).toEqual([1, 3]);
  },
);

test("a file that never appears at the store ends the upload", async () => {
  const swallowing = clientWith(async () => new Response(null, { headers: { etag: '"0"' } }));
  await expect(
    swallowing.upload(new Blob(["hello"]), { bucket, key: "swallowed" }).done,
  ).rejects.toMatchObject({
    code: "UPLOAD_INCOMPLETE",
    retryable: true,
  });
});

test("an upload that is aborted while it is confirmed ends at once", async () => {
  const task = clientWithServer("confirmUpload", () => {
    void task.abort();
    return failure("UPLOAD_INCOMPLETE");
  }).upload(new Blob(["hello"]), { bucket, key: "aborted-confirmation" });
  await expect(task.done).rejects.toMatchObject({ code: "ABORTED" });
  expect(task.state).toBe("aborted");
});

test.each([
  ["completed", "completeUpload", 20 * MiB],
  ["confirmed", "confirmUpload", 5],
] as const)("an upload that is aborted after the server has %s it is done", async (what, field, size) => {
  const key = `aborted when ${what}`;
  let aborted: Promise<void> | undefined;
  const task = clientWithServer(field, (_attempt, response) => {
    aborted = task.abort();
    return response;
  }).upload(fileOf(noise(size)), { bucket, key });
  expect(await task.done).toMatchObject({ key, size });
  await aborted;
  expect(task.state).toBe("done");
  expect(await client.head({ bucket, key })).toMatchObject({ size });
});

test("an upload that is aborted before the server completes it leaves nothing", async () => {
  const key = "aborted-completion";
  const refusing: Fetch = async (input, init) => {
    if (!String(init?.body).includes("completeUpload")) return fetch(input, init);
    void task.abort();
    return failure("STORAGE_UNAVAILABLE");
  };
  const task = createValetKey({ url, fetch: refusing }).upload(fileOf(noise(20 * MiB)), { bucket, key });
  await expect(task.done).rejects.toMatchObject({ code: "ABORTED" });
  expect(task.state).toBe("aborted");
  expect(await pendingKeys(key)).toEqual([]);
  expect(await client.head({ bucket, key })).toBeUndefined();
});
