import type { IncomingMessage } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { type Fault, startBreakingProxy } from "../support/breaking-proxy.ts";
import { completeUpload, requestUpload, uploadFile } from "../support/operations.ts";
import { sendPut } from "../support/presigned-requests.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { beginSlowUpload } from "../support/slow-upload.ts";
import { startTestServer } from "../support/test-server.ts";
import { inspect, noise, ownPrefix, pendingUploads, sha256, store } from "./store.ts";

const MiB = 2 ** 20;
const bucket = store.buckets.main;
const prefix = ownPrefix("broken");
const proxy = await shareInFile(startBreakingProxy(store.endpoint));
const server = await shareInFile(
  startTestServer({
    store,
    s3Url: proxy.url,
    stsUrl: store.endpoint,
    grants: [{ who: "anonymous", bucket, prefix, allow: ["UPLOAD", "DOWNLOAD"] }],
  }),
);
afterEach(() => proxy.heal());
const { client } = server;

const places = {
  create: ({ method, url }: IncomingMessage) => method === "POST" && /[?&]uploads\b/.test(url ?? ""),
  part: ({ method, url }: IncomingMessage) => method === "PUT" && /[?&]partNumber=2\b/.test(url ?? ""),
  complete: ({ method, url }: IncomingMessage) => method === "POST" && /[?&]uploadId=/.test(url ?? ""),
};
const bytes = noise(11 * MiB + 7);

async function expectStored(key: string, sent: Buffer): Promise<void> {
  const stored = await inspect(bucket, key);
  expect(sha256(stored?.body ?? Buffer.of())).toBe(sha256(sent));
  expect(await pendingUploads(bucket, key)).toEqual([]);
}

describe("uploadFile", () => {
  test.each<[keyof typeof places, Fault]>([
    ["create", "503"],
    ["part", "reset"],
    ["part", "503"],
    ["part", "lost"],
    ["complete", "reset"],
    ["complete", "error-in-200"],
    ["complete", "lost"],
    ["complete", "garbled"],
    ["complete", "cut-off"],
  ])("recovers from a passing fault: at %s, %s", async (place, fault) => {
    const key = `${prefix}passing/${place}/${fault}`;
    proxy.break({ fault, matches: places[place], times: 1 });
    await uploadFile(client, new Blob([bytes]), { bucket, key });
    await expectStored(key, bytes);
  });

  test.each<[keyof typeof places, Fault]>([
    ["create", "503"],
    ["part", "reset"],
    ["part", "garbage"],
    ["complete", "503"],
    ["complete", "garbage"],
  ])("leaves nothing behind after a lasting fault: at %s, %s", async (place, fault) => {
    const key = `${prefix}staying/${place}/${fault}`;
    proxy.break({ fault, matches: places[place] });
    // On a connection of its own: one whose form was not read to its end serves no other request.
    const upload = beginSlowUpload(server.url, { bucket, key });
    await upload.write(bytes);
    upload.end();
    const { errors } = JSON.parse(await upload.answer);
    expect(errors).toMatchObject([{ extensions: { code: "STORAGE_UNAVAILABLE", retryable: true } }]);
    expect(await inspect(bucket, key)).toBeUndefined();
    expect(await pendingUploads(bucket, key)).toEqual([]);
  });
});

test.each<Fault>(["lost", "garbled", "error-in-200", "503"])(
  "completeUpload completes once, and tells so, through: %s",
  async (fault) => {
    const input = { bucket, key: `${prefix}completed/${fault}` };
    const upload = await requestUpload(client, "MULTIPART", { input, size: 1000 });
    for (const part of upload.parts) await sendPut(part, bytes.subarray(0, 1000));
    proxy.break({ fault, matches: places.complete, times: 1 });
    const answer = await completeUpload(client, upload.id);
    expect(answer).toMatchObject({ size: 1000 });
    expect(await completeUpload(client, upload.id)).toEqual(answer);
    await expectStored(input.key, bytes.subarray(0, 1000));
  },
);
