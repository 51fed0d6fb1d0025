/** The shortest pause between two requests for the same URL. */
const minMs = 1_000;
/** A URL is refreshed this long before it expires, or at three quarters of a shorter life. */
const marginMs = 60_000;
/** The life of a URL that seems to have expired before it arrived, because this machine's clock is fast. */
const assumedLifeMs = 300_000;

/**
 * How many milliseconds to wait before a URL that has just arrived is requested again.
 *
 * @param expiresIn how many seconds the caller had asked for: this machine's clock may be slow
 */
export function refreshDelayMs(expiresAt: Date, nowMs: number, expiresIn: number | undefined): number {
  const askedMs = expiresIn === undefined ? Number.POSITIVE_INFINITY : expiresIn * 1000;
  const ownMs = expiresAt.getTime() - nowMs;
  const lifeMs = Math.min(askedMs, ownMs > 0 ? ownMs : assumedLifeMs);
  return Math.max(minMs, lifeMs - Math.min(marginMs, lifeMs / 4));
}

/** How many milliseconds to wait before a request that failed with a retryable error is repeated. */
export function repeatDelayMs(failures: number): number {
  return Math.min(300_000, 15_000 * 2 ** Math.min(failures - 1, 10));
}
