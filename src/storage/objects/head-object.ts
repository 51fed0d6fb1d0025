import type { Readable } from "node:stream";
import {
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { ValetKeyError } from "../../core/errors.ts";
import type { BucketAddress, ObjectAddress } from "../../core/object-address.ts";
import { type Checksum, checksumAlgorithms } from "../checksums/running-checksum.ts";
import { describeFailure } from "../client/s3-failure.ts";
import { storageError } from "../client/storage-error.ts";
import { toStorageError } from "../client/to-storage-error.ts";
import { fromS3Metadata } from "../description/metadata.ts";
import { withAllMetadata } from "./read-all-metadata.ts";
import type { ObjectHead, StoredObject } from "./stored-object.ts";

/** Whether a bucket exists. The result can be shared within a request. */
export type BucketProbe = (bucket: BucketAddress) => Promise<boolean>;

/**
 * Asks S3 whether a bucket exists. A bucket that the caller may not access exists.
 *
 * @throws {BucketInOtherRegion} and other errors if S3 does not tell
 */
export async function bucketExists(s3: S3Client, { bucket }: BucketAddress): Promise<boolean> {
  try {
    await s3.send(new HeadBucketCommand({ Bucket: bucket }));
    return true;
  } catch (cause) {
    const error = toStorageError(cause, { operation: "HeadBucket", subject: "bucket" });
    if (error.code === "FORBIDDEN") return true;
    if (describeFailure(cause).httpStatus === 404) return false;
    throw error;
  }
}

/**
 * Everything that S3 tells about an object. It costs one HEAD, and further calls to find the reason if that fails.
 *
 * @throws {ValetKeyError} BUCKET_NOT_FOUND ({@link BucketInOtherRegion} if it is in another region),
 * OBJECT_NOT_FOUND (also for a delete marker), FORBIDDEN, BAD_USER_INPUT for the version id
 */
export async function headObject(
  s3: S3Client,
  address: ObjectAddress,
  isBucketThere?: BucketProbe | undefined,
): Promise<ObjectHead> {
  return toObjectHead(await rawHead(s3, address, isBucketThere), address);
}

/** The same with the fields of S3's response, in which metadata is still encoded. */
export async function rawHead(
  s3: S3Client,
  address: ObjectAddress,
  isBucketThere: BucketProbe = (bucket) => bucketExists(s3, bucket),
): Promise<HeadObjectCommandOutput> {
  const { bucket, key, versionId } = address;
  try {
    const head = { Bucket: bucket, Key: key, VersionId: versionId, ChecksumMode: "ENABLED" } as const;
    return await s3.send(withAllMetadata(new HeadObjectCommand(head)));
  } catch (cause) {
    throw await reasonOfFailedHead(s3, address, isBucketThere, cause);
  }
}

/** An object that was just written, as HEAD describes it or, for callers who may not read, as the write described it. */
export async function asSeenByHead(s3: S3Client, stored: StoredObject): Promise<StoredObject | ObjectHead> {
  try {
    return await headObject(s3, stored, async () => true);
  } catch {
    return stored;
  }
}

/** The response of a HEAD has no body, so its status may have several meanings. */
async function reasonOfFailedHead(
  s3: S3Client,
  address: ObjectAddress,
  isBucketThere: BucketProbe,
  cause: unknown,
): Promise<ValetKeyError> {
  const error = toStorageError(cause, { operation: "HeadObject", subject: "object" });
  const { region, bucket } = address;
  const { httpStatus } = describeFailure(cause);
  const isAmbiguous = httpStatus === 400 || httpStatus === 403 || httpStatus === 404;
  if (!isAmbiguous) return error;
  try {
    if (httpStatus !== 400 && !(await isBucketThere({ region, bucket })))
      return storageError("BUCKET_NOT_FOUND", { cause });
    return httpStatus === 404 ? error : await reasonOfFailedGet(s3, address);
  } catch (probeFailure) {
    return toStorageError(probeFailure, { operation: "HeadBucket", subject: "bucket" });
  }
}

/** GET fails like HEAD and returns the reason. If it succeeds, it returns one byte. */
async function reasonOfFailedGet(s3: S3Client, address: ObjectAddress): Promise<ValetKeyError> {
  const { bucket, key, versionId } = address;
  try {
    const output = await s3.send(
      new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId, Range: "bytes=0-0" }),
    );
    (output.Body as Readable | undefined)?.destroy();
    return storageError("STORAGE_UNAVAILABLE");
  } catch (cause) {
    return reasonOfRefusedRead(cause, { operation: "GetObject", versionId });
  }
}

/** The meaning of a failed call about one object whose response has a body with the reason. */
export function reasonOfRefusedRead(
  cause: unknown,
  { operation, versionId }: { readonly operation: string; readonly versionId: string | undefined },
): ValetKeyError {
  const { httpStatus, message } = describeFailure(cause);
  // Without s3:ListBucket, S3 does not tell that a key is missing. It then names that permission as the missing one.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
  if (httpStatus === 403 && /\bs3:ListBucket(?:Versions)?\b/.test(message)) {
    return storageError("OBJECT_NOT_FOUND", { cause });
  }
  // The object is empty, so it has no first byte.
  if (httpStatus === 416) return storageError("STORAGE_UNAVAILABLE", { cause });
  return toStorageError(cause, { operation, subject: "object", versionId });
}

/**
 * Fails early for `overwrite: false` if the object exists and the caller may know it. S3 decides finally when the bytes are
 * written.
 *
 * @throws {ValetKeyError} OBJECT_EXISTS
 */
export async function refuseExisting(s3: S3Client, { bucket, key }: ObjectAddress): Promise<void> {
  const head = s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
  const isThere = await head.then(
    () => true,
    () => false,
  );
  if (isThere) throw storageError("OBJECT_EXISTS");
}

function toObjectHead(head: HeadObjectCommandOutput, address: ObjectAddress): ObjectHead {
  return {
    region: address.region,
    bucket: address.bucket,
    key: address.key,
    versionId: versionOf(head.VersionId),
    sizeBytes: head.ContentLength ?? 0,
    etag: head.ETag ?? "",
    lastModified: head.LastModified,
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html: omitted for the standard class.
    storageClass: head.StorageClass ?? "STANDARD",
    contentType: head.ContentType,
    contentDisposition: head.ContentDisposition,
    contentEncoding: head.ContentEncoding,
    cacheControl: head.CacheControl,
    metadata: fromS3Metadata(head.Metadata),
    checksum: checksumOf(head),
  };
}

/** Some stores return an empty version id for a bucket without versioning. */
export function versionOf(versionId: string | undefined): string | undefined {
  return versionId === "" ? undefined : versionId;
}

type ChecksumFields = Pick<
  HeadObjectCommandOutput,
  "ChecksumType" | `Checksum${(typeof checksumAlgorithms)[number]}`
>;

/** The checksum of the whole object. A checksum of the checksums of parts ends in `-N` and is ignored. */
export function checksumOf(fields: ChecksumFields): Checksum | undefined {
  if (fields.ChecksumType === "COMPOSITE") return undefined;
  for (const algorithm of checksumAlgorithms) {
    const value = fields[`Checksum${algorithm}`];
    if (value !== undefined && !/-\d+$/.test(value)) return { algorithm, value };
  }
  return undefined;
}
