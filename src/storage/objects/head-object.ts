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
import { toStorageError } from "../client/s3-errors.ts";
import { describeFailure } from "../client/s3-failure.ts";
import { storageError } from "../client/storage-error.ts";
import { fromS3Metadata } from "../description/metadata.ts";
import { type Checksum, checksumAlgorithms } from "../headers/checksums.ts";
import { withAllMetadata } from "./metadata-headers.ts";
import type { ObjectHead, StoredObject } from "./stored-object.ts";

/** Whether a bucket exists. A request's callers share the answer. */
export type BucketProbe = (bucket: BucketAddress) => Promise<boolean>;

/**
 * Asks S3 whether a bucket exists. One that the caller may not look at does.
 *
 * @throws {BucketInOtherRegion} and what else keeps S3 from answering
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
 * What S3 knows of an object: one HEAD when it is there, and what it takes to name the reason when it is not.
 *
 * @throws {ValetKeyError} BUCKET_NOT_FOUND ({@link BucketInOtherRegion} when it is elsewhere),
 * OBJECT_NOT_FOUND (a delete marker is no object), FORBIDDEN, BAD_USER_INPUT for the version id
 */
export async function headObject(
  s3: S3Client,
  address: ObjectAddress,
  isBucketThere?: BucketProbe | undefined,
): Promise<ObjectHead> {
  return toObjectHead(await rawHead(s3, address, isBucketThere), address);
}

/** The same in S3's own fields, metadata still encoded. */
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

/** What was just written, as HEAD sees it. Callers who may write and not read learn what the write told. */
export async function asSeenByHead(s3: S3Client, stored: StoredObject): Promise<StoredObject | ObjectHead> {
  try {
    return await headObject(s3, stored, async () => true);
  } catch {
    return stored;
  }
}

/** A HEAD's answer has no body, so its status alone has to be made sense of. */
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

/** GET answers as HEAD does and says why. Should it succeed after all, one byte comes back. */
async function reasonOfFailedGet(s3: S3Client, address: ObjectAddress): Promise<ValetKeyError> {
  const { bucket, key, versionId } = address;
  try {
    const answer = await s3.send(
      new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId, Range: "bytes=0-0" }),
    );
    (answer.Body as Readable | undefined)?.destroy();
    return storageError("STORAGE_UNAVAILABLE");
  } catch (cause) {
    return reasonOfRefusedRead(cause, { operation: "GetObject", versionId });
  }
}

/** What a failed call about one object means, where the answer has a body that says why. */
export function reasonOfRefusedRead(
  cause: unknown,
  { operation, versionId }: { readonly operation: string; readonly versionId: string | undefined },
): ValetKeyError {
  const { httpStatus, message } = describeFailure(cause);
  // Without s3:ListBucket, S3 does not admit that a key is missing; that it misses that very right does.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
  if (httpStatus === 403 && /\bs3:ListBucket(?:Versions)?\b/.test(message)) {
    return storageError("OBJECT_NOT_FOUND", { cause });
  }
  // An empty object has no first byte.
  if (httpStatus === 416) return storageError("STORAGE_UNAVAILABLE", { cause });
  return toStorageError(cause, { operation, subject: "object", versionId });
}

/**
 * Whether an object is there already, as far as the caller's rights let S3 say: the early answer to
 * `overwrite: false`. The one that counts is S3's, when the bytes are written.
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
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html: left out for the standard class.
    storageClass: head.StorageClass ?? "STANDARD",
    contentType: head.ContentType,
    contentDisposition: head.ContentDisposition,
    contentEncoding: head.ContentEncoding,
    cacheControl: head.CacheControl,
    metadata: fromS3Metadata(head.Metadata),
    checksum: checksumOf(head),
  };
}

/** S3 calls the version of an object that was written before versioning "null". */
export function versionOf(versionId: string | undefined): string | undefined {
  return versionId === "" ? undefined : versionId;
}

type ChecksumFields = Pick<
  HeadObjectCommandOutput,
  "ChecksumType" | `Checksum${(typeof checksumAlgorithms)[number]}`
>;

/** The checksum of the whole object among S3's fields; a checksum of part checksums ends in `-N`. */
export function checksumOf(fields: ChecksumFields): Checksum | undefined {
  if (fields.ChecksumType === "COMPOSITE") return undefined;
  for (const algorithm of checksumAlgorithms) {
    const value = fields[`Checksum${algorithm}`];
    if (value !== undefined && !/-\d+$/.test(value)) return { algorithm, value };
  }
  return undefined;
}
