import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { GetObjectCommand, ListMultipartUploadsCommand, type S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ValetKeyError } from "../../../../src/core/errors.ts";
import { createMetrics } from "../../../../src/core/metrics.ts";
import { checksumAlgorithms } from "../../../../src/storage/checksums/checksum.ts";
import { runningChecksum } from "../../../../src/storage/checksums/running-checksum.ts";
import { parseDescription } from "../../../../src/storage/description/object-description.ts";
import { AbandonedUploads } from "../../../../src/storage/multipart/abandoned-uploads.ts";
import { listParts } from "../../../../src/storage/multipart/multipart-uploads.ts";
import { listPendingUploads, parsePendingPage } from "../../../../src/storage/multipart/pending-uploads.ts";
import { headObject } from "../../../../src/storage/objects/head-object.ts";
import { streamUpload } from "../../../../src/storage/streaming/streamed-upload.ts";
import type { StreamedUploadRequest } from "../../../../src/storage/streaming/streamed-upload-request.ts";
import { UploadBudget } from "../../../../src/storage/streaming/upload-budget.ts";
import { startTestStore, type TestStore } from "../store.ts";

const MiB = 1024 ** 2;
let store: TestStore;
let s3: S3Client;
const abandoned = new AbandonedUploads();

beforeAll(async () => {
  store = await startTestStore();
  s3 = store.client();
});
afterAll(async () => {
  await abandoned.close(0);
  await store.close();
});

/** The bytes in chunks of a size that fits no part. */
function streamOf(bytes: Buffer): Readable {
  const chunkBytes = 60_013;
  const count = Math.ceil(bytes.length / chunkBytes);
  return Readable.from(
    Array.from({ length: count }, (_, index) => bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes)),
    { objectMode: false },
  );
}

function upload(key: string, body: Readable, options: Partial<StreamedUploadRequest> = {}) {
  return streamUpload({
    s3: async () => s3,
    address: store.address(key),
    body,
    limitBytes: 64 * MiB,
    description: parseDescription({}),
    budget: new UploadBudget({ totalBytes: 32 * MiB }),
    abandoned,
    ...options,
  });
}

async function sha256OfStored(key: string): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: store.bucket, Key: key }));
  return sha256(Buffer.from((await Body?.transformToByteArray()) ?? []));
}

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

async function expectNothingStored(key: string): Promise<void> {
  await expect(headObject(s3, store.address(key))).rejects.toMatchObject({ code: "OBJECT_NOT_FOUND" });
  const { Uploads = [] } = await s3.send(
    new ListMultipartUploadsCommand({ Bucket: store.bucket, Prefix: key }),
  );
  expect(Uploads).toEqual([]);
}

/** Of the upload in progress of a key. */
async function partsHeld(key: string): Promise<number> {
  const address = store.address(key);
  const [pending] = (await listPendingUploads(s3, address, parsePendingPage({ prefix: key, first: 1 })))
    .uploads;
  return pending === undefined ? 0 : (await listParts(s3, { ...address, uploadId: pending.uploadId })).length;
}

