import type { RoleSession } from "../../access/role-session.ts";
import type { NameAndValue } from "../../core/name-and-value.ts";
import type { ObjectAddress } from "../../core/object-address.ts";
import {
  contentDisposition,
  type Disposition,
  parseContentTypeOverride,
} from "../headers/content-disposition.ts";
import type { Presigner } from "./presigner.ts";
import { lifetimeOf } from "./signature-lifetime.ts";

/** What every presigned request needs. */
export interface SigningRequest {
  readonly address: ObjectAddress;
  readonly session: RoleSession;
  /** The current time, according to S3's clock. */
  readonly signedAt: Date;
  /** An integer from 1 to 604,800. It is reduced to the remaining lifetime of the session. */
  readonly expiresInSeconds: number;
}

export interface PresignedUrl {
  readonly url: string;
  /** The time from which S3 refuses the request. */
  readonly expiresAt: Date;
}

export interface PresignedUpload extends PresignedUrl {
  /**
   * The headers that the client has to send exactly as they are. Content-Length and Host are signed too, but every HTTP
   * client sets those itself.
   */
  readonly headers: readonly NameAndValue[];
}

/** The headers that S3 returns with a download instead of the stored ones. */
export interface DownloadHeaders {
  readonly disposition?: Disposition | undefined;
  /** The name under which a browser saves the file. */
  readonly filename?: string | undefined;
  readonly contentType?: string | undefined;
}

/** The same, as parameters of GetObject. */
export type ResponseOverrides = Readonly<Record<string, string>> | undefined;

/**
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_RequestSyntax
 * @throws {ValetKeyError} BAD_USER_INPUT for a filename or a content type that is not allowed
 */
export function responseOverrides({
  disposition,
  filename,
  contentType,
}: DownloadHeaders): ResponseOverrides {
  const header = contentDisposition(disposition, filename);
  if (header === undefined && contentType === undefined) return undefined;
  const query: Record<string, string> = {};
  if (header !== undefined) query["response-content-disposition"] = header;
  if (contentType !== undefined) {
    const attached = disposition ?? (filename === undefined ? undefined : "ATTACHMENT");
    query["response-content-type"] = parseContentTypeOverride(contentType, attached);
  }
  return query;
}

export interface DownloadRequest extends SigningRequest {
  readonly overrides?: ResponseOverrides;
}

/** @throws {ValetKeyError} CREDENTIALS_UNAVAILABLE when the session has less than a second left */
export function presignDownload(presigner: Presigner, request: DownloadRequest): PresignedUrl {
  const { address, session, signedAt, overrides } = request;
  const { expiresInSeconds, expiresAt } = lifetimeOf(request);
  const { credentials } = session;
  const query = overrides;
  const url = presigner.presign({ method: "GET", address, credentials, signedAt, expiresInSeconds, query });
  return { url, expiresAt };
}

export interface PutRequest extends SigningRequest {
  readonly headers: readonly NameAndValue[];
  readonly sizeBytes: number;
}

/** @throws {ValetKeyError} CREDENTIALS_UNAVAILABLE when the session has less than a second left */
export function presignPut(presigner: Presigner, request: PutRequest): PresignedUpload {
  return presignBody(presigner, request, undefined);
}

export interface PartRequest extends SigningRequest {
  readonly uploadId: string;
  readonly partNumber: number;
  readonly sizeBytes: number;
  /** For example the checksum of the part. */
  readonly headers?: readonly NameAndValue[] | undefined;
}

/** @throws {ValetKeyError} CREDENTIALS_UNAVAILABLE when the session has less than a second left */
export function presignPart(presigner: Presigner, request: PartRequest): PresignedUpload {
  const { uploadId, partNumber, headers = [] } = request;
  return presignBody(presigner, { ...request, headers }, { partNumber: String(partNumber), uploadId });
}

function presignBody(
  presigner: Presigner,
  request: PutRequest,
  query: Readonly<Record<string, string>> | undefined,
): PresignedUpload {
  const { address, session, signedAt, headers, sizeBytes } = request;
  const { expiresInSeconds, expiresAt } = lifetimeOf(request);
  const url = presigner.presign({
    method: "PUT",
    address,
    credentials: session.credentials,
    signedAt,
    expiresInSeconds,
    query,
    headers: [...headers, { name: "content-length", value: String(sizeBytes) }],
  });
  return { url, headers, expiresAt };
}
