import { createHash, randomBytes } from "node:crypto";
import { GetObjectCommand, PutObjectCommand, type S3Client, UploadPartCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mapConcurrently } from "../../../../src/core/map-concurrently.ts";
import { parseDescription } from "../../../../src/storage/description/object-description.ts";
import { completeUpload } from "../../../../src/storage/multipart/complete-upload.ts";
import { etagOfParts } from "../../../../src/storage/multipart/multipart-etag.ts";
import {
  abortMultipartUpload,
  createMultipartUpload,
  fittingParts,
  listParts,
  missingPartNumbers,
} from "../../../../src/storage/multipart/multipart-uploads.ts";
import { assertEveryPart } from "../../../../src/storage/multipart/part-list.ts";
import { listPendingUploads, parsePendingPage } from "../../../../src/storage/multipart/pending-uploads.ts";
import { RecentCompletions } from "../../../../src/storage/multipart/recent-completions.ts";
import { RecentUploadTerms } from "../../../../src/storage/multipart/recent-upload-terms.ts";
import { findResumableUpload } from "../../../../src/storage/multipart/resumable-upload.ts";
import { type SweptUpload, sweepUploads } from "../../../../src/storage/multipart/sweep.ts";
import type { UploadDescriptor } from "../../../../src/storage/multipart/upload-descriptor.ts";
import { bytesOfPart, planWith, type UploadPlan } from "../../../../src/storage/multipart/upload-plan.ts";
import { bareEtag } from "../../../../src/storage/objects/stored-object.ts";
import { scriptedS3 } from "../scripted-s3.ts";
import { region, startTestStore, type TestStore } from "../store.ts";

const MiB = 1024 ** 2;
const bytes = randomBytes(11 * MiB + 7);
const plan = planWith(bytes.length, 5 * MiB);
const completed = new RecentCompletions();
const resumeRequest = (forPlan: UploadPlan) => ({
  terms: { plan: forPlan, description: parseDescription({ contentType: "x/y" }) },
  begun: new RecentUploadTerms(),
  mayResumeUnknown: true,
});
let store: TestStore;
let s3: S3Client;

beforeAll(async () => {
  store = await startTestStore();
  s3 = store.client();
});
afterAll(() => store.close());

async function begin(key: string, options: { overwrite?: boolean } = {}): Promise<UploadDescriptor> {
  const startedAt = new Date();
  const upload = await createMultipartUpload(
    s3,
    store.address(key),
    parseDescription({ contentType: "x/y" }),
  );
  return {
    ...upload,
    sizeBytes: plan.sizeBytes,
    partBytes: plan.partBytes,
    overwrite: options.overwrite ?? true,
    startedAt,
  };
}

/** Sends a part as a client would: `from` its place in the file, in its planned size unless told otherwise. */
async function sendPart(
  upload: UploadDescriptor,
  number: number,
  size = bytesOfPart(plan, number),
): Promise<string> {
  const start = (number - 1) * plan.partBytes;
  const { ETag = "" } = await s3.send(
    new UploadPartCommand({
      Bucket: upload.bucket,
      Key: upload.key,
      UploadId: upload.uploadId,
      PartNumber: number,
      Body: bytes.subarray(start, start + size),
    }),
  );
  return ETag;
}

async function sha256OfStored(key: string): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: store.bucket, Key: key }));
  return sha256(Buffer.from((await Body?.transformToByteArray()) ?? []));
}
const sha256 = (data: Buffer) => createHash("sha256").update(data).digest("hex");

const notFound = { code: "UPLOAD_NOT_FOUND" };

