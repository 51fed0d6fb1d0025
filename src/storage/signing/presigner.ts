import type { TemporaryCredentials } from "../../access/role-session.ts";
import type { Metrics } from "../../metrics.ts";
import type { BucketAddress, ObjectAddress } from "../../object-address.ts";
import type { BucketEndpoint, Endpoints } from "../client/endpoints.ts";
import {
  algorithm,
  amzDate,
  type CanonicalHeaders,
  canonicalHeaders,
  canonicalRequest,
  signature,
  stringToSign,
  unsignedPayload,
} from "./signature.ts";
import { assertExpiry } from "./signature-lifetime.ts";
import { type SigningKey, SigningKeys } from "./signing-key.ts";
import { uriEncode, uriEncodePath } from "./uri-encode.ts";

export interface PresignRequest {
  readonly method: "GET" | "HEAD" | "PUT" | "DELETE" | "POST";
  readonly address: ObjectAddress;
  readonly credentials: TemporaryCredentials;
  readonly signedAt: Date;
  /** An integer from 1 to 604,800. */
  readonly expiresInSeconds: number;
  /** Names in lower case, as all of S3's own are: `partNumber`, `response-content-type`. */
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** By lower-case name, without host. Every one is signed, so the client has to send every one. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface PresignerOptions {
  readonly endpoints: Endpoints;
  readonly signingKeys?: SigningKeys | undefined;
  readonly metrics?: Metrics | undefined;
}

/** What one signature of a bucket's requests needs. */
export interface SigningContext {
  readonly endpoint: BucketEndpoint;
  readonly signingKey: SigningKey;
  /** `20130524T000000Z` */
  readonly date: string;
}

interface CommonQuery {
  readonly signingKey: SigningKey;
  readonly date: string;
  readonly expiresInSeconds: number;
  readonly query: string;
}

export type PresignedOperation = "get" | "head" | "put" | "part" | "post" | "delete";

/** Signs URLs in process: no I/O, nothing asynchronous. */
export class Presigner {
  readonly #endpoints: Endpoints;
  readonly #signingKeys: SigningKeys;
  readonly #metrics: Metrics | undefined;
  #lastQuery: CommonQuery | undefined;
  #lastSecond = { startsAtMs: Number.NaN, date: "" };

  constructor({ endpoints, signingKeys = new SigningKeys(), metrics }: PresignerOptions) {
    this.#endpoints = endpoints;
    this.#signingKeys = signingKeys;
    this.#metrics = metrics;
  }

  /**
   * @returns the URL, byte for byte as the AWS SDK's presigner would have it
   * @throws {RangeError} for an expiry or a parameter that cannot be signed
   */
  presign(request: PresignRequest): string {
    assertExpiry(request.expiresInSeconds);
    const { endpoint, signingKey, date } = this.context(
      request.address,
      request.credentials,
      request.signedAt,
    );
    const path = `${endpoint.basePath}/${uriEncodePath(request.address.key)}`;
    const headers = headersOf(endpoint, request);

    // Parameters stand in the order of their names, and X-Amz-Signature would stand between these two.
    const query = this.#commonQuery(signingKey, date, request.expiresInSeconds);
    const queryAfterSignature = `&X-Amz-SignedHeaders=${uriEncode(headers.signedHeaders)}${encodeQuery(request)}`;

    const toSign = stringToSign(
      date,
      signingKey.scope,
      canonicalRequest({ method: request.method, path, query: query + queryAfterSignature, headers }),
    );
    this.count(operationOf(request));
    return `${endpoint.origin}${path}?${query}&X-Amz-Signature=${signature(signingKey.key, toSign)}${queryAfterSignature}`;
  }

  context(bucket: BucketAddress, credentials: TemporaryCredentials, signedAt: Date): SigningContext {
    const endpoint = this.#endpoints.resolve(bucket.region, bucket.bucket);
    const date = this.#dateOf(signedAt);
    const signingKey = this.#signingKeys.get(credentials, date.slice(0, 8), endpoint.signingRegion);
    return { endpoint, signingKey, date };
  }

  /** Of a batch's URLs, and of those that one caller gets in one second, it is the same. */
  #commonQuery(signingKey: SigningKey, date: string, expiresInSeconds: number): string {
    const last = this.#lastQuery;
    if (last?.signingKey === signingKey && last.date === date && last.expiresInSeconds === expiresInSeconds) {
      return last.query;
    }
    const query =
      `X-Amz-Algorithm=${algorithm}&X-Amz-Content-Sha256=${unsignedPayload}` +
      `&X-Amz-Credential=${signingKey.encodedCredential}&X-Amz-Date=${date}` +
      `&X-Amz-Expires=${expiresInSeconds}&X-Amz-Security-Token=${signingKey.encodedSessionToken}`;
    this.#lastQuery = { signingKey, date, expiresInSeconds, query };
    return query;
  }

  /** A busy server signs many URLs in the same second. */
  #dateOf(signedAt: Date): string {
    const startsAtMs = Math.floor(signedAt.getTime() / 1000) * 1000;
    if (this.#lastSecond.startsAtMs !== startsAtMs)
      this.#lastSecond = { startsAtMs, date: amzDate(signedAt) };
    return this.#lastSecond.date;
  }

  count(operation: PresignedOperation): void {
    this.#metrics?.presignedUrls.inc({ operation });
  }
}

function headersOf(endpoint: BucketEndpoint, { headers }: PresignRequest): CanonicalHeaders {
  if (headers === undefined) return { canonical: `host:${endpoint.host}\n`, signedHeaders: "host" };
  return canonicalHeaders(endpoint.host, headers);
}

function encodeQuery({ address, query }: PresignRequest): string {
  if (query === undefined && address.versionId === undefined) return "";
  const values: Readonly<Record<string, string>> =
    address.versionId === undefined ? { ...query } : { ...query, versionId: address.versionId };
  let encoded = "";
  for (const name of Object.keys(values).sort()) {
    if (!/^[a-z]/.test(name)) throw new RangeError("A parameter's name starts with a lower-case letter.");
    encoded += `&${uriEncode(name)}=${uriEncode(values[name] ?? "")}`;
  }
  return encoded;
}

function operationOf({ method, query }: PresignRequest): PresignedOperation {
  if (query?.partNumber !== undefined) return "part";
  switch (method) {
    case "GET":
      return "get";
    case "HEAD":
      return "head";
    case "PUT":
      return "put";
    case "POST":
      return "post";
    case "DELETE":
      return "delete";
  }
}
