import { LRUCache } from "lru-cache";

interface Refusal {
  readonly times: number;
  readonly until: number;
  readonly error: Error;
}

const firstPauseMs = 1_000;
const longestPauseMs = 30_000;

/** Remembers for a short time, longer each time, which requests were refused, so that nobody repeats them at once. */
export class Refusals {
  readonly #refusals = new LRUCache<string, Refusal>({ max: 10_000 });
  readonly #now: () => number;

  /** @param monotonicNow milliseconds that only grow */
  constructor(monotonicNow: () => number) {
    this.#now = monotonicNow;
  }

  /** What the request was refused with, while it is too early to ask again. */
  of(key: string): Error | undefined {
    const refusal = this.#refusals.get(key);
    return refusal !== undefined && this.#now() < refusal.until ? refusal.error : undefined;
  }

  add(key: string, error: Error): void {
    const times = (this.#refusals.get(key)?.times ?? 0) + 1;
    const pauseMs = Math.min(firstPauseMs * 2 ** (times - 1), longestPauseMs);
    this.#refusals.set(key, { times, until: this.#now() + pauseMs, error });
  }

  forget(key: string): void {
    this.#refusals.delete(key);
  }
}
