import type { Readable } from "node:stream";
import type { Bucket } from "./buckets/bucket.ts";
import type { Buckets } from "./buckets/buckets.ts";
import type { BlobFiles } from "./disk/blob-files.ts";
import type { ConditionContext } from "./iam/condition-keys.ts";
import { parseQuery } from "./signing/canonical-request.ts";
import type { Identity, WireRequest } from "./signing/identity.ts";
import type { VerifiedRequest } from "./signing/signature.ts";
import { StoreError } from "./store-error.ts";

/** What a URL names: the service, a bucket (no key), or an object. */
export interface Target {
  readonly bucketName?: string | undefined;
  readonly key?: string | undefined;
}

/** Whoever asks, and what with: all that policies look at. */
export interface SignedRequest {
  readonly identity: Identity;
  /** The condition keys of its signature, time and transport. */
  readonly context: ConditionContext;
  /** Names in lower case; those that a presigned URL has in its query, or a form in its fields, included. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: ReadonlyMap<string, string>;
}

/** A request to S3 whose signature is right. */
export interface S3Request extends SignedRequest, Target {
  readonly wire: WireRequest;
  readonly signature: VerifiedRequest;
  /** The body as it comes; the client that waits for "100 Continue" gets it now. */
  readonly openBody: () => Readable;
}

export interface BucketRequest extends S3Request {
  readonly bucketName: string;
  readonly bucket: Bucket;
}

export interface ObjectRequest extends BucketRequest {
  readonly key: string;
}

/** What every operation works on. */
export interface StoreState {
  readonly buckets: Buckets;
  readonly blobs: BlobFiles;
  readonly now: () => Date;
}

const hostStyle = /^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.localhost(?::\d+)?$/i;
const maxKeyBytes = 1024;

/** @throws {StoreError} InvalidURI, KeyTooLongError */
export function parseTarget(wire: WireRequest): Target {
  const hostBucket = hostStyle.exec(wire.headers.host ?? "")?.[1]?.toLowerCase();
  const path = decodePath(wire.path);
  if (!path.startsWith("/")) throw invalidUri();
  if (hostBucket !== undefined) return target(hostBucket, path.slice(1));
  const slash = path.indexOf("/", 1);
  return slash === -1 ? target(path.slice(1), "") : target(path.slice(1, slash), path.slice(slash + 1));
}

function target(bucketName: string, key: string): Target {
  return { bucketName: bucketName === "" ? undefined : bucketName, key: parseKey(key) };
}

/** Undefined where it is empty. @throws {StoreError} KeyTooLongError */
export function parseKey(key: string): string | undefined {
  if (Buffer.byteLength(key) > maxKeyBytes) {
    throw new StoreError(400, "KeyTooLongError", "Your key is too long", {
      details: { Size: String(Buffer.byteLength(key)), MaxSizeAllowed: String(maxKeyBytes) },
    });
  }
  return key === "" ? undefined : key;
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw invalidUri();
  }
}

function invalidUri(): StoreError {
  return new StoreError(400, "InvalidURI", "Couldn't parse the specified URI.");
}

/** The last value of each parameter. @throws {StoreError} InvalidURI */
export function parseQueryMap(query: string): ReadonlyMap<string, string> {
  return new Map(parseQuery(query).map(([name, value]) => [decodeUtf8(name), decodeUtf8(value)]));
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeUtf8(latin1: string): string {
  try {
    return utf8.decode(Buffer.from(latin1, "latin1"));
  } catch {
    throw invalidUri();
  }
}

const signingParameter =
  /^x-amz-(?:algorithm|credential|date|expires|security-token|signature|signedheaders)$/;
// Why: docs/decisions/0016-checksum-in-a-presigned-query.md
const ignoredParameter = /^x-amz-(?:checksum-(?!(?:algorithm|mode|type)$).+|sdk-checksum-algorithm)$/;

/**
 * S3 takes the x-amz-… parameters of a presigned URL as if they were headers, except for checksums of the body.
 * Values are decoded as UTF-8 if they are valid UTF-8.
 */
export function effectiveHeaders(
  wire: WireRequest,
  query: ReadonlyMap<string, string>,
  presigned: boolean,
): Readonly<Record<string, string>> {
  const sent = Object.entries(wire.headers).map(([name, value]) => [name, decodeHeader(value)] as const);
  if (!presigned) return Object.fromEntries(sent);
  const hoisted = [...query]
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(
      ([name]) => name.startsWith("x-amz-") && !signingParameter.test(name) && !ignoredParameter.test(name),
    );
  return Object.fromEntries([...hoisted, ...sent]);
}

function decodeHeader(latin1: string): string {
  try {
    return utf8.decode(Buffer.from(latin1, "latin1"));
  } catch {
    return latin1;
  }
}

export function invalidArgument(message: string, name: string, value: string): StoreError {
  return new StoreError(400, "InvalidArgument", message, {
    details: { ArgumentName: name, ArgumentValue: value },
  });
}

/**
 * The number that a query parameter or a header holds. A larger one than `maximum` counts as `maximum`.
 * @throws {StoreError} InvalidArgument unless it is a whole number of at least `minimum`
 */
export function parseInteger(
  text: string | undefined,
  name: string,
  limits: { readonly minimum: number; readonly maximum: number; readonly default: number },
): number {
  if (text === undefined || text === "") return limits.default;
  const value = Number(text);
  if (!/^\d{1,10}$/.test(text) || value < limits.minimum || value > 2 ** 31 - 1) {
    throw invalidArgument(`Provided ${name} not an integer or within integer range`, name, text);
  }
  return Math.min(value, limits.maximum);
}
