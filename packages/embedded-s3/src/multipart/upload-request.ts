import { invalidArgument } from "../core/arguments.ts";
import { authorizeKms } from "../encryption/authorize-kms.ts";
import { encryptionContext } from "../encryption/encryption-headers.ts";
import { authorize, objectArn } from "../requests/authorization.ts";
import type { ObjectRequest } from "../requests/s3-request.ts";
import type { KmsEncryption } from "../store/encryption.ts";
import { type MultipartUpload, noSuchUpload } from "../store/multipart-uploads.ts";

export function parseUploadId({ query }: ObjectRequest): string {
  return query.get("uploadId") ?? "";
}

/** @throws {StoreError} InvalidArgument */
export function parsePartNumber({ query }: ObjectRequest): number {
  const text = query.get("partNumber") ?? "";
  const number = Number(text);
  if (!/^\d{1,5}$/.test(text) || number < 1 || number > 10_000) {
    throw invalidArgument(
      "Part number must be an integer between 1 and 10000, inclusive",
      "partNumber",
      text,
    );
  }
  return number;
}

/**
 * The upload in progress that a request adds a part to.
 * @throws {StoreError} AccessDenied (403), NoSuchUpload (404)
 */
export function authorizeUpload(request: ObjectRequest): MultipartUpload {
  const { bucket, key } = request;
  const uploadId = parseUploadId(request);
  const upload = bucket.uploads.find(key, uploadId);
  authorizeParts(request, upload);
  if (upload === undefined) throw noSuchUpload(uploadId);
  return upload;
}

/**
 * Adding a part and completing the upload need kms:Decrypt, because S3 uses the key of the parts before and reads them.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
 * @throws {StoreError} AccessDenied (403)
 */
export function authorizeParts(
  request: ObjectRequest,
  upload: { readonly encryption?: KmsEncryption | undefined } | undefined,
): void {
  const { bucket, key } = request;
  const context = upload === undefined ? {} : encryptionContext(upload.encryption);
  authorize(request, "s3:PutObject", objectArn(bucket.name, key), context);
  authorizeKms(request, "kms:Decrypt", { bucket, key, encryption: upload?.encryption });
}
