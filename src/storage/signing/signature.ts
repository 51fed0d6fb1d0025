import { hash } from "node:crypto";
import type { NameAndValue } from "../../core/name-and-value.ts";
import { unsignedPayload } from "../headers/content-sha256.ts";
import { type HmacKey, hmacHex } from "./hmac.ts";

// Signature Version 4, in the order and with the names of
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html

export const algorithm = "AWS4-HMAC-SHA256";

/** Formatting takes a sixth of the time of a signature, and many signatures have the same second. */
let lastDate = { second: Number.NaN, text: "" };

/** Formats a time for a signature, cut to the second: `20130524T000000Z`. */
export function amzDate(date: Date): string {
  const second = Math.floor(date.getTime() / 1000);
  if (second !== lastDate.second) lastDate = { second, text: formatDate(date) };
  return lastDate.text;
}

function formatDate(date: Date): string {
  const iso = date.toISOString();
  return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`;
}

export interface CanonicalHeaders {
  /** `host:…\n`, one line for each header, sorted by name. */
  readonly canonical: string;
  /** `content-type;host` */
  readonly signedHeaders: string;
}

const spacesToTrim = /^ | $|\t| {2}/;

/** @param headers have unique names in lower case, and host is not among them */
export function canonicalHeaders(host: string, headers: readonly NameAndValue[]): CanonicalHeaders {
  const sorted = [{ name: "host", value: host }, ...headers].sort((a, b) => (a.name < b.name ? -1 : 1));
  let canonical = "";
  for (const { name, value } of sorted) canonical += `${name}:${trimSpaces(value)}\n`;
  return { canonical, signedHeaders: sorted.map(({ name }) => name).join(";") };
}

function trimSpaces(value: string): string {
  return spacesToTrim.test(value) ? value.replace(/[ \t]+/g, " ").trim() : value;
}

export interface CanonicalRequestParts {
  readonly method: string;
  /** The encoded path, starting with a slash. */
  readonly path: string;
  /** The encoded parameters, sorted by name, without X-Amz-Signature. */
  readonly query: string;
  readonly headers: CanonicalHeaders;
  /** The value of x-amz-content-sha256. Default: the one of presigned requests. */
  readonly contentSha256?: string | undefined;
}

export function canonicalRequest({
  method,
  path,
  query,
  headers,
  contentSha256 = unsignedPayload,
}: CanonicalRequestParts): string {
  return `${method}\n${path}\n${query}\n${headers.canonical}\n${headers.signedHeaders}\n${contentSha256}`;
}

/** @param scope `20130524/us-east-1/s3/aws4_request` */
export function stringToSign(date: string, scope: string, request: string): string {
  return `${algorithm}\n${date}\n${scope}\n${hash("sha256", request, "hex")}`;
}

export function signature(signingKey: HmacKey, toSign: string): string {
  return hmacHex(signingKey, toSign);
}
