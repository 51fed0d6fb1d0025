import { badUserInput } from "../core/errors.ts";

/** What a client asked for. `null` and `undefined` both mean that it did not ask. */
export interface LifetimeRequest {
  readonly expiresInSeconds: number | null | undefined;
  /** The length of the windows within which the URL does not change. */
  readonly stableForSeconds?: number | null | undefined;
  /** The lifetime if the client did not ask for one. Default: `defaultExpiresInSeconds`, or less with short sessions. */
  readonly defaultSeconds?: number | undefined;
}

export interface LifetimeLimits {
  /** The maximum of the caller's grants. Infinity if they set none. */
  readonly maxGrantedSeconds: number;
  /** The maximum that a new role session can outlive. */
  readonly maxSessionSeconds: number;
}

/** How long a URL lives, and which role session may sign it. */
export interface UrlLifetime {
  /** The lifetime to sign, `X-Amz-Expires`, counted from `asOf` or else from the moment of signing. */
  readonly signedSeconds: number;
  /** How long the role session has to live from now on, so that the URL does not expire early. */
  readonly sessionMustOutliveSeconds: number;
  /**
   * The time to sign with, and the time whose session is used. Calls with the same `asOf` get the same URL. Undefined:
   * sign now, with the current session.
   */
  readonly asOf: Date | undefined;
  /** Whether a session that expires earlier may be used, because the client did not ask for a lifetime. */
  readonly mayShorten: boolean;
}

/** Used when the client does not ask for a lifetime. */
export const defaultExpiresInSeconds = 2400;

/**
 * The default takes at most this share of what a session can outlive. If it took all of it, every request
 * would need a new session.
 */
const defaultShareOfSession = 0.7;

/**
 * Decides how long a presigned URL lives. A lifetime that the client asked for is allowed or refused, never
 * shortened. The default is shortened to what is allowed.
 *
 * `signature-lifetime.ts` shortens the signature once more if the session that was found expires earlier.
 *
 * @throws {ValetKeyError} BAD_USER_INPUT (expiresIn, stableFor), with the allowed maximum
 */
export function urlLifetime(request: LifetimeRequest, limits: LifetimeLimits, nowMs: number): UrlLifetime {
  const maxSeconds = Math.min(limits.maxGrantedSeconds, limits.maxSessionSeconds);
  const asked = request.expiresInSeconds ?? undefined;
  const expiresInSeconds =
    asked === undefined ? defaultSeconds(request, limits, maxSeconds) : allowedSeconds(asked, maxSeconds);
  const stableForSeconds = stableWindow(request.stableForSeconds ?? 0, expiresInSeconds, maxSeconds);

  // A URL of a stable window is signed as of the window's start and lives for one window longer. It therefore
  // lives for at least `expiresInSeconds` and ends at the same moment for every call of the window.
  const signedSeconds = expiresInSeconds + stableForSeconds;
  const elapsedMs = stableForSeconds === 0 ? 0 : nowMs % (stableForSeconds * 1000);
  return {
    signedSeconds,
    sessionMustOutliveSeconds: signedSeconds - elapsedMs / 1000,
    asOf: stableForSeconds === 0 ? undefined : new Date(nowMs - elapsedMs),
    mayShorten: asked === undefined,
  };
}

function allowedSeconds(asked: number, maxSeconds: number): number {
  if (asked < 1) throw badUserInput("expiresIn", "expiresIn must be at least 1 second.");
  if (asked > maxSeconds) {
    throw badUserInput("expiresIn", `At most ${maxSeconds} seconds are allowed here.`);
  }
  return asked;
}

function defaultSeconds(request: LifetimeRequest, limits: LifetimeLimits, maxSeconds: number): number {
  const ofSession = Math.floor(limits.maxSessionSeconds * defaultShareOfSession);
  const seconds = request.defaultSeconds ?? Math.min(defaultExpiresInSeconds, ofSession);
  return Math.max(1, Math.min(seconds, maxSeconds));
}

function stableWindow(stableForSeconds: number, expiresInSeconds: number, maxSeconds: number): number {
  if (stableForSeconds < 0) throw badUserInput("stableFor", "stableFor must not be negative.");
  if (stableForSeconds === 0 || expiresInSeconds + stableForSeconds <= maxSeconds) return stableForSeconds;
  throw badUserInput(
    "stableFor",
    `At most ${Math.max(0, maxSeconds - expiresInSeconds)} seconds are left for stableFor: together with expiresIn it may be at most ${maxSeconds} seconds here.`,
  );
}
