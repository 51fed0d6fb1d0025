import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import {
  abortUpload,
  completeUpload,
  findUpload,
  type MultipartUpload,
  requestUpload,
  type UploadPart,
} from "../support/operations.ts";
import { sendPut } from "../support/presigned-requests.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";
import { inspect, noise, ownPrefix, pendingUploads, refused, sha256, store } from "./store.ts";

const MiB = 2 ** 20;
const bucket = store.buckets.main;
const prefix = ownPrefix("multipart");
const grants = [{ who: "anonymous", bucket, prefix, allow: ["UPLOAD", "DOWNLOAD"] }] as const;
const server = await shareInFile(startTestServer({ store, grants }));
/** Another replica: the same configuration, nothing in common but the secret. */
const replica = await shareInFile(startTestServer({ store, grants }));
const { client } = server;

const size = 23 * MiB + 7;
const bytes = noise(size);
const begin = (key: string, more: object = {}) =>
  requestUpload(client, "MULTIPART", { input: { bucket, key }, size, firstParts: 1000, ...more });
const bytesOf = (upload: MultipartUpload, { number }: UploadPart) =>
  bytes.subarray((number - 1) * upload.partSize, number * upload.partSize);
const send = async (upload: MultipartUpload, part: UploadPart) => {
  const response = await sendPut(part, bytesOf(upload, part));
  expect(response.status).toBe(200);
  return { number: part.number, etag: response.headers.get("etag") ?? "" };
};

async function expectStoredWhole(key: string): Promise<void> {
  const stored = await inspect(bucket, key);
  expect(stored?.body.length).toBe(size);
  expect(sha256(stored?.body ?? Buffer.alloc(0))).toBe(sha256(bytes));
}

