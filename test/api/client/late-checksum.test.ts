import { createHash } from "node:crypto";
import { createValetKey } from "@valetkey/client";
import { expect, test } from "vitest";
import { noise } from "../../support/noise.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { bucket, startTestServer } from "../../support/test-server.ts";

// Files above 64 MiB are not read before they are sent.
const largeBytes = 66 * 2 ** 20;
const server = await shareInFile(startTestServer());
const url = `${server.url}/graphql`;
const client = createValetKey({ url });
const partOf = (input: unknown) => Number(/partNumber=(\d+)/.exec(String(input))?.[1] ?? 0);
const fileOf = (bytes: Uint8Array) => new Blob([new Uint8Array(bytes)]);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function storedSha256(key: string): Promise<string> {
  const signed = await client.downloadUrl({ bucket, key });
  return sha256(new Uint8Array(await (await fetch(signed.url)).arrayBuffer()));
}

test("the checksum of a large file is sent with the completion, and a damaged part again", async () => {
  const bytes = noise(largeBytes, "late");
  const checksums: unknown[] = [];
  let damaged = 0;
  const spy: typeof fetch = async (input, init) => {
    const body = typeof init?.body === "string" ? JSON.parse(init.body) : {};
    const { variables } = body;
    if (variables?.input) checksums.push(variables.input.checksum);
    if (String(body.query).includes("completeUpload")) checksums.push(variables.checksum);
    if (partOf(input) !== 3 || damaged > 0 || !(init?.body instanceof Blob)) return fetch(input, init);
    damaged += 1;
    const part = new Uint8Array(await init.body.arrayBuffer());
    part[0] = (part[0] ?? 0) ^ 1;
    return fetch(input, { ...init, body: new Blob([part]) });
  };
  await createValetKey({ url, fetch: spy }).upload(fileOf(bytes), { bucket, key: "late" }).done;
  expect(damaged).toBe(1);
  expect(checksums).toEqual([{ algorithm: "CRC64NVME" }, expect.stringMatching(/^[\w+/]{11}=$/)]);
  expect(await storedSha256("late")).toBe(sha256(bytes));
});

test("a resumed large file does not take over the parts of another file", async () => {
  const [old, bytes] = [noise(largeBytes, "old"), noise(largeBytes, "new")];
  const stopping: typeof fetch = (input, init) =>
    partOf(input) > 2
      ? Promise.resolve(new Response("<Error><Code>AccessDenied</Code></Error>", { status: 403 }))
      : fetch(input, init);
  const stopped = createValetKey({ url, fetch: stopping }).upload(fileOf(old), { bucket, key: "mixed" });
  await expect(stopped.done).rejects.toMatchObject({ code: "STORE_REFUSED" });
  await client.upload(fileOf(bytes), { bucket, key: "mixed", resume: true }).done;
  expect(await storedSha256("mixed")).toBe(sha256(bytes));
  expect(await client.pendingUploads({ bucket, prefix: "mixed" })).toEqual([]);
});

test.each([
  ["without a checksum and resumed with one", false, "CRC64NVME"],
  ["with a checksum and resumed without one", "CRC64NVME", false],
  ["with a checksum and resumed with another algorithm", "CRC64NVME", "CRC32C"],
] as const)(
  "an upload that began %s succeeds, whichever server process is asked",
  async (_what, first, second) => {
    const bytes = noise(largeBytes, "checksums");
    await using replica = await startTestServer({ store: server.store, stsUrl: server.storeUrl });
    for (const resumer of [client, createValetKey({ url: `${replica.url}/graphql` })]) {
      const key = `checksum ${first} ${second}`;
      const stopping: typeof fetch = (input, init) =>
        partOf(input) > 2 ? Promise.resolve(new Response(null, { status: 403 })) : fetch(input, init);
      const begun = createValetKey({ url, fetch: stopping });
      const stopped = begun.upload(fileOf(bytes), { bucket, key, checksum: first });
      await expect(stopped.done).rejects.toMatchObject({ code: "STORE_REFUSED" });
      await resumer.upload(fileOf(bytes), { bucket, key, checksum: second, resume: true }).done;
      expect(await storedSha256(key)).toBe(sha256(bytes));
    }
  },
);
