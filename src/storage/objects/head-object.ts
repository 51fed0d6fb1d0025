import { HeadObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { ObjectAddress } from "../../core/object-address.ts";
import type { HeadResponse } from "../calls/read-head.ts";
import { type Checksum, checksumAlgorithms } from "../checksums/checksum.ts";
import { fromS3Metadata } from "../description/metadata.ts";
import { type BucketProbe, bucketExists } from "./bucket-exists.ts";
import { reasonOfFailedHead } from "./failed-head.ts";
import { withAllMetadata } from "./read-all-metadata.ts";
import { type ObjectHead, type StoredObject, versionOf } from "./stored-object.ts";

/**
 * Returns everything that a HEAD returns about an object. If the HEAD fails, further calls find out why.
 *
 * @throws {ValetKeyError} BUCKET_NOT_FOUND ({@link BucketInOtherRegion} if it is in another region), OBJECT_NOT_FOUND
 * (also for a delete marker), FORBIDDEN, BAD_USER_INPUT for the version id
 */
export async function headObject(
  s3: S3Client,
  address: ObjectAddress,
  isBucketThere?: BucketProbe | undefined,
): Promise<ObjectHead> {
  return toObjectHead(await rawHead(s3, address, isBucketThere), address);
}

/** The same, but returns S3's response itself, in which metadata is still encoded. */
export async function rawHead(
  s3: S3Client,
  address: ObjectAddress,
  isBucketThere: BucketProbe = (bucket) => bucketExists(s3, bucket),
): Promise<HeadResponse> {
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

function toObjectHead(head: HeadResponse, address: ObjectAddress): ObjectHead {
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
    isArchived: isArchived(head),
    contentType: head.ContentType,
    contentDisposition: head.ContentDisposition,
    contentEncoding: head.ContentEncoding,
    cacheControl: head.CacheControl,
    metadata: fromS3Metadata(head.Metadata),
    checksum: checksumOf(head),
    respondedAt: head.Date === undefined ? undefined : new Date(head.Date),
  };
}

/**
 * A restored object has a temporary copy that can be read. The class Intelligent-Tiering has archives of its own.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html (x-amz-restore, x-amz-archive-status)
 */
export function isArchived({
  StorageClass,
  ArchiveStatus,
  Restore,
}: Pick<HeadResponse, "StorageClass" | "ArchiveStatus" | "Restore">): boolean {
  const isInArchive =
    StorageClass === "GLACIER" || StorageClass === "DEEP_ARCHIVE" || ArchiveStatus !== undefined;
  return isInArchive && !Restore?.includes('ongoing-request="false"');
}

type ChecksumFields = Pick<HeadResponse, "ChecksumType" | `Checksum${(typeof checksumAlgorithms)[number]}`>;

/** The checksum of the whole object. A checksum of the checksums of parts ends in `-N` and is ignored. */
function checksumOf(fields: ChecksumFields): Checksum | undefined {
  if (fields.ChecksumType === "COMPOSITE") return undefined;
  for (const algorithm of checksumAlgorithms) {
    const value = fields[`Checksum${algorithm}`];
    if (value !== undefined && !/-\d+$/.test(value)) return { algorithm, value };
  }
  return undefined;
}
