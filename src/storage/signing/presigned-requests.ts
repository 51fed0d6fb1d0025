import type { RoleSession } from "../../access/role-session.ts";
import type { ObjectAddress } from "../../core/object-address.ts";
import {
  contentDisposition,
  type Disposition,
  parseContentTypeOverride,
} from "../headers/content-disposition.ts";
import type { Presigner } from "./presigner.ts";
import { lifetimeOf } from "./signature-lifetime.ts";

/** What every presigned request is made of. */
export interface SigningDemand {
  readonly address: ObjectAddress;
  readonly session: RoleSession;
  /** Now, on S3's clock. */
  readonly signedAt: Date;
  /** An integer from 1 to 604,800; cut down to what the session has left. */
  readonly expiresInSeconds: number;
}

export interface NameValue {
  readonly name: string;
  readonly value: string;
}

export interface PresignedUrl {
  readonly url: string;
  /** S3 refuses the request from here on. */
  readonly expiresAt: Date;
}

export interface PresignedUpload extends PresignedUrl {
  /** What the client sends, exactly. Content-Length and Host are signed too, but every HTTP client sets those itself. */
  readonly headers: readonly NameValue[];
}

/** What S3 is to say of a download instead of what it has stored. */
export interface DownloadWishes {
  readonly disposition?: Disposition | undefined;
  /** What a browser saves the file as. */
  readonly filename?: string | undefined;
  readonly contentType?: string | undefined;
}

/** The same as parameters of a GetObject. */
export type ResponseOverrides = Readonly<Record<string, string>> | undefined;

/**
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_RequestSyntax
 * @throws {ValetKeyError} BAD_USER_INPUT for a filename or content type that cannot be
 */
export function responseOverrides({ disposition, filename, contentType }: DownloadWishes): ResponseOverrides {
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

export interface DownloadDemand extends SigningDemand {
  readonly overrides?: ResponseOverrides;
}

/** @throws {ValetKeyError} CREDENTIALS_UNAVAILABLE when the session is as good as over */
export function presignDownload(presigner: Presigner, demand: DownloadDemand): PresignedUrl {
  const { address, session, signedAt, overrides } = demand;
  const { expiresInSeconds, expiresAt } = lifetimeOf(demand);
  const { credentials } = session;
  const query = overrides;
  const url = presigner.presign({ method: "GET", address, credentials, signedAt, expiresInSeconds, query });
  return { url, expiresAt };
}

export interface PutDemand extends SigningDemand {
  /** By lower-case name, as `uploadHeaders` makes them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly sizeBytes: number;
}

/** @throws {ValetKeyError} CREDENTIALS_UNAVAILABLE when the session is as good as over */
export function presignPut(presigner: Presigner, demand: PutDemand): PresignedUpload {
  return presignBody(presigner, demand, undefined);
}

export interface PartDemand extends SigningDemand {
  readonly uploadId: string;
  readonly partNumber: number;
  readonly sizeBytes: number;
  /** By lower-case name, such as a checksum of the part. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** @throws {ValetKeyError} CREDENTIALS_UNAVAILABLE when the session is as good as over */
export function presignPart(presigner: Presigner, demand: PartDemand): PresignedUpload {
  const { uploadId, partNumber, headers = {} } = demand;
  return presignBody(presigner, { ...demand, headers }, { partNumber: String(partNumber), uploadId });
}

function presignBody(
  presigner: Presigner,
  demand: PutDemand,
  query: Readonly<Record<string, string>> | undefined,
): PresignedUpload {
  const { address, session, signedAt, headers, sizeBytes } = demand;
  const { expiresInSeconds, expiresAt } = lifetimeOf(demand);
  const url = presigner.presign({
    method: "PUT",
    address,
    credentials: session.credentials,
    signedAt,
    expiresInSeconds,
    query,
    headers: { ...headers, "content-length": String(sizeBytes) },
  });
  return { url, headers: Object.entries(headers).map(([name, value]) => ({ name, value })), expiresAt };
}