describe("a streamed upload", () => {
  test.each([0, 1, 5 * MiB - 1, 5 * MiB, 5 * MiB + 1, 12 * MiB + 7])(
    "stores %d bytes as they came",
    async (size) => {
      const bytes = randomBytes(size);
      const key = `whole/${size}`;
      const stored = await upload(key, streamOf(bytes));
      expect(stored).toMatchObject({ key, sizeBytes: size });
      const head = await headObject(s3, store.address(key));
      expect(head).toMatchObject({ sizeBytes: size, etag: stored.etag });
      expect(await sha256OfStored(key)).toBe(sha256(bytes));
    },
  );

  test("returns the whole budget and counts the bytes", async () => {
    const budget = new UploadBudget({ totalBytes: 16 * MiB });
    const metrics = createMetrics();
    await upload("counted", streamOf(randomBytes(11 * MiB)), { budget, metrics });
    expect(budget.freeBytes).toBe(budget.totalBytes);
    expect((await metrics.uploadBytes.get()).values[0]?.value).toBe(11 * MiB);
    expect((await metrics.uploadsInFlight.get()).values[0]?.value).toBe(0);
  });

  test("stores the object with its description", async () => {
    const description = parseDescription({
      contentType: "image/png",
      cacheControl: "max-age=60",
      metadata: [{ name: "who", value: "zoë" }],
    });
    for (const [key, size] of [
      ["described/small", 3],
      ["described/large", 6 * MiB],
    ] as const) {
      await upload(key, streamOf(randomBytes(size)), { description });
      expect(await headObject(s3, store.address(key))).toMatchObject({
        contentType: "image/png",
        cacheControl: "max-age=60",
        metadata: [{ name: "who", value: "zoë" }],
      });
    }
  });

  test("accepts exactly the limit, and stores nothing of a body that is one byte longer", async () => {
    for (const limitBytes of [10, 5 * MiB, 11 * MiB]) {
      const bytes = randomBytes(limitBytes + 1);
      await expect(
        upload(`limit/${limitBytes}`, streamOf(bytes.subarray(1)), { limitBytes }),
      ).resolves.toMatchObject({
        sizeBytes: limitBytes,
      });
      const key = `over/${limitBytes}`;
      await expect(upload(key, streamOf(bytes), { limitBytes })).rejects.toMatchObject({
        code: "UPLOAD_TOO_LARGE",
      });
      await expectNothingStored(key);
    }
  });

  test.each(checksumAlgorithms)("compares the bytes with a given %s", async (algorithm) => {
    for (const size of [1000, 6 * MiB]) {
      const bytes = randomBytes(size);
      const running = runningChecksum(algorithm);
      running.update(bytes);
      const checksum = { algorithm, value: running.digest() };
      const key = `checksum/${algorithm}/${size}`;
      await upload(key, streamOf(bytes), { description: parseDescription({ checksum }) });
      expect(await sha256OfStored(key)).toBe(sha256(bytes));

      const other = `mismatch/${algorithm}/${size}`;
      const request = upload(other, streamOf(randomBytes(size)), {
        description: parseDescription({ checksum }),
      });
      await expect(request).rejects.toMatchObject({ code: "CHECKSUM_MISMATCH" });
      await expectNothingStored(other);
    }
  });

  test("does not replace an object with overwrite: false", async () => {
    const description = parseDescription({ overwrite: false });
    await upload("once", streamOf(Buffer.from("first")), { description });
    for (const size of [6, 6 * MiB]) {
      const second = upload("once", streamOf(randomBytes(size)), { description });
      await expect(second).rejects.toMatchObject({ code: "OBJECT_EXISTS" });
    }
    expect(await sha256OfStored("once")).toBe(sha256(Buffer.from("first")));
  });

  test("reports a missing bucket", async () => {
    const address = { ...store.address("a"), bucket: "no-such-bucket-here" as TestStore["bucket"] };
    for (const size of [1, 6 * MiB]) {
      const failed = upload("a", streamOf(randomBytes(size)), { address });
      await expect(failed).rejects.toMatchObject({ code: "BUCKET_NOT_FOUND" });
    }
  });
});

