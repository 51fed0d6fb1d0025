import { badUserInput } from "../core/errors.ts";
import {
  type BucketAddress,
  type ObjectAddress,
  parseBucketName,
  parseObjectKey,
  parseRegion,
  type Regions,
} from "../core/object-address.ts";

interface BucketArguments {
  readonly bucket: string;
  readonly region?: string | null | undefined;
}

interface ObjectArguments extends BucketArguments {
  readonly key: string;
  readonly versionId?: string | null | undefined;
}

/** @throws {ValetKeyError} BAD_USER_INPUT (bucket, region) */
export function parseBucketAddress(given: BucketArguments, regions: Regions): BucketAddress {
  return { bucket: parseBucketName(given.bucket), region: parseRegion(given.region, regions) };
}

// S3's are URL-ready, up to 1,024 bytes; "null" is the version from before versioning.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html
const versionIdShape = /^[\w.~+/=-]{1,1024}$/;

/** @throws {ValetKeyError} BAD_USER_INPUT (bucket, region, key, versionId) */
export function parseObjectAddress(given: ObjectArguments, regions: Regions): ObjectAddress {
  const { bucket, region } = parseBucketAddress(given, regions);
  const key = parseObjectKey(given.key);
  if (given.versionId === null || given.versionId === undefined) return { bucket, region, key };
  if (!versionIdShape.test(given.versionId)) throw badUserInput("versionId", "Not a version id.");
  return { bucket, region, key, versionId: given.versionId };
}
