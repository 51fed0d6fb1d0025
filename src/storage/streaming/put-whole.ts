import { createHash } from "node:crypto";
import { HeadObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { ObjectAddress } from "../../core/object-address.ts";
import { toChecksumParameter } from "../checksums/checksum.ts";
import { describeFailure } from "../client/s3-failure.ts";
import { storageError } from "../client/storage-error.ts";
import { toStorageError, withStorageErrors } from "../client/to-storage-error.ts";
import { toIfNoneMatch, toS3Input } from "../description/description-parameters.ts";
import { bareEtag, type StoredObject, versionOf } from "../objects/stored-object.ts";
import type { StreamedUploadRequest } from "./streamed-upload-request.ts";

/** Stores a body that has been read completely with one PutObject. */
export async function putWhole(
  { s3, address, description, signal }: StreamedUploadRequest,
  bytes: Buffer,
): Promise<StoredObject> {
  const { region, bucket, key } = address;
  const client = await s3();
  const put = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    Body: bytes,
    ContentLength: bytes.length,
    IfNoneMatch: toIfNoneMatch(description),
    ...toS3Input(description),
    ...toChecksumParameter(description.checksum),
  });
  try {
    const { ETag: etag, VersionId } = await client.send(put, { ...(signal && { abortSignal: signal }) });
    // S3 always returns the ETag of what it has stored. Without it, something else has responded.
    if (etag === undefined) throw storageError("STORAGE_UNAVAILABLE");
    return { region, bucket, key, sizeBytes: bytes.length, etag, versionId: versionOf(VersionId) };
  } catch (cause) {
    const error = toStorageError(cause, { operation: "PutObject", subject: "bucket" });
    // The SDK may have repeated the call, and then S3 refuses it because of the object that the first attempt stored.
    const mayBeOurs = error.code === "OBJECT_EXISTS" && describeFailure(cause).attempts > 1;
    const stored = mayBeOurs ? await storedAsWritten(client, address, bytes) : undefined;
    if (stored === undefined) throw error;
    return stored;
  }
}

async function storedAsWritten(
  s3: S3Client,
  address: ObjectAddress,
  bytes: Buffer,
): Promise<StoredObject | undefined> {
  const { region, bucket, key } = address;
  const head = await withStorageErrors(
    { operation: "HeadObject" },
    s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key })),
  );
  const etag = head.ETag ?? "";
  if (bareEtag(etag) !== createHash("md5").update(bytes).digest("hex")) return undefined;
  return { region, bucket, key, sizeBytes: bytes.length, etag, versionId: versionOf(head.VersionId) };
}
