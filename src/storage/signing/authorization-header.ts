import type { TemporaryCredentials } from "../../access/role-session.ts";
import { uriEncode } from "../../core/uri-encode.ts";
import { emptyBodySha256 } from "../headers/content-sha256.ts";
import {
  algorithm,
  amzDate,
  canonicalHeaders,
  canonicalRequest,
  signature,
  stringToSign,
} from "./signature.ts";
import type { SigningKeys } from "./signing-key.ts";

/** A request without a body. */
export interface UnsignedRequest {
  readonly method: string;
  /** The encoded path, starting with a slash. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly host: string;
  /** Names in lower case, without host. Those that start with `x-amz-` are signed. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface AuthorizationOptions {
  readonly credentials: TemporaryCredentials;
  readonly region: string;
  readonly signedAt: Date;
  readonly signingKeys: SigningKeys;
}

/**
 * Signs a request in its headers.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 * @returns all headers to send
 */
export function withAuthorization(
  { method, path, query, host, headers }: UnsignedRequest,
  { credentials, region, signedAt, signingKeys }: AuthorizationOptions,
): Record<string, string> {
  const date = amzDate(signedAt);
  const { key, scope, credential } = signingKeys.get(credentials, date.slice(0, 8), region);
  const sent: Record<string, string> = {
    ...headers,
    host,
    "x-amz-content-sha256": emptyBodySha256,
    "x-amz-date": date,
    "x-amz-security-token": credentials.sessionToken,
  };
  const signed = Object.keys(sent).filter((name) => name.startsWith("x-amz-"));
  const canonical = canonicalHeaders(
    host,
    signed.map((name) => ({ name, value: sent[name] ?? "" })),
  );
  const request = canonicalRequest({
    method,
    path,
    query: canonicalQuery(query),
    headers: canonical,
    contentSha256: emptyBodySha256,
  });
  const toSign = stringToSign(date, scope, request);
  sent.authorization = `${algorithm} Credential=${credential}, SignedHeaders=${canonical.signedHeaders}, Signature=${signature(key, toSign)}`;
  return sent;
}

function canonicalQuery(query: Readonly<Record<string, string>>): string {
  return Object.keys(query)
    .sort()
    .map((name) => `${uriEncode(name)}=${uriEncode(query[name] ?? "")}`)
    .join("&");
}
