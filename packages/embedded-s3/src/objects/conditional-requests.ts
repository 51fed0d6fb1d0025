import { notImplemented, StoreError } from "../core/store-error.ts";
import type { Validators } from "../store/object-version.ts";

export interface Preconditions {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
  readonly ifModifiedSince?: string | undefined;
  readonly ifUnmodifiedSince?: string | undefined;
}

/** @param headerPrefix "" or "x-amz-copy-source-" */
export function parsePreconditions(
  headers: Readonly<Record<string, string>>,
  headerPrefix: "" | "x-amz-copy-source-" = "",
): Preconditions {
  return {
    ifMatch: headers[`${headerPrefix}if-match`],
    ifNoneMatch: headers[`${headerPrefix}if-none-match`],
    ifModifiedSince: headers[`${headerPrefix}if-modified-since`],
    ifUnmodifiedSince: headers[`${headerPrefix}if-unmodified-since`],
  };
}

export function preconditionFailed(condition: string): StoreError {
  return new StoreError(
    412,
    "PreconditionFailed",
    "At least one of the pre-conditions you specified did not hold",
    { details: { Condition: condition } },
  );
}

/**
 * Evaluates the conditions in the order of https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2.
 * @returns "not-modified" if the response to a GET or HEAD is 304
 * @throws {StoreError} PreconditionFailed (412)
 */
export function evaluateReadConditions(
  conditions: Preconditions,
  validators: Validators,
  headerPrefix = "",
): "proceed" | "not-modified" {
  if (conditions.ifMatch !== undefined) {
    if (!matchesEtag(conditions.ifMatch, validators.etag))
      throw preconditionFailed(`${headerPrefix}If-Match`);
  } else if (conditions.ifUnmodifiedSince !== undefined) {
    if (isModifiedSince(conditions.ifUnmodifiedSince, validators) === true) {
      throw preconditionFailed(`${headerPrefix}If-Unmodified-Since`);
    }
  }
  if (conditions.ifNoneMatch !== undefined) {
    return matchesEtag(conditions.ifNoneMatch, validators.etag) ? "not-modified" : "proceed";
  }
  if (
    conditions.ifModifiedSince !== undefined &&
    isModifiedSince(conditions.ifModifiedSince, validators) === false
  ) {
    return "not-modified";
  }
  return "proceed";
}

const copySourcePrefix = "x-amz-copy-source-";

/** The conditions on the source of a copy, for which a 304 makes no sense. @throws {StoreError} PreconditionFailed */
export function assertCopySourceConditions(conditions: Preconditions, validators: Validators): void {
  if (evaluateReadConditions(conditions, validators, copySourcePrefix) === "not-modified") {
    throw preconditionFailed(`${copySourcePrefix}If-None-Match`);
  }
}

/**
 * If-Match and If-None-Match of a request that writes or deletes. `current` is undefined if the object does not exist.
 * S3 has no conditions on time for these requests.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 * @throws {StoreError} PreconditionFailed (412), NoSuchKey (404), NotImplemented (501)
 */
export function assertWriteConditions(conditions: Preconditions, current: Validators | undefined): void {
  if (conditions.ifModifiedSince !== undefined) throw notImplemented("If-Modified-Since");
  if (conditions.ifUnmodifiedSince !== undefined) throw notImplemented("If-Unmodified-Since");
  if (conditions.ifNoneMatch !== undefined) {
    if (conditions.ifNoneMatch.trim() !== "*") throw notImplemented("If-None-Match");
    if (current !== undefined) throw preconditionFailed("If-None-Match");
  }
  if (conditions.ifMatch !== undefined) {
    if (current === undefined) throw new StoreError(404, "NoSuchKey", "The specified key does not exist.");
    if (!matchesEtag(conditions.ifMatch, current.etag)) throw preconditionFailed("If-Match");
  }
}

function matchesEtag(header: string, etag: string): boolean {
  return header
    .split(",")
    .map((candidate) => candidate.trim().replace(/^W\//, "").replaceAll('"', ""))
    .some((candidate) => candidate === "*" || candidate === etag);
}

/** Undefined if the header is not a date: it is ignored then. HTTP dates have whole seconds. */
function isModifiedSince(header: string, { lastModified }: Validators): boolean | undefined {
  const since = Date.parse(header);
  if (Number.isNaN(since)) return undefined;
  return Math.floor(lastModified.getTime() / 1000) > Math.floor(since / 1000);
}
