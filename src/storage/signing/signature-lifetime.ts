import type { RoleSession } from "../../access/role-session.ts";
import { ValetKeyError } from "../../core/errors.ts";

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html: seven days at most.
export const maxExpiresInSeconds = 604_800;

/** @throws {RangeError} unless it is an integer from 1 to 604,800 */
export function assertExpiry(expiresInSeconds: number): void {
  if (!Number.isInteger(expiresInSeconds) || expiresInSeconds < 1 || expiresInSeconds > maxExpiresInSeconds) {
    throw new RangeError(`expiresInSeconds is an integer from 1 to ${maxExpiresInSeconds}.`);
  }
}

export interface SignatureLifetime {
  readonly expiresInSeconds: number;
  readonly expiresAt: Date;
}

/**
 * Returns how long a signature is valid: the requested time, but not longer than the credentials, because S3 refuses
 * signatures of expired credentials.
 * @throws {RangeError} unless expiresInSeconds is an integer from 1 to 604,800
 * @throws {ValetKeyError} CREDENTIALS_UNAVAILABLE when the session has less than a second left
 */
export function lifetimeOf(request: {
  readonly session: RoleSession;
  readonly signedAt: Date;
  readonly expiresInSeconds: number;
}): SignatureLifetime {
  assertExpiry(request.expiresInSeconds);
  // The time in a signature is cut to whole seconds, so the lifetime starts at the last full second.
  const signedAtSeconds = Math.floor(request.signedAt.getTime() / 1000);
  const sessionSeconds = Math.floor(request.session.expiresAt.getTime() / 1000) - signedAtSeconds;
  if (!(sessionSeconds >= 1)) {
    throw new ValetKeyError("CREDENTIALS_UNAVAILABLE", "The credentials expired before they could be used.");
  }
  const expiresInSeconds = Math.min(request.expiresInSeconds, sessionSeconds);
  return { expiresInSeconds, expiresAt: new Date((signedAtSeconds + expiresInSeconds) * 1000) };
}