describe("a streamed upload that is interrupted", () => {
  /** Sends some bytes, then waits for ever. */
  function stalling(bytes: Buffer): Readable {
    const body = new Readable({ read() {} });
    body.push(bytes);
    return body;
  }

  test.each([0, 1000, 5 * MiB, 13 * MiB])(
    "leaves nothing when the client goes after %d bytes",
    async (size) => {
      const key = `gone/${size}`;
      const body = stalling(randomBytes(size));
      const request = upload(key, body);
      setTimeout(() => body.destroy(), 50);
      await expect(request).rejects.toMatchObject({ code: "UPLOAD_INCOMPLETE", retryable: true });
      await expectNothingStored(key);
    },
  );

  test("fails with the body's error if that is a ValetKeyError", async () => {
    const body = stalling(randomBytes(6 * MiB));
    const request = upload("told", body);
    setTimeout(() => body.destroy(new ValetKeyError("TIMEOUT", "too slow")), 50);
    await expect(request).rejects.toMatchObject({ code: "TIMEOUT" });
    await expectNothingStored("told");
  });

  test("ends at the signal while the client stalls, and returns the budget", async () => {
    const budget = new UploadBudget({ totalBytes: 16 * MiB });
    const shutdown = new AbortController();
    const body = stalling(randomBytes(13 * MiB));
    const request = upload("drained", body, { budget, signal: shutdown.signal });
    setTimeout(() => shutdown.abort(), 50);
    await expect(request).rejects.toMatchObject({ code: "UPLOAD_INCOMPLETE" });
    expect(body.destroyed).toBe(true);
    expect(budget.freeBytes).toBe(budget.totalBytes);
    await expectNothingStored("drained");
  });

  test("stores nothing after a signal or an error before it began", async () => {
    const body = streamOf(Buffer.from("late"));
    await expect(upload("late", body, { signal: AbortSignal.abort() })).rejects.toBeInstanceOf(ValetKeyError);
    const broken = new Readable({ read() {} });
    broken.on("error", () => {});
    broken.destroy(new Error("reset"));
    await delay(1);
    await expect(upload("late", broken)).rejects.toMatchObject({ code: "UPLOAD_INCOMPLETE" });
    await expectNothingStored("late");
  });
});

describe("many streamed uploads", () => {
  test("share a budget that is smaller than all of them", async () => {
    const budget = new UploadBudget({ totalBytes: 11 * MiB });
    const bodies = Array.from({ length: 8 }, () => randomBytes(11 * MiB + 3));
    await Promise.all(bodies.map((bytes, index) => upload(`many/${index}`, streamOf(bytes), { budget })));
    for (const [index, bytes] of bodies.entries()) {
      expect(await sha256OfStored(`many/${index}`)).toBe(sha256(bytes));
    }
    expect(budget.freeBytes).toBe(budget.totalBytes);
  });

  test.each([
    ["first", 1, 0],
    ["third", 10 * MiB + 1, 2],
  ])(
    "lose the memory of a %s part that fills slowly to those who wait, and leave nothing",
    async (nth, sent, parts) => {
      const key = `slow/${nth}`;
      const budget = new UploadBudget({ totalBytes: 5 * MiB, maxFillMs: 20 });
      const body = new Readable({ read() {} });
      const slow = upload(key, body, { budget });
      const turnedAway = expect(slow).rejects.toMatchObject({ code: "OVERLOADED", retryable: true });
      body.push(randomBytes(sent));
      await expect.poll(() => partsHeld(key), { timeout: 5000 }).toBe(parts);
      await expect.poll(() => budget.freeBytes, { timeout: 5000 }).toBe(0);
      await expect(upload("fast", streamOf(randomBytes(11 * MiB)), { budget })).resolves.toBeDefined();
      await turnedAway;
      expect(budget.freeBytes).toBe(budget.totalBytes);
      await expectNothingStored(key);
    },
  );

  test.each([
    [1000, 1000],
    [50e12, 5 * MiB],
  ])("with a limit of %d bytes first reserve %d bytes", async (limitBytes, bytes) => {
    const budget = new UploadBudget({ totalBytes: 32 * MiB });
    const body = new Readable({ read() {} });
    const request = upload("known", body, { budget, limitBytes });
    await expect.poll(() => budget.freeBytes).toBe(32 * MiB - bytes);
    body.push(null);
    await request;
  });

  test("are refused when they wait too long", async () => {
    const budget = new UploadBudget({ totalBytes: 5 * MiB, maxWaitMs: 20 });
    const slow = new Readable({ read() {} });
    const first = upload("slow", slow, { budget });
    await delay(10);
    const second = upload("turned-away", streamOf(Buffer.from("x")), { budget });
    await expect(second).rejects.toMatchObject({ code: "OVERLOADED", retryable: true });
    slow.push(null);
    await expect(first).resolves.toMatchObject({ sizeBytes: 0 });
  });
});
