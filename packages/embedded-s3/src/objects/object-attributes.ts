import { invalidArgument } from "../core/arguments.ts";
import { StoreError } from "../core/store-error.ts";
import type { ObjectAttributes, StoredObject } from "../store/object-version.ts";
import { parseTaggingHeader } from "./tag-set.ts";

type Headers = Readonly<Record<string, string>>;

const storedHeaders = [
  "content-type",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "expires",
] as const;

const metadataPrefix = "x-amz-meta-";
const maxMetadataBytes = 2048;

/**
 * The attributes that a request gives to the object that it creates.
 * @throws {StoreError} MetadataTooLarge, InvalidTag, InvalidArgument, …
 */
export function parseAttributes(headers: Headers): ObjectAttributes {
  return { ...parseDescription(headers), tags: parseTaggingHeader(headers["x-amz-tagging"]) };
}

/** All attributes except the tags. */
export function parseDescription(headers: Headers): Omit<ObjectAttributes, "tags"> {
  const kept: Record<string, string> = { "content-type": "binary/octet-stream" };
  for (const name of storedHeaders) {
    const value = name === "content-encoding" ? withoutAwsChunked(headers[name]) : headers[name];
    if (value !== undefined && value !== "") kept[name] = value;
  }
  return { headers: kept, metadata: parseMetadata(headers) };
}

/** aws-chunked is the framing of the request's body, not the object's encoding. The rest is kept as it was sent. */
function withoutAwsChunked(value: string | undefined): string | undefined {
  return value
    ?.split(",")
    .filter((coding) => coding.trim().toLowerCase() !== "aws-chunked")
    .join(",")
    .trim();
}

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata
function parseMetadata(headers: Headers): Record<string, string> {
  const metadata = Object.entries(headers)
    .filter(([name]) => name.startsWith(metadataPrefix) && name.length > metadataPrefix.length)
    .map(([name, value]) => [name.slice(metadataPrefix.length), value] as const);
  const bytes = metadata.reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
  if (bytes > maxMetadataBytes) {
    throw new StoreError(
      400,
      "MetadataTooLarge",
      "Your metadata headers exceed the maximum allowed metadata size",
      { details: { Size: String(bytes), MaxSizeAllowed: String(maxMetadataBytes) } },
    );
  }
  return Object.fromEntries(metadata);
}

const overridable = [
  "content-type",
  "content-language",
  "expires",
  "cache-control",
  "content-disposition",
  "content-encoding",
] as const;

/**
 * The headers that a GET overrides with response-content-type=… and the like. S3 allows it in signed requests only, and here every request is signed.
 * @throws {StoreError} InvalidArgument
 */
export function responseOverrides(query: ReadonlyMap<string, string>): Record<string, string> {
  const overrides: Record<string, string> = {};
  for (const name of overridable) {
    const value = query.get(`response-${name}`);
    if (value === undefined || value === "") continue;
    if (/[^\t\x20-\x7e\xa0-\xff]/.test(value)) {
      throw invalidArgument(
        "Header value cannot be represented using ISO-8859-1.",
        `response-${name}`,
        value,
      );
    }
    overrides[name] = value;
  }
  return overrides;
}

/** The headers that describe an object, for GET and HEAD. */
export function attributeHeaders(object: StoredObject): Record<string, string> {
  const metadata = Object.entries(object.metadata).map(
    ([name, value]) => [`${metadataPrefix}${name}`, encodeMetadata(value)] as const,
  );
  return { ...object.headers, ...Object.fromEntries(metadata) };
}

/** S3 returns metadata that is not ASCII in the encoding of RFC 2047. */
function encodeMetadata(value: string): string {
  return /^[\x20-\x7e\t]*$/.test(value) ? value : `=?UTF-8?B?${Buffer.from(value).toString("base64")}?=`;
}
