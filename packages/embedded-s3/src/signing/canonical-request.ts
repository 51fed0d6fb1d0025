import { createHash, createHmac } from "node:crypto";
import { StoreError } from "../core/store-error.ts";
import type { WireRequest } from "./wire-request.ts";

// Signature Version 4 as S3 does it: the path is encoded once and its segments are not normalized. Each character of a
// string is one byte of the request (latin1).
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html

/** Name and value, decoded; a name without "=" has an empty value. */
export type QueryParameter = readonly [name: string, value: string];

/**
 * The parameters of the query in the order in which they were sent. Each character is one byte.
 * @throws {StoreError} 400 InvalidURI: bad percent-encoding
 */
export function parseQuery(query: string): QueryParameter[] {
  return query
    .split("&")
    .filter((part) => part !== "")
    .map((part) => {
      const equals = part.indexOf("=");
      const [name, value] = equals === -1 ? [part, ""] : [part.slice(0, equals), part.slice(equals + 1)];
      return [percentDecode(name.replaceAll("+", " ")), percentDecode(value.replaceAll("+", " "))];
    });
}

function percentDecode(text: string): string {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) {
    throw new StoreError(400, "InvalidURI", "Couldn't parse the specified URI.");
  }
  return text.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Encodes every byte as %XX, except the unreserved characters of RFC 3986 §2.3. */
function uriEncode(bytes: string): string {
  return bytes.replace(
    /[^A-Za-z0-9\-._~]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

function canonicalUri(path: string): string {
  return path
    .split("/")
    .map((segment) => uriEncode(percentDecode(segment)))
    .join("/");
}

function canonicalQueryString(parameters: readonly QueryParameter[]): string {
  return parameters
    .map(([name, value]): QueryParameter => [uriEncode(name), uriEncode(value)])
    .sort(([leftName, leftValue], [rightName, rightValue]) =>
      leftName === rightName ? compareBytes(leftValue, rightValue) : compareBytes(leftName, rightName),
    )
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

function compareBytes(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/**
 * @param parameters those of the query, without X-Amz-Signature
 * @param signedHeaders names in lower case, sorted
 * @param payloadHash the value of x-amz-content-sha256: a hash in hex or one of the keywords
 */
export function canonicalRequest(
  request: WireRequest,
  parameters: readonly QueryParameter[],
  signedHeaders: readonly string[],
  payloadHash: string,
): string {
  return [
    request.method,
    canonicalUri(request.path),
    canonicalQueryString(parameters),
    ...signedHeaders.map((name) => `${name}:${canonicalHeaderValue(request.headers[name] ?? "")}`),
    "",
    signedHeaders.join(";"),
    payloadHash,
  ].join("\n");
}

function canonicalHeaderValue(value: string): string {
  return value.trim().replace(/ +/g, " ");
}

/** What a signature is made for: YYYYMMDD/region/service/aws4_request. */
export interface CredentialScope {
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

export function scopeText({ date, region, service }: CredentialScope): string {
  return `${date}/${region}/${service}/aws4_request`;
}

/** @param timestamp YYYYMMDDTHHMMSSZ */
export function stringToSign(timestamp: string, scope: CredentialScope, canonical: string): string {
  return ["AWS4-HMAC-SHA256", timestamp, scopeText(scope), sha256Hex(canonical)].join("\n");
}

export function signingKey(secretAccessKey: string, scope: CredentialScope): Buffer {
  const dateKey = hmac(`AWS4${secretAccessKey}`, scope.date);
  const dateRegionKey = hmac(dateKey, scope.region);
  const dateRegionServiceKey = hmac(dateRegionKey, scope.service);
  return hmac(dateRegionServiceKey, "aws4_request");
}

export function signatureHex(key: Buffer, text: string): string {
  return hmac(key, text).toString("hex");
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac("sha256", key).update(text, "latin1").digest();
}

export function sha256Hex(bytes: string): string {
  return createHash("sha256").update(bytes, "latin1").digest("hex");
}
