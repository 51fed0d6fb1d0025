import { badUserInput, ValetKeyError } from "../errors.ts";
import type { BucketName, ObjectKey } from "../object-address.ts";
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
  /** Undefined: nothing is signed for the client. */
  readonly expiresInSeconds?: number | undefined;
  /** What the caller's role session can outlive, whatever the grants say. */
  readonly longestSeconds?: number | undefined;
  /** The arguments that errors point at. Default: those of requestUpload. */
  readonly fields?: UploadFields | undefined;
}

/** Undefined: there is no such argument. */
export interface UploadFields {
  readonly size: string | undefined;
  readonly contentType: string | undefined;
}

const requestUploadFields: UploadFields = { size: "size", contentType: "input.contentType" };

/**
 * Each of these functions lets a request pass if one single grant allows all of it, and throws otherwise:
 * two grants do not add up, so "images up to 1 GiB" and "anything up to 1 MiB" never make a PDF of 1 GiB.
 * What each says is FORBIDDEN is UNAUTHENTICATED to a caller without a token if some token could bring a grant.
 */

export interface DownloadDemands {
  /** Undefined: nothing is signed for the client. */
  readonly expiresInSeconds?: number | undefined;
  /** What a URL that is kept the same may live longer for that. */
  readonly stableForSeconds?: number | undefined;
  /** What the caller's role session can outlive, whatever the grants say. */
  readonly longestSeconds?: number | undefined;
}

/** @throws {ValetKeyError} FORBIDDEN; BAD_USER_INPUT (expiresIn, stableFor), which says the maximum */
export function authorizeDownload(
  grants: CallerGrants,
  object: GrantedObject,
  { expiresInSeconds, stableForSeconds = 0, longestSeconds }: DownloadDemands = {},
): void {
  const onObject = grantsOn(grants, "DOWNLOAD", object.bucket, object.key);
  if (expiresInSeconds === undefined) return;
  const limit = longestExpiry(onObject, longestSeconds);
  if (expiresInSeconds > limit) throw tooLong(limit);
  if (expiresInSeconds + stableForSeconds > limit) {
    throw badUserInput(
      "stableFor",
      `At most ${limit - expiresInSeconds} seconds: expiresIn and stableFor together may be ${limit} here.`,
    );
  }
}

/**
 * @throws {ValetKeyError} FORBIDDEN; CONTENT_TYPE_NOT_ALLOWED; UPLOAD_TOO_LARGE;
 * BAD_USER_INPUT (expiresIn), which says the maximum
 */
export function authorizeUpload(
  grants: CallerGrants,
  object: GrantedObject,
  demands: UploadDemands = {},
): void {
  const allowing = grantsOfUpload(grants, object, demands);
  narrowByExpiry(allowing, demands.expiresInSeconds, demands.longestSeconds);
}

/**
 * The longest that what is signed for an upload may be good for, in seconds.
 * @throws {ValetKeyError} as authorizeUpload does
 */
export function longestUploadSeconds(
  grants: CallerGrants,
  object: GrantedObject,
  demands: UploadDemands,
): number {
  return longestExpiry(grantsOfUpload(grants, object, demands), demands.longestSeconds);
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
  const message =
    contentType === undefined ? "A content type is required here" : "This content type is not allowed here";
  throw new ValetKeyError("CONTENT_TYPE_NOT_ALLOWED", `${message}: ${allowed}.`, { field });
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

function narrowByExpiry(
  grants: readonly Grant[],
  expiresInSeconds: number | undefined,
  longestSeconds: number | undefined,
): void {
  if (expiresInSeconds === undefined) return;
  const limit = longestExpiry(grants, longestSeconds);
  if (expiresInSeconds > limit) throw tooLong(limit);
}

function tooLong(limitSeconds: number): ValetKeyError {
  return badUserInput("expiresIn", `At most ${limitSeconds} seconds are allowed here.`);
}

function longestExpiry(grants: readonly Grant[], longestSeconds = Infinity): number {
  return Math.min(largest(grants, "maxExpiresSeconds"), longestSeconds);
}

function largest(grants: readonly Grant[], limit: "maxUploadBytes" | "maxExpiresSeconds"): number {
  return Math.max(...grants.map((grant) => grant[limit] ?? Infinity));
}
