import { badUserInput } from "./errors.ts";

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** A general-purpose bucket's name that obeys S3's naming rules. */
export type BucketName = Branded<"BucketName">;
/** 1–1,024 bytes of UTF-8 that every URL parser and S3 itself leave as they are. */
export type ObjectKey = Branded<"ObjectKey">;
/** A region that the configuration lets clients name. */
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

/** @throws {ValetKeyError} BAD_USER_INPUT */
export function parseObjectKey(value: string): ObjectKey {
  const fault = faultOfKey(value);
  if (fault !== undefined) throw badUserInput("key", fault);
  return value as ObjectKey;
}

function faultOfKey(value: string): string | undefined {
  if (value === "") return "An object key has at least one character.";
  if (!value.isWellFormed()) return "An object key is well-formed Unicode: this one has a lone surrogate.";
  if (Buffer.byteLength(value, "utf8") > maxKeyBytes)
    return "An object key has at most 1,024 bytes of UTF-8.";
  if (controlCharacter.test(value)) return "An object key has no control characters.";
  // WHATWG URL parsers fold these segments, and the signature would be for another path.
  if (dotSegment.test(value)) return 'An object key has no "." or ".." as a segment.';
  // A presigned POST replaces it by the client's file name and signs only what stands before it.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html
  if (value.endsWith("${filename}")) return `An object key does not end in "\${filename}".`;
  return undefined;
}

/**
 * A prefix of keys: what a listing starts from. Unlike a key it may be empty.
 * @throws {ValetKeyError} BAD_USER_INPUT
 */
export function parseKeyPrefix(value: string, field = "prefix"): string {
  if (!value.isWellFormed()) throw badUserInput(field, "A prefix is well-formed Unicode.");
  if (Buffer.byteLength(value, "utf8") > maxKeyBytes) {
    throw badUserInput(field, "A prefix has at most 1,024 bytes of UTF-8.");
  }
  if (controlCharacter.test(value)) throw badUserInput(field, "A prefix has no control characters.");
  return value;
}

/** The regions that a client may name, and the one that is meant when it names none. */
export interface Regions {
  readonly allowed: readonly Region[];
  readonly default: Region;
}

/** @throws {ValetKeyError} BAD_USER_INPUT */
export function parseRegion(value: string | null | undefined, regions: Regions): Region {
  if (value === null || value === undefined) return regions.default;
  const region = regions.allowed.find((allowed) => allowed === value);
  if (region === undefined) throw badUserInput("region", "Not one of the regions that this server serves.");
  return region;
}
