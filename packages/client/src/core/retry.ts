import type { ValetKeyError } from "./errors.ts";

export interface RetryPolicy {
  /** How often it is tried in all. */
  readonly maxAttempts: number;
  /** The largest pause after the first attempt. It doubles with each further one. */
  readonly baseMs: number;
  /** The largest pause, unless the server asks for a longer one. */
  readonly maxMs: number;
}

/** For requests to the server: four attempts within about four seconds. */
export const requestPolicy: RetryPolicy = { maxAttempts: 4, baseMs: 500, maxMs: 8_000 };

/** For requests that somebody else repeats. */
export const noRetries: RetryPolicy = { maxAttempts: 1, baseMs: 0, maxMs: 0 };

/** A server that asks for a longer pause than this is not waited for. */
const longestRetryAfterMs = 300_000;

/**
 * Exponential backoff with full jitter, so that clients that failed together do not return together.
 *
 * @param failures how many attempts have failed, from 1
 */
export function backoffMs(failures: number, { baseMs, maxMs }: RetryPolicy, random: () => number): number {
  return random() * Math.min(maxMs, baseMs * 2 ** (failures - 1));
}

/** The pause before the next attempt, or undefined if there should be none. */
export function pauseAfter(
  error: ValetKeyError,
  failures: number,
  policy: RetryPolicy,
  random: () => number = Math.random,
): number | undefined {
  const { retryable, retryAfterMs = 0 } = error;
  // Repeating the request does not bring the missing bytes.
  if (error.code === "UPLOAD_INCOMPLETE") return undefined;
  if (!retryable || failures >= policy.maxAttempts || retryAfterMs > longestRetryAfterMs) return undefined;
  // The jitter is added to what the server asks for: it asks all its clients for the same.
  return retryAfterMs + backoffMs(failures, policy, random);
}
