import { badUserInput, ValetKeyError } from "../core/errors.ts";
import type { BucketName, ObjectKey } from "../core/object-address.ts";
import type { Action, CallerGrants, Grant } from "./grants.ts";

/** An object as far as grants are concerned: neither region nor version matters. */
export interface GrantedObject {
  readonly bucket: BucketName;
  readonly key: ObjectKey;
}

export interface UploadDemands {
  /** Undefined: not known yet, as for a stream; `uploadLimitBytes` says where to cut it. */
  readonly sizeBytes?: number | undefined;
  readonly contentType?: string | undefined;
  /** The arguments that errors point at. Default: those of requestUpload. */
  readonly fields?: UploadFields | undefined;
}

/** Undefined: there is no such argument. */
export interface UploadFields {
  readonly size: string | undefined;
  readonly contentType: string | undefined;
}

/** How long what is signed for a client is to be good for. */
export interface WantedLifetime {
  readonly seconds: number;
  /** Nobody named that number: where no more are allowed, fewer will do. */
  readonly orFewer: boolean;
  /** What the caller's role session can outlive, whatever the grants say. */
  readonly longestSeconds: number;
}

const requestUploadFields: UploadFields = { size: "size", contentType: "input.contentType" };

/**
 * Each of these functions lets a request pass if one single grant allows all of it, and throws otherwise:
 * two grants do not add up, so "images up to 1 GiB" and "anything up to 1 MiB" never make a PDF of 1 GiB.
 * What each says is FORBIDDEN is UNAUTHENTICATED to a caller without a token if some token could bring a grant.
 */

/** @throws {ValetKeyError} FORBIDDEN */
export function authorizeDownload(grants: CallerGrants, object: GrantedObject): void {
  grantsOn(grants, "DOWNLOAD", object.bucket, object.key);
}

/**
 * @param stableForSeconds what a URL that is kept the same may live longer for that
 * @returns for how many seconds
 * @throws {ValetKeyError} FORBIDDEN; BAD_USER_INPUT (expiresIn, stableFor), which says the maximum
 */
export function authorizeSignedDownload(
  grants: CallerGrants,
  object: GrantedObject,
  lifetime: WantedLifetime,
  stableForSeconds = 0,
): number {
  const onObject = grantsOn(grants, "DOWNLOAD", object.bucket, object.key);
  const { limit, seconds } = withinLimit(onObject, lifetime);
  if (seconds + stableForSeconds > limit) {
    throw badUserInput(
      "stableFor",
      `At most ${limit - seconds} seconds: expiresIn and stableFor together may be ${limit} here.`,
    );
  }
  return seconds;
}

/** @throws {ValetKeyError} FORBIDDEN; CONTENT_TYPE_NOT_ALLOWED; UPLOAD_TOO_LARGE */
export function authorizeUpload(
  grants: CallerGrants,
  object: GrantedObject,
  demands: UploadDemands = {},
): void {
  grantsOfUpload(grants, object, demands);
}

/**
 * @returns for how many seconds
 * @throws {ValetKeyError} as authorizeUpload does; BAD_USER_INPUT (expiresIn), which says the maximum
 */
export function authorizeSignedUpload(
  grants: CallerGrants,
  object: GrantedObject,
  demands: UploadDemands,
  lifetime: WantedLifetime,
): number {
  return withinLimit(grantsOfUpload(grants, object, demands), lifetime).seconds;
}

function grantsOfUpload(
  grants: CallerGrants,
  object: GrantedObject,
  { contentType, sizeBytes, fields = requestUploadFields }: UploadDemands,
): readonly Grant[] {
  const onObject = grantsOn(grants, "UPLOAD", object.bucket, object.key);
  const ofType = narrowByContentType(onObject, contentType, fields.contentType);
  return narrowBySize(ofType, sizeBytes, fields.size);
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

/**
 * The most bytes that the caller's grants let a file of this type have. Infinity: no grant sets a limit.
 * @throws {ValetKeyError} FORBIDDEN; CONTENT_TYPE_NOT_ALLOWED (input.contentType)
 */
export function uploadLimitBytes(
  grants: CallerGrants,
  object: GrantedObject,
  contentType: string | undefined,
): number {
  const onObject = grantsOn(grants, "UPLOAD", object.bucket, object.key);
  return largest(
    narrowByContentType(onObject, contentType, requestUploadFields.contentType),
    "maxUploadBytes",
  );
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

function narrowByContentType(
  grants: readonly Grant[],
  contentType: string | undefined,
  field: string | undefined,
): readonly Grant[] {
  const found = grants.filter(
    ({ contentTypes }) =>
      contentTypes === undefined ||
      (contentType !== undefined && contentTypes.some((pattern) => matchesType(pattern, contentType))),
  );
  if (found.length > 0) return found;
  const allowed = [...new Set(grants.flatMap((grant) => grant.contentTypes ?? []))].join(", ");
  const message = contentType === undefined ? "A content type is needed here" : "Not allowed here";
  throw new ValetKeyError("CONTENT_TYPE_NOT_ALLOWED", `${message}; allowed: ${allowed}.`, { field });
}

/** Compares types and subtypes without regard to case or parameters (RFC 9110, section 8.3.1). */
function matchesType(pattern: string, contentType: string): boolean {
  const [type, subtype, ...more] = (contentType.split(";", 1)[0] ?? "").trim().toLowerCase().split("/");
  const [wantedType, wantedSubtype] = pattern.toLowerCase().split("/");
  if (!type || !subtype || more.length > 0) return false;
  return (wantedType === "*" || wantedType === type) && (wantedSubtype === "*" || wantedSubtype === subtype);
}

function narrowBySize(
  grants: readonly Grant[],
  sizeBytes: number | undefined,
  field: string | undefined,
): readonly Grant[] {
  if (sizeBytes === undefined) return grants;
  const found = grants.filter(({ maxUploadBytes = Infinity }) => sizeBytes <= maxUploadBytes);
  if (found.length > 0) return found;
  const limit = largest(grants, "maxUploadBytes");
  throw new ValetKeyError("UPLOAD_TOO_LARGE", `At most ${limit} bytes are allowed here.`, { field });
}

function withinLimit(
  grants: readonly Grant[],
  { seconds, orFewer, longestSeconds }: WantedLifetime,
): { limit: number; seconds: number } {
  const limit = Math.min(largest(grants, "maxExpiresSeconds"), longestSeconds);
  const granted = orFewer ? Math.max(1, Math.min(seconds, limit)) : seconds;
  if (granted > limit) throw badUserInput("expiresIn", `At most ${limit} seconds are allowed here.`);
  return { limit, seconds: granted };
}

function largest(grants: readonly Grant[], limit: "maxUploadBytes" | "maxExpiresSeconds"): number {
  return Math.max(...grants.map((grant) => grant[limit] ?? Infinity));
}