describe("a multipart upload", () => {
  test("is completed without ETags from parts that arrived out of order and twice", async () => {
    const upload = await begin("whole");
    await Promise.all([3, 1].map((number) => sendPart(upload, number)));
    await sendPart(upload, 2);
    await sendPart(upload, 1);
    const object = await completeUpload(s3, upload, completed);
    expect(object).toMatchObject({ key: "whole", sizeBytes: bytes.length, contentType: "x/y" });
    expect(await sha256OfStored("whole")).toBe(sha256(bytes));
    await expect(listParts(s3, upload)).rejects.toMatchObject(notFound);
  });

  test("reports parts that are missing or have another size, and stores nothing", async () => {
    const upload = await begin("incomplete");
    await expect(completeUpload(s3, upload, completed)).rejects.toMatchObject({
      code: "UPLOAD_INCOMPLETE",
      message: expect.stringMatching(/ parts 1–3 /),
    });
    await sendPart(upload, 1);
    await sendPart(upload, 3, 5);
    const held = await listParts(s3, upload);
    expect(held.map(({ number, sizeBytes }) => [number, sizeBytes])).toEqual([
      [1, plan.partBytes],
      [3, 5],
    ]);
    expect(fittingParts(plan, held).map(({ number }) => number)).toEqual([1]);
    expect(missingPartNumbers(plan, held)).toEqual([2, 3]);
    await expect(completeUpload(s3, upload, completed)).rejects.toMatchObject({
      code: "UPLOAD_INCOMPLETE",
      message: expect.stringMatching(/ parts 2–3 /),
    });
    await abortMultipartUpload(s3, upload);
  });

  test("compares the client's list with the parts at S3", async () => {
    const upload = await begin("listed");
    const etags = await Promise.all([1, 2, 3].map((number) => sendPart(upload, number)));
    const parts = etags.map((etag, index) => ({ number: index + 1, etag }));
    const [, ...rest] = parts;
    const complete = (list: typeof parts) => completeUpload(s3, upload, completed, list);
    const forged = [{ number: 1, etag: '"0123456789abcdef0123456789abcdef"' }, ...rest];
    await expect(complete(forged)).rejects.toMatchObject({ code: "UPLOAD_INCOMPLETE", field: "parts" });
    const unquoted = parts.map(({ number, etag }) => ({ number, etag: bareEtag(etag) })).reverse();
    expect(await complete(unquoted)).toMatchObject({ etag: etagOfParts(parts) });
  });

  test("accepts a client's list of all parts, each once, in any order", () => {
    const upload = { sizeBytes: plan.sizeBytes, partBytes: plan.partBytes } as UploadDescriptor;
    const require = (...numbers: number[]) =>
      assertEveryPart(
        upload,
        numbers.map((number) => ({ number, etag: "x" })),
      );
    require(3, 1, 2);
    const refusals: [number[], string, RegExp][] = [
      [[], "UPLOAD_INCOMPLETE", /lacks parts 1–3 /],
      [[2, 3], "UPLOAD_INCOMPLETE", /lacks part 1 /],
      [[1, 2, 3, 3], "BAD_USER_INPUT", /twice/],
      [[1, 2, 3, 4], "BAD_USER_INPUT", /1 to 3/],
      [[0, 1, 2, 3], "BAD_USER_INPUT", /1 to 3/],
    ];
    for (const [numbers, code, message] of refusals) {
      expect(() => require(...numbers)).toThrow(
        expect.objectContaining({ code, field: "parts", message: expect.stringMatching(message) }),
      );
    }
  });

  test("can be completed again, and by concurrent calls", async () => {
    const upload = await begin("again");
    const etags = await Promise.all([1, 2, 3].map((number) => sendPart(upload, number)));
    const parts = etags.map((etag, index) => ({ number: index + 1, etag }));
    const answers = await Promise.all([
      completeUpload(s3, upload, completed),
      completeUpload(s3, upload, completed, parts),
    ]);
    answers.push(
      await completeUpload(s3, upload, completed),
      await completeUpload(s3, upload, completed, parts),
    );
    for (const answer of answers)
      expect(answer).toMatchObject({ sizeBytes: bytes.length, etag: etagOfParts(parts) });
    expect(await sha256OfStored("again")).toBe(sha256(bytes));
  });

  test("that was never completed is not mistaken for an older object", async () => {
    await s3.send(new PutObjectCommand({ Bucket: store.bucket, Key: "before", Body: "small" }));
    const upload = await begin("before");
    await abortMultipartUpload(s3, upload);
    await expect(completeUpload(s3, upload, completed)).rejects.toMatchObject(notFound);
  });

  test("does not replace an object with overwrite: false", async () => {
    await s3.send(new PutObjectCommand({ Bucket: store.bucket, Key: "there", Body: "first" }));
    const upload = await begin("there", { overwrite: false });
    await Promise.all([1, 2, 3].map((number) => sendPart(upload, number)));
    await expect(completeUpload(s3, upload, completed)).rejects.toMatchObject({ code: "OBJECT_EXISTS" });
    expect(await sha256OfStored("there")).toBe(sha256(Buffer.from("first")));
    await abortMultipartUpload(s3, upload);
  });

  test("with overwrite: false can be completed by two concurrent calls", async () => {
    const upload = await begin("twice at once", { overwrite: false });
    await Promise.all([1, 2, 3].map((number) => sendPart(upload, number)));
    const answers = await Promise.all(Array.from({ length: 4 }, () => completeUpload(s3, upload, completed)));
    expect(new Set(answers.map(({ etag }) => etag)).size).toBe(1);
  });

  test("is aborted once or twice, and is either aborted or completed", async () => {
    const upload = await begin("raced");
    await Promise.all([1, 2, 3].map((number) => sendPart(upload, number)));
    const [completion] = await Promise.allSettled([
      completeUpload(s3, upload, completed),
      abortMultipartUpload(s3, upload),
    ]);
    await abortMultipartUpload(s3, upload);
    await expect(listParts(s3, upload)).rejects.toMatchObject(notFound);
    const stored = await sha256OfStored("raced").catch(() => undefined);
    expect(stored).toBe(completion.status === "fulfilled" ? sha256(bytes) : undefined);
  });

  test("is aborted again while S3 still has parts that were in flight", async () => {
    let listings = 0;
    const held = (isHeld: () => boolean) =>
      scriptedS3(({ method }) => {
        if (method === "DELETE") return { status: 204 };
        return isHeld() ? { status: 200, body: "<ListPartsResult></ListPartsResult>" } : { status: 404 };
      });
    const upload = { ...store.address("late"), uploadId: "x" };
    await using late = await held(() => ++listings < 3);
    await abortMultipartUpload(late.s3, upload, 1);
    expect(late.requests.filter((each) => each.startsWith("DELETE"))).toHaveLength(3);
    await using stuck = await held(() => true);
    await expect(abortMultipartUpload(stuck.s3, upload, 1)).rejects.toMatchObject({
      ...{ code: "STORAGE_UNAVAILABLE", retryable: true },
    });
  });

  test("returns all its parts, more than S3 lists at once", { timeout: 60_000 }, async () => {
    const count = 2005;
    const upload = await begin("many parts");
    const { bucket: Bucket, key: Key, uploadId: UploadId } = upload;
    const numbers = Array.from({ length: count }, (_, index) => index + 1);
    await mapConcurrently(numbers, 8, (PartNumber) =>
      s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body: String(PartNumber) })),
    );
    const held = await listParts(s3, upload);
    expect(held.map(({ number }) => number)).toEqual(numbers);
    expect(held.every(({ number, sizeBytes }) => sizeBytes === String(number).length)).toBe(true);
    await abortMultipartUpload(s3, upload);
  });

  test("of an empty file is one empty part", async () => {
    const upload = { ...(await begin("empty")), sizeBytes: 0 };
    await sendPart(upload, 1, 0);
    expect(await completeUpload(s3, upload, completed)).toMatchObject({ sizeBytes: 0 });
  });

  test("accepts the CRC of a whole object, but no SHA", async () => {
    const sha = parseDescription({
      checksum: { algorithm: "SHA1", value: Buffer.alloc(20).toString("base64") },
    });
    await expect(createMultipartUpload(s3, store.address("sha"), sha)).rejects.toMatchObject({
      code: "BAD_USER_INPUT",
      field: "checksum.algorithm",
    });
  });
});

