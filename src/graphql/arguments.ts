import { badUserInput, ValetKeyError } from "../core/errors.ts";
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

/** `at` is what stands before the argument's own name in an error's `field`: `input.`, `objects.3.`. */
export function parseBucketAddress(given: BucketArguments, regions: Regions, at = ""): BucketAddress {
  return {
    bucket: parseBucketName(given.bucket, `${at}bucket`),
    region: parseRegion(given.region, regions, `${at}region`),
  };
}

// S3's are URL-ready, up to 1,024 bytes; "null" is the version from before versioning.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html
const versionIdShape = /^[\w.~+/=-]{1,1024}$/;

/** @throws {ValetKeyError} BAD_USER_INPUT */
export function parseObjectAddress(given: ObjectArguments, regions: Regions, at = ""): ObjectAddress {
  const { bucket, region } = parseBucketAddress(given, regions, at);
  const key = parseObjectKey(given.key, `${at}key`);
  if (given.versionId === null || given.versionId === undefined) return { bucket, region, key };
  if (!versionIdShape.test(given.versionId)) throw badUserInput(`${at}versionId`, "Not a version id.");
  return { bucket, region, key, versionId: given.versionId };
}

/** Has errors about an address that S3 found fault with name the argument where the client gave it. */
export async function namedAt<Result>(at: string, call: Promise<Result>): Promise<Result> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof ValetKeyError) || error.field === undefined || at === "") throw error;
    const { code, message, retryable, cause } = error;
    throw new ValetKeyError(code, message, { field: `${at}${error.field}`, retryable, cause });
  }
}
