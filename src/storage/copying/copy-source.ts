import type { HeadObjectCommandOutput, S3Client } from "@aws-sdk/client-s3";
import { ValetKeyError } from "../../core/errors.ts";
import type { ObjectAddress } from "../../core/object-address.ts";
import { storageError } from "../client/storage-error.ts";
import { isArchived, rawHead } from "../objects/head-object.ts";

/** The object to be copied, as S3 described it at one moment. */
export interface CopySource {
  /** The address, with the bucket's actual region. */
  readonly address: ObjectAddress;
  readonly head: HeadObjectCommandOutput;
  /** A client of that region. */
  readonly s3: S3Client;
}

/** @throws {ValetKeyError} OBJECT_NOT_FOUND, BUCKET_NOT_FOUND, OBJECT_ARCHIVED, FORBIDDEN, BAD_USER_INPUT (versionId) */
export async function lookAtSource(s3: S3Client, address: ObjectAddress): Promise<CopySource> {
  const head = await rawHead(s3, address);
  if (isArchived(head)) throw storageError("OBJECT_ARCHIVED");
  return { address, head, s3 };
}

/** The source changed between the HEAD and the copy. The copy can be tried again. */
export class SourceChanged extends ValetKeyError {
  constructor(cause: unknown) {
    super("STORAGE_UNAVAILABLE", "The original changed while it was copied.", { cause });
  }
}

/** The value of x-amz-copy-source, a percent-encoded path. https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
export function toCopySourceHeader({ bucket, key, versionId }: ObjectAddress): string {
  const path = `${bucket}/${key.split("/").map(encodeURIComponent).join("/")}`;
  return versionId === undefined ? path : `${path}?versionId=${encodeURIComponent(versionId)}`;
}

/** Whether an object is copied onto itself. S3 accepts that only if the description changes. */
export function isOntoItself(source: ObjectAddress, target: ObjectAddress): boolean {
  return source.bucket === target.bucket && source.key === target.key;
}