describe("uploads in progress", () => {
  test("are listed below a prefix, page by page", async () => {
    const keys = ["pending/a + b", "pending/%2F", "pending/한국어", "pending/x"];
    const uploads = await Promise.all([...keys, "pending/x", "other/x"].map((key) => begin(key)));
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await listPendingUploads(
        s3,
        store.address("x"),
        parsePendingPage({ prefix: "pending/", first: 2, after }),
      );
      seen.push(...page.uploads.map(({ key, uploadId }) => `${key} ${uploadId}`));
      after = page.hasNextPage ? page.endCursor : undefined;
    } while (after !== undefined);
    expect(seen.sort()).toEqual(
      uploads
        .slice(0, 5)
        .map(({ key, uploadId }) => `${key} ${uploadId}`)
        .sort(),
    );
    for (const after of ["bm90IGEgY3Vyc29y", "", "garbage"]) {
      expect(() => parsePendingPage({ prefix: "other/", first: 1, after })).toThrow(
        expect.objectContaining({ code: "BAD_USER_INPUT", field: "after" }),
      );
    }
    for (const upload of uploads) await abortMultipartUpload(s3, upload);
  });

  test("are resumed: the newest of the same key whose parts fit", async () => {
    const address = store.address("resume/it");
    const find = (forPlan: UploadPlan = plan) =>
      findResumableUpload({ s3, listing: s3 }, address, resumeRequest(forPlan));
    const longer = await begin("resume/it.longer");
    await sendPart(longer, 1);
    expect(await find()).toBeUndefined();

    const fitting = await begin("resume/it");
    await sendPart(fitting, 2);
    await sendPart(fitting, 1, 7);
    await begin("resume/it");
    const found = await find();
    expect(found?.upload.uploadId).toBe(fitting.uploadId);
    expect(found?.parts.map(({ number }) => number)).toEqual([2]);
    expect(await find(planWith(bytes.length, 6 * MiB))).toBeUndefined();

    await sendPart(fitting, 1);
    await sendPart(fitting, 3);
    await completeUpload(s3, fitting, completed);
    expect(await sha256OfStored("resume/it")).toBe(sha256(bytes));
  });

  test("are resumed after up to 100 newer ones without parts", async () => {
    const address = store.address("resume/behind");
    const find = () => findResumableUpload({ s3, listing: s3 }, address, resumeRequest(plan));
    const older = await begin("resume/behind");
    await sendPart(older, 1);
    const newer = await begin("resume/behind");
    await sendPart(newer, 1);
    const empty = await mapConcurrently(Array.from({ length: 98 }), 8, () => begin("resume/behind"));
    expect((await find())?.upload.uploadId).toBe(newer.uploadId);
    await abortMultipartUpload(s3, newer);
    expect((await find())?.upload.uploadId).toBe(older.uploadId);
    empty.push(await begin("resume/behind"), await begin("resume/behind"));
    expect(await find()).toBeUndefined();
    await mapConcurrently([older, ...empty], 8, (upload) => abortMultipartUpload(s3, upload));
  });

  test("are aborted by a sweep when they are old, and only listed in a dry run", async () => {
    const upload = await begin("sweep/old");
    const bucket = { region, bucket: store.bucket };
    const later = () => new Date(Date.now() + 25 * 3_600_000);
    const client = async () => s3;
    const sweep = async (options: { dryRun?: boolean; now?: () => Date }) => {
      const swept: SweptUpload[] = [];
      for await (const each of sweepUploads({ s3: client, listing: client }, bucket, {
        olderThanHours: 24,
        prefix: "sweep/",
        ...options,
      })) {
        swept.push(each);
      }
      return swept;
    };
    expect(await sweep({ dryRun: false })).toEqual([]);
    expect(await sweep({ now: later })).toMatchObject([{ key: "sweep/old", outcome: "pending" }]);
    expect(await sweep({ now: later, dryRun: false })).toMatchObject([
      { key: "sweep/old", outcome: "aborted" },
    ]);
    expect(await sweep({ now: later })).toEqual([]);
    await expect(listParts(s3, upload)).rejects.toMatchObject(notFound);
  });
});