describe("23 MiB + 7 bytes as parts", () => {
  test("have sizes that add up exactly", async () => {
    const upload = await begin(`${prefix}planned`);
    expect(upload.parts.map(({ number }) => number)).toEqual(upload.parts.map((_, index) => index + 1));
    expect(upload.parts).toHaveLength(upload.partCount);
    expect(upload.parts.reduce((sum, part) => sum + part.size, 0)).toBe(size);
    expect(upload.partCount).toBeGreaterThan(1);
    expect(upload).toMatchObject({ bucket, size, uploadedParts: [] });
  });

  test("in parallel and out of order, completed without ETags", async () => {
    const key = `${prefix}whole ü+#?%.bin`;
    const upload = await begin(key);
    await Promise.all(upload.parts.toReversed().map((part) => send(upload, part)));
    const answer = await completeUpload(client, upload.id);
    await expectStoredWhole(key);
    const etag = (await inspect(bucket, key))?.head.ETag?.replaceAll('"', "") ?? "none";
    expect(answer).toMatchObject({ bucket, key, size, etag: expect.stringContaining(etag) });
    expect(await pendingUploads(bucket, key)).toEqual([]);
  });

  test("completed with the client's list, and twice", async () => {
    const key = `${prefix}twice`;
    const upload = await begin(key);
    const sent = [];
    for (const part of upload.parts) sent.push(await send(upload, part));
    const first = await completeUpload(client, upload.id, sent);
    expect(await completeUpload(client, upload.id, sent)).toEqual(first);
    expect(await completeUpload(client, upload.id)).toEqual(first);
    // A replica has no proof of its own of what became of the upload.
    await expect(completeUpload(replica.client, upload.id)).rejects.toMatchObject({
      code: "UPLOAD_NOT_FOUND",
    });
    expect(await completeUpload(replica.client, upload.id, sent)).toEqual(first);
    await expectStoredWhole(key);
  });

  test("with a checksum whose value only the completion has", async () => {
    const key = `${prefix}checksum at the end`;
    const input = { bucket, key, checksum: { algorithm: "CRC32" } };
    const upload = await requestUpload(client, "AUTO", { input, size, firstParts: 1000 });
    if (!("partCount" in upload)) throw new Error("AUTO has to choose a multipart upload.");
    const sent = [];
    for (const part of upload.parts) sent.push(await send(upload, part));
    if (!store.differs("ignoresChecksums")) {
      await expect(completeUpload(client, upload.id, sent, "AAAAAA==")).rejects.toMatchObject({
        code: "CHECKSUM_MISMATCH",
      });
    }
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32BE(crc32(bytes));
    const first = await completeUpload(client, upload.id, sent, checksum.toString("base64"));
    expect(first).toMatchObject({ key, size });
    expect(await completeUpload(client, upload.id, sent, checksum.toString("base64"))).toEqual(first);
    await expectStoredWhole(key);
  });

  test("a part of another length is refused", async () => {
    const upload = await begin(`${prefix}short`);
    const [part] = upload.parts;
    if (part === undefined) throw new Error("No part was signed.");
    const whole = bytesOf(upload, part);
    expect(refused).toContain((await sendPut(part, whole.subarray(1))).status);
    expect(refused).toContain((await sendPut(part, Buffer.concat([whole, Buffer.of(0)]))).status);
    expect((await findUpload(client, upload.id))?.uploadedParts).toEqual([]);
  });

  test("may be sent several times, in parallel and in any order", async () => {
    const key = `${prefix}repeated`;
    const upload = await begin(key);
    await Promise.all([...upload.parts, ...upload.parts.toReversed()].map((part) => send(upload, part)));
    for (const part of upload.parts) await send(upload, part);
    await completeUpload(client, upload.id);
    await expectStoredWhole(key);
  });

  test("are resumed by another client of another replica", async () => {
    const key = `${prefix}resumed`;
    const upload = await begin(key);
    const [first] = upload.parts;
    if (first === undefined) throw new Error("No part was signed.");
    await send(upload, first);

    const resumed = await requestUpload(replica.client, "MULTIPART", {
      input: { bucket, key },
      size,
      resume: true,
      firstParts: 1000,
    });
    expect(resumed.uploadedParts).toMatchObject([{ number: 1, size: first.size }]);
    expect(resumed.parts.map(({ number }) => number)).toEqual(
      upload.parts.slice(1).map(({ number }) => number),
    );
    for (const part of resumed.parts) await send(resumed, part);
    await completeUpload(replica.client, resumed.id);
    await expectStoredWhole(key);
    expect(await pendingUploads(bucket, key)).toEqual([]);
  });

  test("that are resumed with another size reuse no part", async () => {
    const key = `${prefix}another size`;
    const upload = await begin(key);
    for (const part of upload.parts) await send(upload, part);
    for (const other of [size + 1, size - 1, size + 1000, size + MiB, size - 8 * MiB]) {
      const resumed = await begin(key, { size: other, resume: true });
      expect(resumed.uploadedParts).toEqual([]);
      await abortUpload(client, resumed.id);
    }
    expect((await begin(key, { resume: true })).uploadedParts).toHaveLength(upload.partCount);
    await abortUpload(client, upload.id);
  });

  test("are described as the input says", async () => {
    const key = `${prefix}described`;
    const metadata = [{ name: "author", value: "zoë" }];
    const tags = [{ name: "made by", value: "two words" }];
    const input = { bucket, key, contentType: "video/mp4", cacheControl: "no-store", metadata, tags };
    const upload = await begin(key, { input });
    for (const part of upload.parts) await send(upload, part);
    expect(await completeUpload(client, upload.id)).toMatchObject({ contentType: "video/mp4" });
    const head = (await inspect(bucket, key))?.head;
    expect(head).toMatchObject({ CacheControl: "no-store", Metadata: { author: "=?UTF-8?B?em/Dqw==?=" } });
    if (!store.differs("dropsTagsOfMultipartUploads")) expect(head?.TagCount).toBe(1);
  });
});

