import { createHash } from "node:crypto";
import { CompleteMultipartUploadCommand, HeadObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { ErrorCode } from "../../core/errors.ts";
import { toChecksumParameter } from "../checksums/checksum.ts";
import type { Checksum } from "../checksums/running-checksum.ts";
import { describeFailure } from "../client/s3-failure.ts";
import { storageError } from "../client/storage-error.ts";
import { toStorageError } from "../client/to-storage-error.ts";
import { toIfNoneMatch } from "../description/description-parameters.ts";
import { versionOf } from "../objects/head-object.ts";
import { bareEtag, type StoredObject } from "../objects/stored-object.ts";
import { isGone } from "./multipart-uploads.ts";
import type { CompletedPart } from "./part-list.ts";
import type { UploadAddress } from "./upload-descriptor.ts";

/** What S3 verifies when it completes an upload. */
export interface CompletionTerms {
  readonly sizeBytes: number;
  readonly overwrite: boolean;
  readonly checksum?: Checksum | undefined;
}

/** After these failures the object may have been stored or not. */
const ambiguousCodes = new Set<ErrorCode>([
  "UPLOAD_NOT_FOUND",
  "STORAGE_UNAVAILABLE",
  "INTERNAL_SERVER_ERROR",
]);

/**
 * Makes S3 join the parts into the object. If S3's response was lost or cannot be read, and the upload is gone, the
 * object is recognised by its ETag.
 *
 * @throws {ValetKeyError}
 */
export async function completeParts(
  s3: S3Client,
  upload: UploadAddress,
  parts: readonly CompletedPart[],
  terms: CompletionTerms,
): Promise<StoredObject> {
  const { region, bucket, key, uploadId } = upload;
  const { sizeBytes, checksum } = terms;
  const etag = etagOfParts(parts);
  try {
    const response = await s3.send(
      new CompleteMultipartUploadCommand({
        Bucket: bucket,
        Key: key,
        UploadId: uploadId,
        MultipartUpload: { Parts: parts.map((part) => ({ PartNumber: part.number, ETag: part.etag })) },
        MpuObjectSize: sizeBytes,
        IfNoneMatch: toIfNoneMatch(terms),
        ...(checksum && { ...toChecksumParameter(checksum), ChecksumType: "FULL_OBJECT" as const }),
      }),
    );
    const versionId = versionOf(response.VersionId);
    return { region, bucket, key, versionId, sizeBytes, etag: response.ETag || etag };
  } catch (cause) {
    const error = toStorageError(cause, { operation: "CompleteMultipartUpload", subject: "upload" });
    const isAmbiguous = ambiguousCodes.has(error.code);
    const mayHaveSucceeded = isAmbiguous || describeFailure(cause).attempts > 1;
    if (!mayHaveSucceeded || !(await isGone(s3, upload))) throw error;
    const stored = await findStored(s3, upload, { sizeBytes, etag });
    if (stored !== undefined) return stored;
    throw isAmbiguous ? storageError("UPLOAD_NOT_FOUND", { cause }) : error;
  }
}

/** The ETag of a multipart object. https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html */
export function etagOfParts(parts: readonly CompletedPart[]): string {
  const hash = createHash("md5");
  for (const { etag } of [...parts].sort((a, b) => a.number - b.number)) {
    hash.update(Buffer.from(bareEtag(etag), "hex"));
  }
  return `"${hash.digest("hex")}-${parts.length}"`;
}

export interface ExpectedObject {
  readonly sizeBytes: number;
  readonly etag: string;
  /** What is known about the object for callers who may write it but not read it. */
  readonly unseen?: StoredObject | undefined;
}

/**
 * The object at the upload's address, if it has the expected size and ETag.
 * @throws {ValetKeyError} if S3 does not respond
 */
export async function findStored(
  s3: S3Client,
  { region, bucket, key }: UploadAddress,
  { sizeBytes, etag, unseen }: ExpectedObject,
): Promise<StoredObject | undefined> {
  try {
    const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    const { ETag: found = "", LastModified: lastModified } = head;
    if (head.ContentLength !== sizeBytes || bareEtag(found) !== bareEtag(etag)) return undefined;
    const versionId = versionOf(head.VersionId);
    return { region, bucket, key, versionId, sizeBytes, etag: found, lastModified };
  } catch (cause) {
    const error = toStorageError(cause, { operation: "HeadObject", subject: "object" });
    if (error.retryable) throw error;
    const isUnseen = error.code === "FORBIDDEN" && unseen && bareEtag(unseen.etag) === bareEtag(etag);
    return isUnseen ? unseen : undefined;
  }
}
