import { CompleteMultipartUploadCommand, type S3Client } from "@aws-sdk/client-s3";
import type { ErrorCode } from "../../core/errors.ts";
import { toChecksumParameter, type UploadChecksum } from "../checksums/checksum.ts";
import { describeFailure } from "../client/s3-failure.ts";
import { storageError } from "../client/storage-error.ts";
import { toStorageError } from "../client/to-storage-error.ts";
import { toIfNoneMatch } from "../description/description-parameters.ts";
import { type StoredObject, versionOf } from "../objects/stored-object.ts";
import { findObjectWithEtag } from "./find-object-with-etag.ts";
import { etagOfParts } from "./multipart-etag.ts";
import { isGone } from "./multipart-uploads.ts";
import type { CompletedPart } from "./part-list.ts";
import type { UploadAddress } from "./upload-descriptor.ts";

/** What S3 verifies when it completes an upload. */
export interface CompletionTerms {
  readonly sizeBytes: number;
  readonly overwrite: boolean;
  /** Compared with the checksum that S3 computes of the whole object. */
  readonly checksum?: UploadChecksum | undefined;
}

/** After these failures the object may have been stored or not. */
const ambiguousCodes = new Set<ErrorCode>([
  "UPLOAD_NOT_FOUND",
  "STORAGE_UNAVAILABLE",
  "INTERNAL_SERVER_ERROR",
]);

/**
 * Makes S3 join the parts into the object. If S3's response was lost or cannot be read, and the upload is gone, the
 * object is recognized by its ETag.
 *
 * @throws {ValetKeyError}
 */
export async function joinParts(
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
    const stored = await findObjectWithEtag(s3, upload, { sizeBytes, etag });
    if (stored !== undefined) return stored;
    throw isAmbiguous ? storageError("UPLOAD_NOT_FOUND", { cause }) : error;
  }
}
