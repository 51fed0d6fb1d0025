import { parseAmzDate, toAmzDate } from "../core/amz-date.ts";
import { StoreError } from "../core/store-error.ts";
import type { CredentialScope, QueryParameter } from "./canonical-request.ts";
import { parseCredential, type Service } from "./credential.ts";
import type { WireRequest } from "./wire-request.ts";

/** What a request declares about its signature. Nothing of it is verified yet. */
export interface SignatureParameters {
  readonly accessKeyId: string;
  readonly sessionToken: string | undefined;
  readonly scope: CredentialScope;
  /** YYYYMMDDTHHMMSSZ, as it is signed. */
  readonly timestamp: string;
  readonly signedAt: Date;
  /** Names in lower case, sorted. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** X-Amz-Expires; undefined when the signature came in the Authorization header. */
  readonly expiresInSeconds: number | undefined;
}

const algorithm = "AWS4-HMAC-SHA256";
const maxExpiresSeconds = 604_800;

/**
 * Parses the signature in the Authorization header or in the query. Undefined if the request has none.
 * @throws {StoreError} 400, 403
 */
export function parseSignatureParameters(
  request: WireRequest,
  query: readonly QueryParameter[],
  service: Service,
): SignatureParameters | undefined {
  const { authorization } = request.headers;
  const inQuery = query.some(([name]) =>
    ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature"].includes(name),
  );
  const isVersion2 = query.some(([name]) => name === "AWSAccessKeyId");
  if (authorization !== undefined && (inQuery || isVersion2)) {
    throw new StoreError(
      400,
      "InvalidArgument",
      "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
      { details: { ArgumentName: "Authorization", ArgumentValue: authorization } },
    );
  }
  if (authorization !== undefined) return fromHeader(authorization, request, service);
  if (inQuery) return fromQuery(query, service);
  if (isVersion2) throw unsupportedMechanism();
  return undefined;
}

function fromHeader(authorization: string, request: WireRequest, service: Service): SignatureParameters {
  const [mechanism, rest = ""] = splitOnce(authorization.trim(), " ");
  if (mechanism !== algorithm) {
    if (/^AWS/.test(mechanism)) throw unsupportedMechanism();
    throw new StoreError(400, "InvalidArgument", "Unsupported Authorization Type", {
      details: { ArgumentName: "Authorization", ArgumentValue: authorization },
    });
  }
  const components = new Map(rest.split(",").map((part) => splitOnce(part.trim(), "=")));
  const [credential, signedHeaders, signature] = ["Credential", "SignedHeaders", "Signature"].map((name) => {
    const component = components.get(name);
    if (component) return component;
    throw headerMalformed(
      `the authorization header requires three components: Credential, SignedHeaders, and Signature.`,
    );
  });
  const { timestamp, signedAt } = headerDate(request);
  const found = parseCredential(credential ?? "", service, timestamp, headerMalformed);
  return {
    ...found,
    sessionToken: request.headers["x-amz-security-token"],
    timestamp,
    signedAt,
    signedHeaders: parseSignedHeaders(signedHeaders ?? ""),
    signature: signature ?? "",
    expiresInSeconds: undefined,
  };
}

/** The value of x-amz-date, or else of Date. https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html */
function headerDate(request: WireRequest): { readonly timestamp: string; readonly signedAt: Date } {
  const { "x-amz-date": amzDate, date } = request.headers;
  const text = amzDate ?? date ?? "";
  const milliseconds =
    parseAmzDate(text)?.getTime() ?? (/^[A-Z][a-z]{2}, /.test(text) ? Date.parse(text) : Number.NaN);
  if (Number.isNaN(milliseconds)) {
    throw new StoreError(
      403,
      "AccessDenied",
      "AWS authentication requires a valid Date or x-amz-date header",
    );
  }
  const signedAt = new Date(milliseconds);
  return { timestamp: toAmzDate(signedAt), signedAt };
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
const requiredParameters = [
  "X-Amz-Algorithm",
  "X-Amz-Credential",
  "X-Amz-Signature",
  "X-Amz-Date",
  "X-Amz-SignedHeaders",
  "X-Amz-Expires",
];

function fromQuery(query: readonly QueryParameter[], service: Service): SignatureParameters {
  const parameters = new Map<string, string>();
  for (const [name, value] of query) {
    const isOurs = requiredParameters.includes(name) || name === "X-Amz-Security-Token";
    if (isOurs && parameters.has(name)) throw queryMalformed(`${name} must be given once`);
    parameters.set(name, value);
  }
  const [algorithmName, credential, signature, date, signedHeaders, expires] = requiredParameters.map(
    (name) => {
      const value = parameters.get(name);
      if (value) return value;
      throw queryMalformed(
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
      );
    },
  );
  if (algorithmName !== algorithm) throw queryMalformed(`X-Amz-Algorithm only supports "${algorithm}"`);
  const signedAt = parseAmzDate(date ?? "");
  if (date === undefined || signedAt === undefined) {
    throw queryMalformed(`X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`);
  }
  const found = parseCredential(credential ?? "", service, date, (detail) =>
    queryMalformed(`Error parsing the X-Amz-Credential parameter; ${detail}`),
  );
  return {
    ...found,
    sessionToken: parameters.get("X-Amz-Security-Token"),
    timestamp: date,
    signedAt,
    signedHeaders: parseSignedHeaders(signedHeaders ?? ""),
    signature: signature ?? "",
    expiresInSeconds: parseExpires(expires ?? ""),
  };
}

function parseExpires(text: string): number {
  if (!/^-?\d+$/.test(text)) throw queryMalformed("X-Amz-Expires should be a number");
  const seconds = Number(text);
  if (seconds < 1) throw queryMalformed("X-Amz-Expires must be positive");
  if (seconds > maxExpiresSeconds) {
    throw queryMalformed(
      "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds",
    );
  }
  return seconds;
}

function parseSignedHeaders(text: string): string[] {
  return [...new Set(text.toLowerCase().split(";"))].filter((name) => name !== "").sort();
}

function splitOnce(text: string, separator: string): [before: string, after: string] {
  const index = text.indexOf(separator);
  return index === -1 ? [text, ""] : [text.slice(0, index), text.slice(index + separator.length).trim()];
}

function headerMalformed(detail: string): StoreError {
  return new StoreError(
    400,
    "AuthorizationHeaderMalformed",
    `The authorization header is malformed; ${detail}`,
  );
}

function queryMalformed(message: string): StoreError {
  return new StoreError(400, "AuthorizationQueryParametersError", message);
}

function unsupportedMechanism(): StoreError {
  return new StoreError(
    400,
    "InvalidRequest",
    "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
  );
}
