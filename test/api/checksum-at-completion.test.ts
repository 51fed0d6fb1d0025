import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { type ChecksumAlgorithm, checksumAlgorithms } from "../../src/storage/checksums/checksum.ts";
import { runningChecksum } from "../../src/storage/checksums/running-checksum.ts";
import { beginUpload, sendPart, twoPartsBytes } from "../support/multipart-uploads.ts";
import {
  completeUpload,
  findUpload,
  type MultipartUpload,
  requestUpload,
  uploadFile,
} from "../support/operations.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer } from "../support/test-server.ts";

const server = await shareInFile(startTestServer());
const { client, admin } = server;
const badInput = (field: string) => ({ code: "BAD_USER_INPUT", retryable: false, field });

function checksumOf(algorithm: ChecksumAlgorithm, ...pieces: Uint8Array[]): string {
  const running = runningChecksum(algorithm);
  for (const piece of pieces) running.update(piece);
  return running.digest();
}

/** What `sendWhole` sends. */
const file = Buffer.alloc(twoPartsBytes, 1);

async function sendWhole(upload: MultipartUpload) {
  const parts = [];
  for (const number of [1, 2]) parts.push({ number, etag: await sendPart(upload, number, 1) });
  return parts;
}

describe.each(["CRC64NVME", "CRC32C", "CRC32"] as const)(
  "a multipart upload with a %s of unknown value",
  (algorithm) => {
    const value = checksumOf(algorithm, file);

    test("is completed with the value, which S3 stores", async () => {
      const key = `completed/${algorithm}`;
      const upload = await beginUpload(client, { bucket, key, checksum: { algorithm } });
      const parts = await sendWhole(upload);
      expect(await completeUpload(client, upload.id, parts, value)).toMatchObject({
        key,
        size: twoPartsBytes,
      });
      const head = await admin.send(
        new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: "ENABLED" }),
      );
      expect(head).toMatchObject({ [`Checksum${algorithm}`]: value, ChecksumType: "FULL_OBJECT" });
      // If the response was lost, the call is repeated.
      expect(await completeUpload(client, upload.id, parts, value)).toMatchObject({ key });
    });

    test("is completed without the value, which S3 computes", async () => {
      const key = `without/${algorithm}`;
      const upload = await beginUpload(client, { bucket, key, checksum: { algorithm } });
      await completeUpload(client, upload.id, await sendWhole(upload));
      const head = await admin.send(
        new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: "ENABLED" }),
      );
      expect(head).toMatchObject({ [`Checksum${algorithm}`]: value });
    });

    test("is refused with another value, and can then be continued", async () => {
      const key = `refused/${algorithm}`;
      const checksum = { algorithm };
      const upload = await beginUpload(client, { bucket, key, checksum });
      await sendPart(upload, 1, 1);
      const wrong = { number: 2, etag: await sendPart(upload, 2, 2) };
      await expect(completeUpload(client, upload.id, undefined, value)).rejects.toMatchObject({
        code: "CHECKSUM_MISMATCH",
        retryable: false,
      });
      await expect(admin.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))).rejects.toThrow();
      const resumed = await requestUpload(client, "MULTIPART", {
        input: { bucket, key, checksum },
        size: twoPartsBytes,
        resume: true,
        firstParts: 2,
      });
      expect(resumed.id).toBe(upload.id);
      expect(resumed.uploadedParts.map(({ number }) => number)).toEqual([1, 2]);
      expect(await sendPart(upload, 2, 1)).not.toBe(wrong.etag);
      expect(await completeUpload(client, upload.id, undefined, value)).toMatchObject({ key });
    });
  },
);

describe("the checksum at completion", () => {
  const algorithm = "CRC32";
  const value = checksumOf(algorithm, file);

  test("is only for uploads that were started with an algorithm", async () => {
    const upload = await beginUpload(client, { bucket, key: "no algorithm" });
    const parts = await sendWhole(upload);
    await expect(completeUpload(client, upload.id, parts, value)).rejects.toMatchObject(badInput("checksum"));
    expect((await findUpload(client, upload.id, [1]))?.uploadedParts).toHaveLength(2);
  });

  test.each(["", "AAAA", "not base64", `${value}\n`])("cannot be %j", async (wrong) => {
    const upload = await beginUpload(client, { bucket, key: "malformed", checksum: { algorithm } });
    await expect(completeUpload(client, upload.id, undefined, wrong)).rejects.toMatchObject(
      badInput("checksum"),
    );
  });

  test("may be repeated, but not changed, if requestUpload was given it", async () => {
    const upload = await beginUpload(client, { bucket, key: "twice", checksum: { algorithm, value } });
    const parts = await sendWhole(upload);
    await expect(completeUpload(client, upload.id, parts, "AAAAAA==")).rejects.toMatchObject(
      badInput("checksum"),
    );
    expect(await completeUpload(client, upload.id, parts, value)).toMatchObject({ key: "twice" });
  });
});

describe("a checksum without a value", () => {
  test("makes every upload with the method AUTO a multipart upload", async () => {
    for (const size of [0, 10]) {
      const input = { bucket, key: `auto/${size}`, checksum: { algorithm: "CRC32" } };
      const upload = (await requestUpload(client, "AUTO", { input, size })) as MultipartUpload;
      expect(upload).toMatchObject({ __typename: "MultipartUpload", partCount: 1 });
      await sendPart(upload, 1);
      const value = checksumOf("CRC32", Buffer.alloc(size));
      expect(await completeUpload(client, upload.id, undefined, value)).toMatchObject({ size });
    }
  });

  test.each(["PUT", "POST"] as const)("is refused with the method %s", async (method) => {
    for (const value of [undefined, null]) {
      const input = { bucket, key: "small", checksum: { algorithm: "CRC32", value } };
      await expect(requestUpload(client, method, { input, size: 10 })).rejects.toMatchObject(
        badInput("input.checksum.value"),
      );
    }
  });

  test.each(checksumAlgorithms)("is refused by uploadFile (%s)", async (algorithm) => {
    const input = { bucket, key: "streamed", checksum: { algorithm } };
    await expect(uploadFile(client, new Blob(["x"]), input)).rejects.toMatchObject(
      badInput("input.checksum.value"),
    );
  });

  test("needs an algorithm that S3 computes of a whole multipart object", async () => {
    const input = { bucket, key: "sha", checksum: { algorithm: "SHA256" } };
    for (const method of ["MULTIPART", "AUTO"] as const) {
      await expect(requestUpload(client, method, { input, size: 10 })).rejects.toMatchObject(
        badInput("input.checksum.algorithm"),
      );
    }
  });

  test("continues an upload that was started with a value of the same algorithm", async () => {
    const checksum = { algorithm: "CRC32C", value: checksumOf("CRC32C", file) };
    const begun = await beginUpload(client, { bucket, key: "later", checksum });
    await sendPart(begun, 1, 1);
    const resumed = await requestUpload(client, "MULTIPART", {
      input: { bucket, key: "later", checksum: { algorithm: "CRC32C" } },
      size: twoPartsBytes,
      resume: true,
      firstParts: 2,
    });
    expect(resumed.uploadedParts).toHaveLength(1);
    await sendPart(resumed, 2, 1);
    expect(await completeUpload(client, resumed.id, undefined, checksum.value)).toMatchObject({
      key: "later",
    });
  });
});
