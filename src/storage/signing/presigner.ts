import type { TemporaryCredentials } from "../../access/role-session.ts";
import type { Metrics } from "../../core/metrics.ts";
import type { NameAndValue } from "../../core/name-and-value.ts";
import type { BucketAddress, ObjectAddress } from "../../core/object-address.ts";
import { uriEncode, uriEncodePath } from "../../core/uri-encode.ts";
import { expectedOwnerHeader } from "../client/bucket-owner.ts";
import type { BucketEndpoint, Endpoints } from "../client/endpoints.ts";
import { unsignedPayload } from "../headers/content-sha256.ts";
import {
  algorithm,
  amzDate,
  type CanonicalHeaders,
  canonicalHeaders,
  canonicalRequest,
  signature,
  stringToSign,
} from "./signature.ts";
import { assertExpiry } from "./signature-lifetime.ts";
import { type SigningKey, SigningKeys } from "./signing-key.ts";

export interface PresignRequest {
  readonly method: "GET" | "HEAD" | "PUT" | "DELETE" | "POST";
  readonly address: ObjectAddress;
  readonly credentials: TemporaryCredentials;
  readonly signedAt: Date;
  /** An integer from 1 to 604,800. */
  readonly expiresInSeconds: number;
  /** The names start with a lower-case letter, as all of S3's own do: `partNumber`, `response-content-type`. */
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** Unique names in lower case, without host. All of them are signed, so the client has to send all of them. */
  readonly headers?: readonly NameAndValue[] | undefined;
}

export interface PresignerOptions {
  readonly endpoints: Endpoints;
  readonly signingKeys?: SigningKeys | undefined;
  readonly metrics?: Metrics | undefined;
}

/** The values that all signatures of one caller's requests to one bucket share within a second. */
export interface SigningContext {
  readonly endpoint: BucketEndpoint;
  readonly signingKey: SigningKey;
  /** `20130524T000000Z` */
  readonly date: string;
}

interface LastContext extends BucketAddress {
  readonly credentials: TemporaryCredentials;
  readonly second: number;
  readonly context: SigningContext;
}

interface LastQuery {
  readonly context: SigningContext;
  readonly expiresInSeconds: number;
  readonly query: string;
}

export type PresignedOperation = "get" | "head" | "put" | "part" | "post" | "delete";

/** Signs URLs synchronously, without I/O. */
export class Presigner {
  readonly #endpoints: Endpoints;
  readonly #signingKeys: SigningKeys;
  readonly #metrics: Metrics | undefined;
  #lastContext: LastContext | undefined;
  #lastQuery: LastQuery | undefined;

  constructor({ endpoints, signingKeys = new SigningKeys(), metrics }: PresignerOptions) {
    this.#endpoints = endpoints;
    this.#signingKeys = signingKeys;
    this.#metrics = metrics;
  }

  /**
   * @returns exactly the URL that the presigner of the AWS SDK returns
   * @throws {RangeError} for an expiry or a parameter that cannot be signed
   */
  presign(request: PresignRequest): string {
    assertExpiry(request.expiresInSeconds);
    const context = this.context(request.address, request.credentials, request.signedAt);
    const { endpoint, signingKey, date } = context;
    const path = `${endpoint.basePath}/${uriEncodePath(request.address.key)}`;
    const headers = headersOf(endpoint, request);

    // Parameters are sorted by name, and X-Amz-Signature comes between these two groups.
    const query = this.#commonQuery(context, request.expiresInSeconds);
    const queryAfterSignature = `&X-Amz-SignedHeaders=${uriEncode(headers.signedHeaders)}${encodeQuery(request, endpoint)}`;

    const toSign = stringToSign(
      date,
      signingKey.scope,
      canonicalRequest({ method: request.method, path, query: query + queryAfterSignature, headers }),
    );
    this.count(operationOf(request));
    return `${endpoint.origin}${path}?${query}&X-Amz-Signature=${signature(signingKey.key, toSign)}${queryAfterSignature}`;
  }

  /** Returns the previous context if it is still valid, because a batch needs the same one up to 1,000 times. */
  context(
    { region, bucket }: BucketAddress,
    credentials: TemporaryCredentials,
    signedAt: Date,
  ): SigningContext {
    const second = Math.floor(signedAt.getTime() / 1000);
    const last = this.#lastContext;
    if (
      last?.credentials === credentials &&
      last.second === second &&
      last.bucket === bucket &&
      last.region === region
    ) {
      return last.context;
    }
    const endpoint = this.#endpoints.resolve(region, bucket);
    const date = amzDate(signedAt);
    const signingKey = this.#signingKeys.get(credentials, date.slice(0, 8), endpoint.signingRegion);
    const context = { endpoint, signingKey, date };
    this.#lastContext = { region, bucket, credentials, second, context };
    return context;
  }

  #commonQuery(context: SigningContext, expiresInSeconds: number): string {
    const last = this.#lastQuery;
    if (last?.context === context && last.expiresInSeconds === expiresInSeconds) return last.query;
    const { signingKey, date } = context;
    const query =
      `X-Amz-Algorithm=${algorithm}&X-Amz-Content-Sha256=${unsignedPayload}` +
      `&X-Amz-Credential=${signingKey.encodedCredential}&X-Amz-Date=${date}` +
      `&X-Amz-Expires=${expiresInSeconds}&X-Amz-Security-Token=${signingKey.encodedSessionToken}`;
    this.#lastQuery = { context, expiresInSeconds, query };
    return query;
  }

  count(operation: PresignedOperation): void {
    this.#metrics?.presignedUrls.increment(operation);
  }
}

function headersOf(endpoint: BucketEndpoint, { headers }: PresignRequest): CanonicalHeaders {
  if (headers === undefined) return { canonical: `host:${endpoint.host}\n`, signedHeaders: "host" };
  return canonicalHeaders(endpoint.host, headers);
}

function encodeQuery({ address, query }: PresignRequest, { owner }: BucketEndpoint): string {
  if (query === undefined && address.versionId === undefined && owner === undefined) return "";
  const values: Record<string, string> = { ...query };
  if (address.versionId !== undefined) values.versionId = address.versionId;
  // S3 enforces it in a query only if the name is in lower case.
  if (owner !== undefined) values[expectedOwnerHeader] = owner;
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
