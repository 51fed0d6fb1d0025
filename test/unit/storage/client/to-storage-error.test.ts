import {
  CompleteMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListPartsCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { ValetKeyError } from "../../../../src/core/errors.ts";
import { BucketInOtherRegion } from "../../../../src/storage/client/storage-error.ts";
import { type StorageErrorContext, toStorageError } from "../../../../src/storage/client/to-storage-error.ts";
import { errorBody, type ScriptedAnswer, scriptedS3 } from "../scripted-s3.ts";

const target = { Bucket: "bucket", Key: "key" };

async function errorOf(
  answer: ScriptedAnswer | "reset" | "silence",
  context: StorageErrorContext = { operation: "GetObject", subject: "object" },
): Promise<ValetKeyError> {
  await using scripted = await scriptedS3(() => answer);
  const failure: unknown = await scripted.s3.send(new GetObjectCommand(target)).then(
    () => "no failure",
    (error: unknown) => error,
  );
  return toStorageError(failure, context);
}

describe("an error of S3", () => {
  test.each([
    [404, "NoSuchBucket", "BUCKET_NOT_FOUND", false],
    [404, "NoSuchKey", "OBJECT_NOT_FOUND", false],
    [404, "NoSuchUpload", "UPLOAD_NOT_FOUND", false],
    [412, "PreconditionFailed", "OBJECT_EXISTS", false],
    [409, "ConditionalRequestConflict", "STORAGE_UNAVAILABLE", true],
    [403, "AccessDenied", "FORBIDDEN", false],
    [400, "ExpiredToken", "CREDENTIALS_UNAVAILABLE", true],
    [403, "InvalidAccessKeyId", "CREDENTIALS_UNAVAILABLE", true],
    [400, "BadDigest", "CHECKSUM_MISMATCH", true],
    [400, "EntityTooLarge", "UPLOAD_TOO_LARGE", false],
    [400, "EntityTooSmall", "UPLOAD_INCOMPLETE", true],
    [503, "SlowDown", "STORAGE_UNAVAILABLE", true],
    [500, "InternalError", "STORAGE_UNAVAILABLE", true],
    [507, "InsufficientStorage", "INTERNAL_SERVER_ERROR", false],
    [507, "XMinioStorageFull", "INTERNAL_SERVER_ERROR", false],
    [400, "RequestTimeout", "STORAGE_UNAVAILABLE", true],
    [400, "InvalidRequest", "INTERNAL_SERVER_ERROR", false],
  ])("%d %s is %s", async (status, s3Code, code, retryable) => {
    expect(await errorOf({ status, body: errorBody(s3Code) })).toMatchObject({ code, retryable });
  });

  test("does not repeat S3's message", async () => {
    const words = "User: arn:aws:sts::123456789012:assumed-role/r/s is not authorized";
    const error = await errorOf({ status: 403, body: errorBody("AccessDenied", words) });
    expect(error.message).not.toMatch(/arn|123456789012/);
    expect((error.cause as Error).message).toBe(words);
  });

  test.each([
    [404, "OBJECT_NOT_FOUND"],
    [403, "FORBIDDEN"],
    [405, "OBJECT_NOT_FOUND"],
    [429, "STORAGE_UNAVAILABLE"],
    [502, "STORAGE_UNAVAILABLE"],
  ])("without a body is recognized by its status: %d", async (status, code) => {
    await using scripted = await scriptedS3(() => ({ status }));
    const failure: unknown = await scripted.s3
      .send(new HeadObjectCommand(target))
      .catch((error: unknown) => error);
    expect(toStorageError(failure, { operation: "HeadObject", subject: "object" })).toMatchObject({ code });
  });

  test("names the actual region of a bucket in another region", async () => {
    const answers: ScriptedAnswer[] = [
      { status: 301, headers: { "x-amz-bucket-region": "eu-west-1" }, body: errorBody("PermanentRedirect") },
      { status: 400, body: errorBody("AuthorizationHeaderMalformed", "", "<Region>eu-west-1</Region>") },
    ];
    for (const answer of answers) {
      const error = await errorOf(answer);
      expect(error).toBeInstanceOf(BucketInOtherRegion);
      expect(error).toMatchObject({ code: "BUCKET_NOT_FOUND", region: "eu-west-1" });
    }
  });

  test("is recognized in a response with status 200", async () => {
    await using scripted = await scriptedS3(() => ({ status: 200, body: errorBody("InternalError") }));
    const complete = new CompleteMultipartUploadCommand({
      ...target,
      UploadId: "u",
      MultipartUpload: { Parts: [] },
    });
    const failure: unknown = await scripted.s3.send(complete).catch((error: unknown) => error);
    expect(
      toStorageError(failure, { operation: "CompleteMultipartUpload", subject: "upload" }),
    ).toMatchObject({
      code: "STORAGE_UNAVAILABLE",
    });
  });

  test("is recognized even if it cannot be parsed", async () => {
    await using scripted = await scriptedS3(() => ({ status: 200, body: "<html>not <b>S3</html" }));
    const failure: unknown = await scripted.s3
      .send(new ListPartsCommand({ ...target, UploadId: "u" }))
      .catch((error: unknown) => error);
    expect(toStorageError(failure, { operation: "ListParts", subject: "upload" })).toMatchObject({
      code: "STORAGE_UNAVAILABLE",
    });
    expect(await errorOf({ status: 503, body: "<html>busy" })).toMatchObject({ code: "STORAGE_UNAVAILABLE" });
  });

  test("about an upload is UPLOAD_NOT_FOUND, whatever a store calls missing", async () => {
    const error = await errorOf(
      { status: 404, body: errorBody("NoSuchKey") },
      { operation: "ListParts", subject: "upload" },
    );
    expect(error.code).toBe("UPLOAD_NOT_FOUND");
  });
});

describe("a connection that fails", () => {
  test.each(["reset", "silence"] as const)("is STORAGE_UNAVAILABLE: %s", async (answer) => {
    expect(await errorOf(answer)).toMatchObject({ code: "STORAGE_UNAVAILABLE", retryable: true });
  });

  test("is STORAGE_UNAVAILABLE: refused", async () => {
    const s3 = new S3Client({
      region: "us-east-1",
      endpoint: "http://127.0.0.1:1",
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
      forcePathStyle: true,
      maxAttempts: 1,
    });
    const failure: unknown = await s3.send(new HeadObjectCommand(target)).catch((error: unknown) => error);
    expect(toStorageError(failure, { operation: "HeadObject" })).toMatchObject({
      code: "STORAGE_UNAVAILABLE",
    });
  });
});

test("does not change the server's own errors", () => {
  const error = new ValetKeyError("OVERLOADED", "busy");
  expect(toStorageError(error, { operation: "PutObject" })).toBe(error);
  expect(toStorageError(new TypeError("a bug"), { operation: "PutObject" })).toMatchObject({
    code: "INTERNAL_SERVER_ERROR",
    retryable: false,
  });
});
