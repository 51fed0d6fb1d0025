import { UploadPartCopyCommand } from "@aws-sdk/client-s3";
import { mapConcurrently } from "../../core/map-concurrently.ts";
import { storageError } from "../client/storage-error.ts";
import { toStorageError } from "../client/to-storage-error.ts";
import { joinParts } from "../multipart/join-parts.ts";
import { createMultipartUpload } from "../multipart/multipart-uploads.ts";
import { type CompletedPart } from "../multipart/part-list.ts";
import type { UploadAddress } from "../multipart/upload-descriptor.ts";
import { bytesOfPart, planUpload, planWith, type UploadPlan } from "../multipart/upload-plan.ts";
import type { StoredObject } from "../objects/stored-object.ts";
import { wholeDescription } from "./copied-description.ts";
import type { CopyObjectRequest } from "./copy-request.ts";
import { type CopySource, SourceChanged, toCopySourceHeader } from "./copy-source.ts";

const defaultPartBytes = 512 * 1024 ** 2;
const partsInParallel = 8;

/**
 * Copies an object of any size with a multipart upload whose parts S3 copies itself. Such a copy does not inherit the
 * source's description, so all of it is set again.
 */
export async function copyInParts(request: CopyObjectRequest, source: CopySource): Promise<StoredObject> {
  const { s3, to, changes, terms, abandoned, partBytes = defaultPartBytes } = request;
  const sizeBytes = source.head.ContentLength ?? 0;
  const plan = planWith(sizeBytes, Math.max(partBytes, planUpload(sizeBytes).partBytes));
  const description = { ...(await wholeDescription(changes, source)), ...terms };
  const upload = await createMultipartUpload(await s3(), to, description);
  try {
    const numbers = Array.from({ length: plan.partCount }, (_, index) => index + 1);
    const parts = await mapConcurrently(numbers, partsInParallel, (number) =>
      copyPart(request, upload, { plan, number, source }),
    );
    return await joinParts(await s3(), upload, parts, { sizeBytes, overwrite: changes.overwrite });
  } catch (error) {
    await abandoned.abort(upload, s3);
    throw error;
  }
}

interface PartToCopy {
  readonly plan: UploadPlan;
  readonly number: number;
  readonly source: CopySource;
}

async function copyPart(
  { s3, signal }: CopyObjectRequest,
  { bucket, key, uploadId }: UploadAddress,
  { plan, number, source }: PartToCopy,
): Promise<CompletedPart> {
  const firstByte = (number - 1) * plan.partBytes;
  const lastByte = firstByte + bytesOfPart(plan, number) - 1;
  const client = await s3();
  const copy = new UploadPartCopyCommand({
    Bucket: bucket,
    Key: key,
    UploadId: uploadId,
    PartNumber: number,
    CopySource: toCopySourceHeader(source.address),
    CopySourceRange: `bytes=${firstByte}-${lastByte}`,
    // This ensures that all parts are copied from the same version of the source.
    CopySourceIfMatch: source.head.ETag,
  });
  const options = { ...(signal && { abortSignal: signal }) };
  const { CopyPartResult } = await client.send(copy, options).catch((cause: unknown) => {
    const error = toStorageError(cause, { operation: "UploadPartCopy", subject: "upload" });
    // This is the only precondition of a part.
    throw error.code === "OBJECT_EXISTS" ? new SourceChanged(cause) : error;
  });
  if (CopyPartResult?.ETag === undefined) throw storageError("STORAGE_UNAVAILABLE");
  return { number, etag: CopyPartResult.ETag };
}
