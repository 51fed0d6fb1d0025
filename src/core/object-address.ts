import { badUserInput } from "./errors.ts";

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** The name of a general-purpose bucket, valid according to S3's rules. */
export type BucketName = Branded<"BucketName">;
/** The key of an object: 1–1,024 bytes of UTF-8. */
export type ObjectKey = Branded<"ObjectKey">;
/** A region that clients may name, according to the configuration. */
export type Region = Branded<"Region">;

export interface BucketAddress {
  readonly region: Region;
  readonly bucket: BucketName;
}

export interface ObjectAddress extends BucketAddress {
  readonly key: ObjectKey;
  readonly versionId?: string | undefined;
}

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
const bucketShape = /^[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]$/;
const ipv4Shape = /^\d+\.\d+\.\d+\.\d+$/;
const reservedPrefixes = ["xn--", "sthree-", "amzn-s3-demo-"];
const reservedSuffixes = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

/** @throws {ValetKeyError} BAD_USER_INPUT */
export function parseBucketName(value: string): BucketName {
  if (
    !bucketShape.test(value) ||
    ipv4Shape.test(value) ||
    reservedPrefixes.some((prefix) => value.startsWith(prefix)) ||
    reservedSuffixes.some((suffix) => value.endsWith(suffix))
  ) {
    throw badUserInput(
      "bucket",
      "Not the name of a general-purpose bucket: 3 to 63 lower-case letters, digits, dots and hyphens.",
    );
  }
  return value as BucketName;
}

export const maxKeyBytes = 1024;
const controlCharacter = /\p{Cc}/u;
const dotSegment = /(?:^|\/)\.{1,2}(?:\/|$)/;

/**
 * The key of an object that may exist. Other programs may have chosen keys that `parseNewObjectKey` refuses, and their
 * objects can be read, copied and deleted.
 * @throws {ValetKeyError} BAD_USER_INPUT
 */
export function parseObjectKey(value: string): ObjectKey {
  if (value === "") throw badUserInput("key", "An object key has at least one character.");
  if (!value.isWellFormed()) {
    throw badUserInput("key", "An object key is well-formed Unicode, and this one has a lone surrogate.");
  }
  if (Buffer.byteLength(value, "utf8") > maxKeyBytes) {
    throw badUserInput("key", "An object key has at most 1,024 bytes of UTF-8.");
  }
  return value as ObjectKey;
}

/**
 * The key of an object that is going to be written. Every HTTP client and every form leaves such a key unchanged.
 * @throws {ValetKeyError} BAD_USER_INPUT
 */
export function parseNewObjectKey(value: string): ObjectKey {
  const key = parseObjectKey(value);
  if (controlCharacter.test(key)) {
    throw badUserInput("key", "The key of a new object has no control characters.");
  }
  if (hasDotSegment(key)) {
    throw badUserInput("key", 'The key of a new object has no segment that is "." or "..".');
  }
  // When S3 receives a form, it replaces this variable with the name of the client's file.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html
  if (key.endsWith("${filename}")) {
    throw badUserInput("key", `The key of a new object must not end with "\${filename}".`);
  }
  return key;
}

/** URL parsers remove such segments, also percent-encoded ones, so a URL with one has an invalid signature when it arrives. */
export function hasDotSegment(key: ObjectKey): boolean {
  return dotSegment.test(key);
}

/**
 * The prefix of a listing. Unlike a key it may be empty.
 * @throws {ValetKeyError} BAD_USER_INPUT
 */
export function parseKeyPrefix(value: string, field = "prefix"): string {
  if (!value.isWellFormed()) throw badUserInput(field, "A prefix is well-formed Unicode.");
  if (Buffer.byteLength(value, "utf8") > maxKeyBytes) {
    throw badUserInput(field, "A prefix has at most 1,024 bytes of UTF-8.");
  }
  return value;
}

/** The regions that a client may name, the default, and those of the buckets whose region is configured. */
export interface Regions {
  readonly allowed: readonly Region[];
  readonly default: Region;
  readonly buckets?: { of(bucket: BucketName): { readonly region?: Region | undefined } } | undefined;
}

/** @throws {ValetKeyError} BAD_USER_INPUT */
export function parseRegion(value: string | null | undefined, regions: Regions): Region {
  if (value === null || value === undefined) return regions.default;
  const region = regions.allowed.find((allowed) => allowed === value);
  if (region === undefined) throw badUserInput("region", "Not one of the regions that this server serves.");
  return region;
}

/**
 * The region of a bucket: the configured one, or else the one that the client named.
 * @throws {ValetKeyError} BAD_USER_INPUT
 */
export function parseBucketRegion(
  bucket: BucketName,
  value: string | null | undefined,
  regions: Regions,
): Region {
  const configured = regions.buckets?.of(bucket).region;
  if (configured !== undefined && (value === null || value === undefined || value === configured))
    return configured;
  const named = parseRegion(value, regions);
  return configured ?? named;
}
