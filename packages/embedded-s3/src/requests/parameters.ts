import { invalidUri } from "../core/arguments.ts";
import { parseQuery } from "../signing/canonical-request.ts";
import type { WireRequest } from "../signing/wire-request.ts";

/** Of a parameter that is repeated, the last value counts. @throws {StoreError} InvalidURI */
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
