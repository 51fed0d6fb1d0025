import { setTimeout as delay } from "node:timers/promises";
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { badUserInput, ValetKeyError } from "../../core/errors.ts";
import type { ObjectAddress } from "../../core/object-address.ts";
import type { ChecksumAlgorithm } from "../checksums/checksum.ts";
import { AmbiguousResult, retryOnlyIfRefused } from "../client/ambiguous-result.ts";
import { storageError } from "../client/storage-error.ts";
import { toStorageError, withStorageErrors } from "../client/to-storage-error.ts";
import { toS3Input } from "../description/description-parameters.ts";
import type { ObjectDescription } from "../description/object-description.ts";
import type { UploadAddress } from "./upload-descriptor.ts";
import { bytesOfPart, type UploadPlan } from "./upload-plan.ts";

/** A part that S3 has received. */
export interface UploadedPart {
  /** Counted from 1. */
  readonly number: number;
  readonly sizeBytes: number;
  readonly etag: string;
  readonly uploadedAt?: Date | undefined;
}

/**
 * Begins a multipart upload. S3 enforces `overwrite` and the value of the checksum when the upload is completed.
 *
 * @param algorithm of the checksum of the whole object, whose value S3 does not need yet
 * If S3's response is lost, an upload without parts may remain that cannot be attributed to this call:
 * docs/decisions/0010-lost-beginnings.md
 *
 * @throws {ValetKeyError} BAD_USER_INPUT for a checksum that S3 cannot compute for a whole multipart object
 */
export async function createMultipartUpload(
  s3: S3Client,
  { region, bucket, key }: ObjectAddress,
  description: ObjectDescription,
  algorithm: ChecksumAlgorithm | undefined = description.checksum?.algorithm,
): Promise<UploadAddress> {
  if (algorithm !== undefined) assertWholeObjectChecksum(algorithm);
  const command = new CreateMultipartUploadCommand({
    Bucket: bucket,
    Key: key,
    ...toS3Input(description),
    ...(algorithm && { ChecksumAlgorithm: algorithm, ChecksumType: "FULL_OBJECT" }),
  });
  try {
    const { UploadId: uploadId } = await s3.send(retryOnlyIfRefused(command));
    if (uploadId === undefined) throw storageError("STORAGE_UNAVAILABLE");
    return { region, bucket, key, uploadId };
  } catch (error) {
    const cause = error instanceof AmbiguousResult ? error.failure : error;
    throw toStorageError(cause, { operation: "CreateMultipartUpload", subject: "bucket" });
  }
}

/**
 * S3 can combine the CRCs of the parts into the CRC of the whole object, but not their SHA digests.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 *
 * @throws {ValetKeyError} BAD_USER_INPUT
 */
export function assertWholeObjectChecksum(algorithm: ChecksumAlgorithm): void {
  if (algorithm === "SHA1" || algorithm === "SHA256") {
    throw badUserInput(
      "checksum.algorithm",
      "The checksum of a multipart upload is a CRC32, CRC32C or CRC64NVME. S3 computes no SHA of a whole multipart object.",
    );
  }
}

/**
 * Returns all parts that S3 has, by number.
 *
 * @throws {ValetKeyError} UPLOAD_NOT_FOUND if the upload is gone
 */
export async function listParts(
  s3: S3Client,
  { bucket, key, uploadId }: UploadAddress,
): Promise<UploadedPart[]> {
  const parts: UploadedPart[] = [];
  let marker: string | undefined;
  // The SDK's paginator relies on the marker, which S3 returns with the last page too.
  do {
    const page = await withStorageErrors(
      { operation: "ListParts", subject: "upload" },
      s3.send(
        new ListPartsCommand({ Bucket: bucket, Key: key, UploadId: uploadId, PartNumberMarker: marker }),
      ),
    );
    for (const part of page.Parts ?? []) {
      parts.push({
        number: part.PartNumber ?? 0,
        sizeBytes: part.Size ?? 0,
        etag: part.ETag ?? "",
        uploadedAt: part.LastModified,
      });
    }
    marker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
  } while (marker !== undefined);
  return parts.sort((a, b) => a.number - b.number);
}

/** The parts that have a number and a size of the plan. Others can be sent again under the same number. */
export function fittingParts(plan: UploadPlan, parts: readonly UploadedPart[]): UploadedPart[] {
  return parts.filter(
    ({ number, sizeBytes }) =>
      number >= 1 && number <= plan.partCount && sizeBytes === bytesOfPart(plan, number),
  );
}

/** The numbers of the plan's parts that are not among these. */
export function missingPartNumbers(plan: UploadPlan, parts: readonly UploadedPart[]): number[] {
  const held = new Set(fittingParts(plan, parts).map(({ number }) => number));
  const numbers = Array.from({ length: plan.partCount }, (_, index) => index + 1);
  return numbers.filter((number) => !held.has(number));
}

const abortAttempts = 4;

/**
 * Aborts a multipart upload and makes sure that its parts are gone. It is not an error if the upload no longer exists.
 *
 * @throws {ValetKeyError} if S3 does not abort it
 */
export async function abortMultipartUpload(
  s3: S3Client,
  upload: UploadAddress,
  retryMs = 200,
): Promise<void> {
  for (let attempt = 1; attempt <= abortAttempts; attempt += 1) {
    await sendAbort(s3, upload);
    // Parts that were being sent may arrive after the abort and remain.
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html
    if (await isGone(s3, upload)) return;
    await delay(retryMs * attempt);
  }
  throw new ValetKeyError("STORAGE_UNAVAILABLE", "S3 still holds parts of this upload.");
}

async function sendAbort(s3: S3Client, { bucket, key, uploadId }: UploadAddress): Promise<void> {
  try {
    await s3.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId }));
  } catch (cause) {
    const error = toStorageError(cause, { operation: "AbortMultipartUpload", subject: "upload" });
    if (error.code !== "UPLOAD_NOT_FOUND") throw error;
  }
}

/** Whether S3 no longer has the upload. */
export async function isGone(s3: S3Client, upload: UploadAddress): Promise<boolean> {
  try {
    await listParts(s3, upload);
    return false;
  } catch (error) {
    const { code } = toStorageError(error, { operation: "ListParts", subject: "upload" });
    // Callers who may abort but not list cannot check it.
    return code === "UPLOAD_NOT_FOUND" || code === "FORBIDDEN";
  }
}
