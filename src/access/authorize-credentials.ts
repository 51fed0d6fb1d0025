import { badUserInput, ValetKeyError } from "../core/errors.ts";
import type { BucketName } from "../core/object-address.ts";
import { quoted } from "../core/quoted.ts";
import { grantsOn } from "./authorization.ts";
import type { CallerGrants, ObjectAction } from "./grants.ts";

/** What the holder of the credentials may do: these actions, for all keys of the bucket that start with the prefix. */
export interface CredentialsScope {
  readonly bucket: BucketName;
  readonly prefix: string;
  readonly actions: readonly ObjectAction[];
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (DurationSeconds) */
export const minCredentialsSeconds = 900;

/**
 * Each action needs one single grant that covers the whole prefix and also allows CREDENTIALS. A session policy cannot
 * enforce `maxUploadBytes` and `contentTypes`, so no grant may be used whose author did not accept that.
 * @returns the longest lifetime that these grants allow, or Infinity
 * @throws {ValetKeyError} FORBIDDEN or UNAUTHENTICATED
 */
export function authorizeCredentials(
  grants: CallerGrants,
  { bucket, prefix, actions }: CredentialsScope,
): number {
  const maxSecondsByAction = actions.map((action) => {
    const usable = grantsOn(grants, action, bucket, prefix).filter((grant) =>
      grant.actions.includes("CREDENTIALS"),
    );
    if (usable.length === 0) throw withoutCredentials(grants, action, bucket, prefix);
    return Math.max(...usable.map(({ maxExpiresSeconds = Infinity }) => maxExpiresSeconds));
  });
  return Math.min(...maxSecondsByAction);
}

function withoutCredentials(
  grants: CallerGrants,
  action: ObjectAction,
  bucket: BucketName,
  prefix: string,
): ValetKeyError {
  const what = `${action} of ${quoted(prefix)} in the bucket ${quoted(bucket)}`;
  const ofTokens = grants.withToken?.some(
    (rule) => rule.bucket === bucket && rule.actions.includes(action) && rule.actions.includes("CREDENTIALS"),
  );
  if (ofTokens) {
    return new ValetKeyError(
      "UNAUTHENTICATED",
      `Credentials for ${what} need a token: send an Authorization header.`,
    );
  }
  const message = `Your grants for ${what} do not allow CREDENTIALS. Use the other fields of this API instead.`;
  return new ValetKeyError("FORBIDDEN", message, { field: "actions" });
}

/**
 * @param grantedSeconds the maximum of the grants
 * @param sessionSeconds the maximum of the role
 * @throws {ValetKeyError} BAD_USER_INPUT (durationSeconds), with the allowed range; FORBIDDEN if no lifetime is allowed
 */
export function assertCredentialsDuration(
  seconds: number,
  grantedSeconds: number,
  sessionSeconds: number,
): void {
  const maxSeconds = Math.min(grantedSeconds, sessionSeconds);
  if (maxSeconds < minCredentialsSeconds) {
    throw new ValetKeyError(
      "FORBIDDEN",
      `Credentials live at least ${minCredentialsSeconds} seconds, and at most ${maxSeconds} are allowed here.`,
      { field: "durationSeconds" },
    );
  }
  if (seconds < minCredentialsSeconds || seconds > maxSeconds) {
    throw badUserInput(
      "durationSeconds",
      `Credentials live from ${minCredentialsSeconds} to ${maxSeconds} seconds here.`,
    );
  }
}
