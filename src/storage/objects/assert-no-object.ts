import { HeadObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { ObjectAddress } from "../../core/object-address.ts";
import { storageError } from "../client/storage-error.ts";

/**
 * Checks early for `overwrite: false` that the object does not exist, as far as the caller may know. The final decision
 * is S3's, when the bytes are written.
 *
 * @throws {ValetKeyError} OBJECT_EXISTS
 */
export async function assertNoObject(s3: S3Client, { bucket, key }: ObjectAddress): Promise<void> {
  const head = s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
  const isThere = await head.then(
    () => true,
    () => false,
  );
  if (isThere) throw storageError("OBJECT_EXISTS");
}
