import type { S3Client } from "@aws-sdk/client-s3";
import { ValetKeyError } from "../../core/errors.ts";
import { storageError } from "../client/storage-error.ts";
import { headObject } from "../objects/head-object.ts";
import type { ObjectHead } from "../objects/stored-object.ts";
import type { UploadPromise } from "./upload-promise.ts";

/**
 * `Date` and `Last-Modified` name whole seconds, so their difference may be a second too large. The rest is for replicas
 * whose clocks differ a little.
 */
const ageToleranceMs = 1_500;

/**
 * Returns the object that a PUT request or a form has stored, if it is what was promised.
 *
 * @param now the time at the bucket's store
 * @throws {ValetKeyError} UPLOAD_INCOMPLETE if the object is not there, or was there before the upload was requested;
 * OBJECT_EXISTS in the second case if the upload must not replace an object; UPLOAD_MISMATCH, CHECKSUM_MISMATCH if a
 * newer object is not what was promised
 */
export async function findPromisedObject(
  s3: S3Client,
  promise: UploadPromise,
  now: () => Date,
): Promise<ObjectHead> {
  const head = await headPromised(s3, promise);
  if (isOlder(head, promise, now())) throw promise.overwrite ? notArrived() : storageError("OBJECT_EXISTS");
  assertAsPromised(head, promise);
  return head;
}

async function headPromised(s3: S3Client, { region, bucket, key }: UploadPromise): Promise<ObjectHead> {
  try {
    return await headObject(s3, { region, bucket, key });
  } catch (error) {
    if (error instanceof ValetKeyError && error.code === "OBJECT_NOT_FOUND") throw notArrived(error);
    throw error;
  }
}

function notArrived(cause?: unknown): ValetKeyError {
  return new ValetKeyError(
    "UPLOAD_INCOMPLETE",
    "The file has not arrived. Send it with the URL that came with this receipt, and confirm it again.",
    { cause },
  );
}

/**
 * Whether the object was there before the upload was requested. Ages are compared and not times: S3's clock alone
 * measures that of the object, and the server's clock alone that of the receipt, so the two clocks may differ.
 */
function isOlder({ lastModified, respondedAt }: ObjectHead, { issuedAt }: UploadPromise, now: Date): boolean {
  if (lastModified === undefined) return false;
  const objectAgeMs = (respondedAt ?? now).getTime() - lastModified.getTime();
  const receiptAgeMs = now.getTime() - issuedAt.getTime();
  return objectAgeMs >= receiptAgeMs + ageToleranceMs;
}

function assertAsPromised(head: ObjectHead, promise: UploadPromise): void {
  const { minBytes, maxBytes, contentType, checksum } = promise;
  if (head.sizeBytes < minBytes || head.sizeBytes > maxBytes) throw mismatch("UPLOAD_MISMATCH", "size");
  if (contentType !== undefined && head.contentType !== contentType) {
    throw mismatch("UPLOAD_MISMATCH", "content type");
  }
  // Stores that do not record checksums return none.
  if (checksum === undefined || head.checksum === undefined) return;
  const { algorithm, value } = head.checksum;
  if (algorithm !== checksum.algorithm || value !== checksum.value) {
    throw mismatch("CHECKSUM_MISMATCH", "checksum");
  }
}

function mismatch(code: "UPLOAD_MISMATCH" | "CHECKSUM_MISMATCH", property: string): ValetKeyError {
  return new ValetKeyError(
    code,
    `The stored object has another ${property} than requestUpload was given. Another upload has replaced it, or the file was not sent with the URL that came with this receipt.`,
    { retryable: false },
  );
}
