import { ValetKeyError } from "../core/errors.ts";
import type { BucketName, ObjectKey } from "../core/object-address.ts";
import { quoted } from "../core/quoted.ts";
import type { Action, CallerGrants, Grant } from "./grants.ts";

/** The part of an address that grants are about. They ignore the region and the version. */
export interface GrantedObject {
  readonly bucket: BucketName;
  readonly key: ObjectKey;
}

/** The properties of a file that grants can limit. */
export interface FileFacts {
  /** Undefined for a stream. The calling code then has to enforce the `maxUploadBytes` that is returned. */
  readonly sizeBytes?: number | undefined;
  readonly contentType?: string | undefined;
}

/** The limits of the grants that allow a request. Infinity means that there is no limit. */
export interface GrantedLimits {
  readonly maxExpiresSeconds: number;
  readonly maxUploadBytes: number;
}

/**
 * Each of these functions throws unless one single grant allows the whole request. Two grants are never combined:
 * "images up to 1 GiB" and "anything up to 1 MiB" do not allow a PDF of 1 GiB. Instead of FORBIDDEN, a caller without a
 * token gets UNAUTHENTICATED if a token could give them a grant.
 */

/** @throws {ValetKeyError} FORBIDDEN */
export function authorizeDownload(grants: CallerGrants, object: GrantedObject): GrantedLimits {
  return limitsOf(grantsOn(grants, "DOWNLOAD", object.bucket, object.key));
}

/** The same without an error. */
export function allowsDownload(grants: readonly Grant[], object: GrantedObject): boolean {
  return grants.some((grant) => allows(grant, "DOWNLOAD", object.bucket, object.key));
}

/** @throws {ValetKeyError} FORBIDDEN; CONTENT_TYPE_NOT_ALLOWED (contentType); UPLOAD_TOO_LARGE (size) */
export function authorizeUpload(
  grants: CallerGrants,
  object: GrantedObject,
  { contentType, sizeBytes }: FileFacts = {},
): GrantedLimits {
  const onObject = grantsOn(grants, "UPLOAD", object.bucket, object.key);
  const ofType = narrowByContentType(onObject, contentType);
  return limitsOf(narrowBySize(ofType, sizeBytes));
}

/**
 * For uploads in progress. `prefix` is one key, or the prefix of several.
 * @throws {ValetKeyError} FORBIDDEN
 */
export function authorizeUploadsBelow(
  grants: CallerGrants,
  uploads: { readonly bucket: BucketName; readonly prefix: string },
): void {
  grantsOn(grants, "UPLOAD", uploads.bucket, uploads.prefix);
}

/**
 * The prefix of the listing must lie inside the prefix of a grant. A wider one is refused, not narrowed.
 * @throws {ValetKeyError} FORBIDDEN
 */
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

/** Whether a grant for uploads to this key limits the content type. */
export function limitsContentType(grants: readonly Grant[], object: GrantedObject): boolean {
  return grants.some(
    (grant) => allows(grant, "UPLOAD", object.bucket, object.key) && grant.contentTypes !== undefined,
  );
}

/**
 * Whether an upload of this size is allowed whatever content type it has, among the types that the caller's grants on
 * this key allow. Otherwise two grants could be combined for an upload whose content type is unknown.
 */
export function allowsSizeForEveryType(
  grants: readonly Grant[],
  object: GrantedObject,
  sizeBytes: number,
): boolean {
  const onObject = grants.filter((grant) => allows(grant, "UPLOAD", object.bucket, object.key));
  const largeEnough = onObject.filter(({ maxUploadBytes = Infinity }) => sizeBytes <= maxUploadBytes);
  if (largeEnough.some(({ contentTypes }) => contentTypes === undefined)) return true;
  const typesOfLargeEnough = new Set(largeEnough.flatMap(({ contentTypes = [] }) => contentTypes));
  return onObject.every(({ contentTypes }) => contentTypes?.every((type) => typesOfLargeEnough.has(type)));
}

function allows(grant: Grant, action: Action, bucket: BucketName, path: string): boolean {
  return grant.bucket === bucket && grant.actions.includes(action) && path.startsWith(grant.prefix);
}

/**
 * The grants that allow the action for one key, or for everything below one prefix.
 * @throws {ValetKeyError} FORBIDDEN or UNAUTHENTICATED if there are none
 */
export function grantsOn(
  grants: CallerGrants,
  action: Action,
  bucket: BucketName,
  path: string,
): readonly Grant[] {
  const found = grants.filter((grant) => allows(grant, action, bucket, path));
  if (found.length > 0) return found;
  const what = `${action} of ${quoted(path)} in the bucket ${quoted(bucket)}`;
  if (grants.withToken?.some((rule) => rule.bucket === bucket && rule.actions.includes(action))) {
    throw new ValetKeyError("UNAUTHENTICATED", `${what} needs a token: send an Authorization header.`);
  }
  throw new ValetKeyError("FORBIDDEN", `No grant allows ${what}.${bucketHint(grants, bucket)}`);
}

const maxBucketsInHint = 5;

/** Helps with a mistyped bucket. It reveals nothing, because `viewer` also lists the buckets of the caller's grants. */
function bucketHint(grants: CallerGrants, bucket: BucketName): string {
  const granted = [...new Set(grants.map((grant) => grant.bucket))];
  if (granted.length === 0 || granted.includes(bucket)) return "";
  const names = granted.slice(0, maxBucketsInHint).map(quoted).join(", ");
  const more = granted.length > maxBucketsInHint ? " and others" : "";
  return ` Your grants are for ${granted.length === 1 ? "the bucket" : "the buckets"} ${names}${more}.`;
}

function narrowByContentType(grants: readonly Grant[], contentType: string | undefined): readonly Grant[] {
  const found = grants.filter(
    ({ contentTypes }) =>
      contentTypes === undefined ||
      (contentType !== undefined && contentTypes.some((pattern) => matchesType(pattern, contentType))),
  );
  if (found.length > 0) return found;
  const allowed = [...new Set(grants.flatMap((grant) => grant.contentTypes ?? []))].join(", ");
  const fault =
    contentType === undefined
      ? "A content type is needed"
      : `The content type ${quoted(contentType)} is not allowed`;
  const message = `${fault} for this key. Allowed: ${allowed}.`;
  throw new ValetKeyError("CONTENT_TYPE_NOT_ALLOWED", message, { field: "contentType" });
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
  throw new ValetKeyError("UPLOAD_TOO_LARGE", `At most ${limit} bytes are allowed here.`, {
    field: "size",
  });
}

function limitsOf(grants: readonly Grant[]): GrantedLimits {
  return {
    maxExpiresSeconds: largest(grants, "maxExpiresSeconds"),
    maxUploadBytes: largest(grants, "maxUploadBytes"),
  };
}

function largest(grants: readonly Grant[], limit: "maxUploadBytes" | "maxExpiresSeconds"): number {
  let largest = -Infinity;
  for (const grant of grants) largest = Math.max(largest, grant[limit] ?? Infinity);
  return largest;
}
