import { badUserInput } from "../core/errors.ts";
import {
  type BucketAddress,
  hasDotSegment,
  type ObjectAddress,
  parseBucketName,
  parseBucketRegion,
  parseNewObjectKey,
  parseObjectKey,
  type Regions,
} from "../core/object-address.ts";

interface BucketArguments {
  readonly bucket: string;
  readonly region?: string | null | undefined;
}

/** An object as a caller names it. */
export interface GivenObject extends BucketArguments {
  readonly key: string;
  readonly versionId?: string | null | undefined;
}

/** @throws {ValetKeyError} BAD_USER_INPUT (bucket, region) */
export function parseBucketAddress(given: BucketArguments, regions: Regions): BucketAddress {
  const bucket = parseBucketName(given.bucket);
  return { bucket, region: parseBucketRegion(bucket, given.region, regions) };
}

// S3's version ids are URL-safe and have up to 1,024 bytes. "null" is the version from before versioning was enabled.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html
const versionIdShape = /^[\w.~+/=-]{1,1024}$/;

/**
 * The address of an object that is going to be written.
 * @throws {ValetKeyError} BAD_USER_INPUT (bucket, region, key)
 */
export function parseNewObjectAddress(
  given: Omit<GivenObject, "versionId">,
  regions: Regions,
): ObjectAddress {
  const { bucket, region } = parseBucketAddress(given, regions);
  return { bucket, region, key: parseNewObjectKey(given.key) };
}

/** @throws {ValetKeyError} BAD_USER_INPUT (bucket, region, key, versionId) */
export function parseObjectAddress(given: GivenObject, regions: Regions): ObjectAddress {
  const { bucket, region } = parseBucketAddress(given, regions);
  const key = parseObjectKey(given.key);
  if (given.versionId === null || given.versionId === undefined) return { bucket, region, key };
  if (!versionIdShape.test(given.versionId))
    throw badUserInput(
      "versionId",
      "This is not a valid version id. Use the versionId of an S3Object or DeletedObject.",
    );
  return { bucket, region, key, versionId: given.versionId };
}

/**
 * The address of an object that a URL is requested for.
 * @throws {ValetKeyError} BAD_USER_INPUT (bucket, region, key, versionId)
 */
export function parseDownloadAddress(given: GivenObject, regions: Regions): ObjectAddress {
  const address = parseObjectAddress(given, regions);
  if (hasDotSegment(address.key)) {
    throw badUserInput(
      "key",
      'HTTP clients remove the segments "." and ".." from a URL, so no URL works for this key. Copy the object to another key with copyObject.',
    );
  }
  return address;
}
