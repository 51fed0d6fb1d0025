import { timingSafeEqual } from "node:crypto";
import { toIsoSeconds } from "../core/amz-date.ts";
import { StoreError } from "../core/store-error.ts";
import { signingContext } from "../iam/condition-context.ts";
import { type ConditionContext } from "../iam/condition-keys.ts";
import type { Identity } from "../iam/identity.ts";
import type { AccessKeys } from "./access-keys.ts";
import {
  canonicalRequest,
  parseQuery,
  type QueryParameter,
  scopeText,
  sha256Hex,
  signatureHex,
  signingKey,
  stringToSign,
} from "./canonical-request.ts";
import { type Service } from "./credential.ts";
import { type PayloadCheck, parsePayloadCheck } from "./payload-check.ts";
import { parseSignatureParameters, type SignatureParameters } from "./signature-parameters.ts";
import { toStsError } from "./sts-signature-errors.ts";
import type { WireRequest } from "./wire-request.ts";

export type { PayloadCheck } from "./payload-check.ts";

/** A request whose signature is valid. Its body still has to be checked, in the way that `payload` says. */
export interface VerifiedRequest {
  readonly identity: Identity;
  /** The region it was signed for, which may not be the bucket's. */
  readonly region: string;
  readonly presigned: boolean;
  /** The condition keys of its signature, time and transport. */
  readonly context: ConditionContext;
  readonly payload: PayloadCheck;
  /** The start of the chain of signatures that the chunks of a body have. */
  readonly signing: ChunkSigning;
}

export interface ChunkSigning {
  readonly signingKey: Buffer;
  /** YYYYMMDDTHHMMSSZ */
  readonly timestamp: string;
  readonly scope: string;
  /** The signature of the request itself, in hex. */
  readonly seedSignature: string;
}

/**
 * Verifies Signature Version 4, in the Authorization header or the query.
 * @param bodySha256 for `sts`, where the signature always covers the body: its SHA-256 in hex. Default: that of an empty body
 * @throws {StoreError} the error that S3 or STS would respond with
 */
export function verifySignature(
  request: WireRequest,
  keys: AccessKeys,
  now: Date,
  service: Service,
  bodySha256: string = sha256Hex(""),
): VerifiedRequest {
  if (service === "s3") return verify(request, keys, now, service, bodySha256);
  try {
    return verify(request, keys, now, service, bodySha256);
  } catch (error) {
    throw error instanceof StoreError ? toStsError(error) : error;
  }
}

function verify(
  request: WireRequest,
  keys: AccessKeys,
  now: Date,
  service: Service,
  bodySha256: string,
): VerifiedRequest {
  const query = parseQuery(request.query);
  const parameters = parseSignatureParameters(request, query, service);
  if (parameters === undefined) {
    if (service === "s3") throw new StoreError(403, "AccessDenied", "Access Denied");
    throw new StoreError(403, "MissingAuthenticationToken", "Request is missing Authentication Token");
  }
  const presigned = parameters.expiresInSeconds !== undefined;
  assertSignedInTime(parameters, now);
  const { identity, secretAccessKey } = keys.lookup(parameters.accessKeyId, parameters.sessionToken, now);
  assertHeadersSigned(request, parameters.signedHeaders);

  const payloadHash = service === "s3" ? payloadHashOf(request, query, presigned) : bodySha256;
  const payload = parsePayloadCheck(payloadHash);
  const canonical = canonicalRequest(
    request,
    query.filter(([name]) => !presigned || name !== "X-Amz-Signature"),
    parameters.signedHeaders,
    payloadHash,
  );
  const toSign = stringToSign(parameters.timestamp, parameters.scope, canonical);
  const key = signingKey(secretAccessKey, parameters.scope);
  if (!sameSignature(signatureHex(key, toSign), parameters.signature)) {
    throw signatureMismatch(parameters, toSign, canonical);
  }
  const { region } = parameters.scope;
  return {
    identity,
    region,
    presigned,
    context: signingContext({
      now,
      signedAt: parameters.signedAt,
      region,
      authType: presigned ? "REST-QUERY-STRING" : "REST-HEADER",
      headers: request.headers,
    }),
    payload,
    signing: {
      signingKey: key,
      timestamp: parameters.timestamp,
      scope: scopeText(parameters.scope),
      seedSignature: parameters.signature,
    },
  };
}

const maxSkewMilliseconds = 15 * 60 * 1000;

function assertSignedInTime({ signedAt, timestamp, expiresInSeconds }: SignatureParameters, now: Date): void {
  const ahead = signedAt.getTime() - now.getTime();
  if (expiresInSeconds === undefined) {
    if (Math.abs(ahead) <= maxSkewMilliseconds) return;
    throw new StoreError(
      403,
      "RequestTimeTooSkewed",
      "The difference between the request time and the current time is too large.",
      {
        details: {
          RequestTime: timestamp,
          ServerTime: toIsoSeconds(now),
          MaxAllowedSkewMilliseconds: String(maxSkewMilliseconds),
        },
      },
    );
  }
  const expiresAt = new Date(signedAt.getTime() + expiresInSeconds * 1000);
  const times = { Expires: toIsoSeconds(expiresAt), ServerTime: toIsoSeconds(now) };
  if (ahead > maxSkewMilliseconds) {
    throw new StoreError(403, "AccessDenied", "Request is not yet valid", {
      details: { "X-Amz-Date": String(signedAt.getTime()), ...times },
    });
  }
  if (now > expiresAt) {
    throw new StoreError(403, "AccessDenied", "Request has expired", {
      details: { "X-Amz-Expires": String(expiresInSeconds), ...times },
    });
  }
}

/** x-amz-content-sha256 need not be a signed header, because its value is the last line of the canonical request. */
function assertHeadersSigned(request: WireRequest, signedHeaders: readonly string[]): void {
  const unsigned = Object.keys(request.headers).filter(
    (name) => name.startsWith("x-amz-") && name !== "x-amz-content-sha256" && !signedHeaders.includes(name),
  );
  if (!signedHeaders.includes("host")) unsigned.unshift("host");
  if (unsigned.length === 0) return;
  throw new StoreError(
    403,
    "AccessDenied",
    "There were headers present in the request which were not signed",
    { details: { HeadersNotSigned: unsigned.join(", ") } },
  );
}

function payloadHashOf(request: WireRequest, query: readonly QueryParameter[], presigned: boolean): string {
  const header = request.headers["x-amz-content-sha256"];
  if (presigned) {
    const parameter = query.find(([name]) => name === "X-Amz-Content-Sha256");
    return parameter?.[1] ?? header ?? "UNSIGNED-PAYLOAD";
  }
  if (header !== undefined) return header;
  throw new StoreError(
    400,
    "InvalidRequest",
    "Missing required header for this request: x-amz-content-sha256",
  );
}

/** Compares in constant time. */
export function sameSignature(expected: string, provided: string): boolean {
  const [left, right] = [Buffer.from(expected), Buffer.from(provided)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function signatureMismatch(parameters: SignatureParameters, toSign: string, canonical: string): StoreError {
  return new StoreError(
    403,
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    {
      details: {
        AWSAccessKeyId: parameters.accessKeyId,
        StringToSign: toSign,
        SignatureProvided: parameters.signature,
        StringToSignBytes: hexBytes(toSign),
        CanonicalRequest: canonical,
        CanonicalRequestBytes: hexBytes(canonical),
      },
    },
  );
}

function hexBytes(text: string): string {
  return (Buffer.from(text, "latin1").toString("hex").match(/../g) ?? []).join(" ");
}