describe("an upload", () => {
  test("that lacks a part is not completed", async () => {
    const key = `${prefix}incomplete`;
    const upload = await begin(key);
    const [first, ...others] = upload.parts;
    if (first === undefined) throw new Error("No part was signed.");
    for (const part of others) await send(upload, part);
    await expect(completeUpload(client, upload.id)).rejects.toMatchObject({
      code: "UPLOAD_INCOMPLETE",
      message: expect.stringContaining("1"),
    });
    expect(await inspect(bucket, key)).toBeUndefined();
    await send(upload, first);
    await completeUpload(client, upload.id);
    await expectStoredWhole(key);
  });

  test("can be aborted repeatedly", async () => {
    const key = `${prefix}aborted`;
    const upload = await begin(key);
    const [first] = upload.parts;
    if (first === undefined) throw new Error("No part was signed.");
    await send(upload, first);
    expect(await abortUpload(client, upload.id)).toBe(upload.id);
    expect(await abortUpload(client, upload.id)).toBe(upload.id);
    expect(await findUpload(client, upload.id)).toBeNull();
    expect((await sendPut(first, bytesOf(upload, first))).status).toBe(404);
    await expect(completeUpload(client, upload.id)).rejects.toMatchObject({ code: "UPLOAD_NOT_FOUND" });
    expect(await pendingUploads(bucket, key)).toEqual([]);
    expect(await inspect(bucket, key)).toBeUndefined();
  });

  test("that is completed and aborted at the same time is either stored or gone", async () => {
    const outcomes = [];
    for (let round = 0; round < 8; round += 1) {
      const key = `${prefix}completed or aborted ${round}`;
      const older = await begin(key, { size: 1000 });
      for (const part of older.parts) await sendPut(part, Buffer.alloc(1000, "older"));
      await completeUpload(client, older.id);
      const upload = await begin(key, { size: 1000 });
      for (const part of upload.parts) await sendPut(part, Buffer.alloc(1000, "newer"));
      const [completion, abortion] = await Promise.allSettled([
        completeUpload(client, upload.id),
        abortUpload(client, upload.id),
      ]);
      expect(abortion).toMatchObject({ status: "fulfilled", value: upload.id });
      if (completion.status === "rejected")
        expect(completion.reason).toMatchObject({ code: "UPLOAD_NOT_FOUND" });
      const stored = (await inspect(bucket, key))?.body.toString("latin1", 0, 5);
      expect(stored).toBe(completion.status === "fulfilled" ? "newer" : "older");
      expect(await pendingUploads(bucket, key)).toEqual([]);
      outcomes.push(completion.status);
    }
    expect(outcomes).toHaveLength(8);
  });

  test("with overwrite: false replaces nothing", async () => {
    const key = `${prefix}kept`;
    const input = { bucket, key, overwrite: false };
    const [first, second] = [await begin(key, { input }), await begin(key, { input })];
    for (const upload of [first, second]) for (const part of upload.parts) await send(upload, part);
    await completeUpload(client, first.id);
    await expect(completeUpload(client, second.id)).rejects.toMatchObject({ code: "OBJECT_EXISTS" });
    await abortUpload(client, second.id);
    await expectStoredWhole(key);
  });

  test("with overwrite: false that is completed concurrently with others returns only its own object", async () => {
    const key = `${prefix}raced`;
    const input = { bucket, key, overwrite: false };
    const begun = await Promise.all(Array.from({ length: 5 }, () => begin(key, { input, size: 1000 })));
    for (const [fill, { parts }] of begun.entries()) {
      for (const part of parts) expect((await sendPut(part, Buffer.alloc(1000, fill))).status).toBe(200);
    }
    const answers = await Promise.allSettled(begun.map(({ id }) => completeUpload(client, id)));
    const won = answers.flatMap((answer, fill) =>
      answer.status === "fulfilled" ? [{ fill, ...answer.value }] : [],
    );
    for (const { fill, etag } of won) {
      const own = createHash("md5")
        .update(createHash("md5").update(Buffer.alloc(1000, fill)).digest())
        .digest("hex");
      expect(etag).toContain(own);
    }
    for (const answer of answers) {
      if (answer.status === "rejected") expect(answer.reason).toMatchObject({ code: "OBJECT_EXISTS" });
    }
    expect(won.length).toBeGreaterThanOrEqual(1);
    if (!store.differs("completesOverWhatIsThere")) expect(won).toHaveLength(1);
    for (const { id } of begun) await abortUpload(client, id);
  });

  test("in progress is found by its prefix", async () => {
    const key = `${prefix}pending/a b+c.bin`;
    const upload = await begin(key);
    const query = `query ($bucket: String!, $prefix: String!) {
      uploads(bucket: $bucket, prefix: $prefix) { nodes { bucket key startedAt } pageInfo { hasNextPage } }
    }`;
    const found = await client.data(query, { bucket, prefix: `${prefix}pending/` });
    expect(found).toMatchObject({ uploads: { nodes: [{ bucket, key }], pageInfo: { hasNextPage: false } } });
    await abortUpload(client, upload.id);
    const none = await client.data(query, { bucket, prefix: `${prefix}pending/` });
    expect(none).toMatchObject({ uploads: { nodes: [] } });
  });
});
