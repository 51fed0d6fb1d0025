import { badUserInput } from "../../core/errors.ts";
import { uriEncode } from "../signing/uri-encode.ts";
import type { Checksum, ChecksumAlgorithm } from "./checksums.ts";
import { parseMediaType } from "./media-type.ts";
import { encodeMetadataValue } from "./metadata-value.ts";

interface NameValue {
  readonly name: string;
  readonly value: string;
}

/** How an object is to be stored, as clients say it. */
export interface UploadDescription {
  readonly contentType?: string | null | undefined;
  /** A whole header value: `attachment; filename="report.pdf"`. */
  readonly contentDisposition?: string | null | undefined;
  readonly contentEncoding?: string | null | undefined;
  readonly cacheControl?: string | null | undefined;
  /** Values are any Unicode text. */
  readonly metadata?: readonly NameValue[] | null | undefined;
  readonly tags?: readonly NameValue[] | null | undefined;
  readonly checksum?: Checksum | null | undefined;
  /** false: S3 refuses to replace an object. */
  readonly overwrite?: boolean | null | undefined;
}

/**
 * The headers of a PutObject (or CreateMultipartUpload) that stores an object so, by lower-case name.
 * @throws {ValetKeyError} BAD_USER_INPUT
 */
export function uploadHeaders(input: UploadDescription): Record<string, string> {
  const headers: Record<string, string> = {};
  if (isGiven(input.contentType)) {
    parseMediaType(input.contentType, "contentType");
    headers["content-type"] = input.contentType;
  }
  if (isGiven(input.contentDisposition)) {
    headers["content-disposition"] = parseDisposition(input.contentDisposition, "contentDisposition");
  }
  if (isGiven(input.contentEncoding)) {
    headers["content-encoding"] = parseEncoding(input.contentEncoding, "contentEncoding");
  }
  if (isGiven(input.cacheControl)) {
    headers["cache-control"] = parseHeaderValue(input.cacheControl, "cacheControl");
  }
  if (isGiven(input.metadata)) Object.assign(headers, metadataHeaders(input.metadata, "metadata"));
  if (isGiven(input.tags) && input.tags.length > 0) {
    headers["x-amz-tagging"] = taggingHeader(input.tags, "tags");
  }
  if (isGiven(input.checksum)) Object.assign(headers, checksumHeader(input.checksum, "checksum"));
  if (input.overwrite === false) headers["if-none-match"] = "*";
  return headers;
}

function isGiven<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}

const printableAscii = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
const maxHeaderValueLength = 1024;

function parseHeaderValue(value: string, field: string): string {
  if (value.length > maxHeaderValueLength || !printableAscii.test(value)) {
    throw badUserInput(
      field,
      "A header's value: 1 to 1,024 printable ASCII characters, no space at either end.",
    );
  }
  return value;
}

// https://www.rfc-editor.org/rfc/rfc6266#section-4.1
const dispositionShape = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+(?: *;|$)/;

function parseDisposition(value: string, field: string): string {
  if (!dispositionShape.test(parseHeaderValue(value, field))) {
    throw badUserInput(
      field,
      "Not a Content-Disposition such as attachment; filename*=UTF-8''na%C3%AFve.txt.",
    );
  }
  return value;
}

// https://www.rfc-editor.org/rfc/rfc9110#section-8.4
const encodingShape = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+(?: *, *[!#$%&'*+.^_`|~0-9A-Za-z-]+)*$/;

function parseEncoding(value: string, field: string): string {
  if (!encodingShape.test(parseHeaderValue(value, field))) {
    throw badUserInput(field, "Not a Content-Encoding such as gzip.");
  }
  // S3 would take the file for its own chunked transfer format and not store it as it is.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
  if (/\baws-chunked\b/i.test(value))
    throw badUserInput(field, "aws-chunked says how bytes travel, not what they are.");
  return value;
}

const metadataName = /^[!#$%&'*+.^_`|~0-9a-z-]{1,128}$/;
const controlCharacter = /\p{Cc}/u;
const maxMetadataBytes = 2048;

function metadataHeaders(metadata: readonly NameValue[], field: string): Record<string, string> {
  const headers: Record<string, string> = {};
  let bytes = 0;
  for (const { name, value } of metadata) {
    const lowerCaseName = name.toLowerCase();
    const header = `x-amz-meta-${lowerCaseName}`;
    if (!metadataName.test(lowerCaseName)) {
      throw badUserInput(
        field,
        "A metadata name is what a header's name is: up to 128 letters, digits, hyphens.",
      );
    }
    if (header in headers)
      throw badUserInput(field, "The same metadata name twice (upper and lower case are one).");
    if (!value.isWellFormed() || controlCharacter.test(value)) {
      throw badUserInput(field, "A metadata value is well-formed Unicode without control characters.");
    }
    const encoded = encodeMetadataValue(value);
    headers[header] = encoded;
    bytes += lowerCaseName.length + encoded.length;
  }
  // Counted as sent, so that nothing is signed that a store refuses for what it counts.
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata
  if (bytes > maxMetadataBytes) {
    throw badUserInput(
      field,
      "Names and values of the metadata have at most 2,048 bytes together, as they are sent: a value that is not plain ASCII in base64.",
    );
  }
  return headers;
}

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
const maxTags = 10;
const maxTagName = 128;
const maxTagValue = 256;
const tagCharacters = /^[\p{L}\p{N}\p{Zs}+\-=._:/@]*$/u;

function taggingHeader(tags: readonly NameValue[], field: string): string {
  if (tags.length > maxTags) throw badUserInput(field, "An object has at most 10 tags.");
  if (new Set(tags.map(({ name }) => name)).size < tags.length)
    throw badUserInput(field, "The same tag twice.");
  for (const { name, value } of tags) {
    // In UTF-16 units, as S3 counts.
    const fits = name !== "" && name.length <= maxTagName && value.length <= maxTagValue;
    const isWritable = tagCharacters.test(name) && tagCharacters.test(value);
    if (!fits || !isWritable || name.toLowerCase().startsWith("aws:")) {
      throw badUserInput(
        field,
        "A tag has a name of 1 to 128 and a value of up to 256 letters, digits, spaces and + - = . _ : / @, and does not start with aws:.",
      );
    }
  }
  return tags.map(({ name, value }) => `${uriEncode(name)}=${uriEncode(value)}`).join("&");
}

const checksumBytes: Readonly<Record<ChecksumAlgorithm, number>> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
};

/** @throws {ValetKeyError} BAD_USER_INPUT for a value that no checksum of that algorithm has */
export function checksumHeader({ algorithm, value }: Checksum, field: string): Record<string, string> {
  const bytes = Buffer.from(value, "base64");
  if (bytes.length !== checksumBytes[algorithm] || bytes.toString("base64") !== value) {
    throw badUserInput(`${field}.value`, `A ${algorithm} is ${checksumBytes[algorithm]} bytes in base64.`);
  }
  return { [`x-amz-checksum-${algorithm.toLowerCase()}`]: value };
}
