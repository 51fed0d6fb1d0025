import { createValetKey } from "@valetkey/client";
import { expect, test } from "vitest";
import { noise } from "../../support/noise.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { startTestServer } from "../../support/test-server.ts";
import { ownPrefix, sha256, store } from "../store.ts";

const MiB = 2 ** 20;
const bucket = store.buckets.main;
const prefix = ownPrefix("client");
const server = await shareInFile(
  startTestServer({
    store,
    grants: [{ who: "anonymous", bucket, prefix, allow: ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"] }],
    env: { VALETKEY_MULTIPART_BYTES: "6MiB" },
  }),
);
const url = `${server.url}/graphql`;
const client = createValetKey({ url });
const fileOf = (bytes: Buffer) => new Blob([new Uint8Array(bytes)], { type: "application/pdf" });

async function stored(key: string): Promise<string> {
  const signed = await client.downloadUrl({ bucket, key });
  return sha256(new Uint8Array(await (await fetch(signed.url)).arrayBuffer()));
}

test.each([
  ["one request", 1 * MiB],
  ["parts", 30 * MiB + 5],
])("the client package stores a file with %s", async (how, size) => {
  const bytes = noise(size);
  const key = `${prefix}${how}`;
  const task = client.upload(fileOf(bytes), { bucket, key, metadata: { author: "Zoë" } });
  expect(await task.done).toMatchObject({ bucket, key, size });
  expect(await stored(key)).toBe(sha256(bytes));
  expect(await client.details({ bucket, key })).toMatchObject({ metadata: { author: "Zoë" } });
});

/** A client whose parts after the second one never arrive while it is held, like those of a page that is closed. */
function makeHeldClient() {
  const held = { isHeld: true, sent: [] as string[] };
  const holding: typeof fetch = async (input, init) => {
    const part = /partNumber=(\d+)/.exec(String(input))?.[1];
    if (part !== undefined && held.isHeld && Number(part) > 2) {
      return await new Promise<never>((_, reject) => {
        init?.signal?.addEventListener("abort", () => reject(new Error("aborted")));
      });
    }
    const response = await fetch(input, init);
    if (part !== undefined) held.sent.push(part);
    return response;
  };
  return { held, client: createValetKey({ url, fetch: holding }) };
}

test("the client package continues an upload, and leaves nothing behind", async () => {
  const bytes = noise(40 * MiB);
  const key = `${prefix}continued`;
  const { held, client: counted } = makeHeldClient();
  void counted.upload(fileOf(bytes), { bucket, key });
  await expect.poll(() => held.sent.length).toBe(2);
  held.isHeld = false;
  await counted.upload(fileOf(bytes), { bucket, key, resume: true }).done;
  expect(new Set(held.sent).size).toBe(held.sent.length);
  expect(await stored(key)).toBe(sha256(bytes));
  expect(await client.pendingUploads({ bucket, prefix: key })).toEqual([]);
});

test("the client package aborts an upload at the store", async () => {
  const key = `${prefix}aborted`;
  const { held, client: aborting } = makeHeldClient();
  const task = aborting.upload(fileOf(noise(40 * MiB)), { bucket, key });
  await expect.poll(() => held.sent.length).toBe(2);
  await task.abort();
  expect(await client.pendingUploads({ bucket, prefix: key })).toEqual([]);
  expect(await client.head({ bucket, key })).toBeUndefined();
});
