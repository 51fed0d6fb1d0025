import { HeadObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { toStorageError } from "../client/to-storage-error.ts";
import { bareEtag, type StoredObject, versionOf } from "../objects/stored-object.ts";
import type { UploadAddress } from "./upload-descriptor.ts";

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
export async function findObjectWithEtag(
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
