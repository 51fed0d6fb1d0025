import { ValetKeyError } from "../core/errors.ts";
import type { BucketName, ObjectKey } from "../core/object-address.ts";
import type { Action, CallerGrants, Grant } from "./grants.ts";

/** An object as far as grants are concerned: neither region nor version matters. */
export interface GrantedObject {
  readonly bucket: BucketName;
  readonly key: ObjectKey;
}

export interface UploadDemands {
  /** Undefined while it is not known, as for a stream, which `maxUploadBytes` of the result then limits. */
  readonly sizeBytes?: number | undefined;
  readonly contentType?: string | undefined;
}

/** What the grants that allow a request permit. Infinity where none of them sets a limit. */
export interface GrantedLimits {
  readonly maxExpiresSeconds: number;
  readonly maxUploadBytes: number;
}

/**
 * Each of these functions lets a request pass if one single grant allows all of it, and throws otherwise:
 * two grants do not add up, so "images up to 1 GiB" and "anything up to 1 MiB" never make a PDF of 1 GiB.
 * What each says is FORBIDDEN is UNAUTHENTICATED to a caller without a token if some token could bring a grant.
 */

/** @throws {ValetKeyError} FORBIDDEN */
export function authorizeDownload(grants: CallerGrants, object: GrantedObject): GrantedLimits {
  return limitsOf(grantsOn(grants, "DOWNLOAD", object.bucket, object.key));
}

/** @throws {ValetKeyError} FORBIDDEN; CONTENT_TYPE_NOT_ALLOWED (contentType); UPLOAD_TOO_LARGE (size) */
export function authorizeUpload(
  grants: CallerGrants,
  object: GrantedObject,
  { contentType, sizeBytes }: UploadDemands = {},
): GrantedLimits {
  const onObject = grantsOn(grants, "UPLOAD", object.bucket, object.key);
  const ofType = narrowByContentType(onObject, contentType);
  return limitsOf(narrowBySize(ofType, sizeBytes));
}

/**
 * For uploads in progress, of which nothing is signed: `prefix` is a key, or what the keys of several begin with.
 * @throws {ValetKeyError} FORBIDDEN
 */
export function authorizeUploadsBelow(
  grants: CallerGrants,
  uploads: { readonly bucket: BucketName; readonly prefix: string },
): void {
  grantsOn(grants, "UPLOAD", uploads.bucket, uploads.prefix);
}

/** The listing's prefix must lie inside the grant's: one that is wider is refused, not narrowed.
 * @throws {ValetKeyError} FORBIDDEN */
export function authorizeList(
  grants: CallerGrants,
  listing: { readonly bucket: BucketName; readonly prefix: string },
): void {
  grantsOn(grants, "LIST", listing.bucket, listing.prefix);
}

/** @throws {ValetKeyError} FORBIDDEN */
export function authorizeDelete(grants: CallerGrants, object: GrantedObject): void {
  grantsOn(grants, "DELETE", object.bucket, object.key);
}

/** Whether a grant to upload there looks at the content type. */
export function limitsContentType(grants: readonly Grant[], object: GrantedObject): boolean {
  return grants.some(
    (grant) => allows(grant, "UPLOAD", object.bucket, object.key) && grant.contentTypes !== undefined,
  );
}

function allows(grant: Grant, action: Action, bucket: BucketName, path: string): boolean {
  return grant.bucket === bucket && grant.actions.includes(action) && path.startsWith(grant.prefix);
}

function grantsOn(grants: CallerGrants, action: Action, bucket: BucketName, path: string): readonly Grant[] {
  const found = grants.filter((grant) => allows(grant, action, bucket, path));
  if (found.length > 0) return found;
  if (grants.withToken?.some((rule) => rule.bucket === bucket && rule.actions.includes(action))) {
    throw new ValetKeyError("UNAUTHENTICATED", `${action} takes a token here: send an Authorization header.`);
  }
  throw new ValetKeyError("FORBIDDEN", `No grant allows ${action} here.`);
}

function narrowByContentType(grants: readonly Grant[], contentType: string | undefined): readonly Grant[] {
  const found = grants.filter(
    ({ contentTypes }) =>
      contentTypes === undefined ||
      (contentType !== undefined && contentTypes.some((pattern) => matchesType(pattern, contentType))),
  );
  if (found.length > 0) return found;
  const allowed = [...new Set(grants.flatMap((grant) => grant.contentTypes ?? []))].join(", ");
  const message = contentType === undefined ? "A content type is needed here" : "Not allowed here";
  throw new ValetKeyError("CONTENT_TYPE_NOT_ALLOWED", `${message}; allowed: ${allowed}.`, {
    field: "contentType",
  });
}

/** Compares types and subtypes without regard to case or parameters (RFC 9110, section 8.3.1). */
function matchesType(pattern: string, contentType: string): boolean {
  const [type, subtype, ...more] = (contentType.split(";", 1)[0] ?? "").trim().toLowerCase().split("/");
  const [wantedType, wantedSubtype] = pattern.toLowerCase().split("/");
  if (!type || !subtype || more.length > 0) return false;
  return (wantedType === "*" || wantedType === type) && (wantedSubtype === "*" || wantedSubtype === subtype);
}

function narrowBySize(grants: readonly Grant[], sizeBytes: number | undefined): readonly Grant[] {
  if (sizeBytes === undefined) return grants;
  const found = grants.filter(({ maxUploadBytes = Infinity }) => sizeBytes <= maxUploadBytes);
  if (found.length > 0) return found;
  const limit = largest(grants, "maxUploadBytes");
  throw new ValetKeyError("UPLOAD_TOO_LARGE", `At most ${limit} bytes are allowed here.`, { field: "size" });
}

function limitsOf(grants: readonly Grant[]): GrantedLimits {
  return {
    maxExpiresSeconds: largest(grants, "maxExpiresSeconds"),
    maxUploadBytes: largest(grants, "maxUploadBytes"),
  };
}

function largest(grants: readonly Grant[], limit: "maxUploadBytes" | "maxExpiresSeconds"): number {
  return Math.max(...grants.map((grant) => grant[limit] ?? Infinity));
}
