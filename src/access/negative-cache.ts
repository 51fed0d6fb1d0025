import { LRUCache } from "lru-cache";

interface Refusal {
  readonly times: number;
  readonly until: number;
  readonly error: Error;
}

const firstPauseMs = 1_000;
const maxPauseMs = 30_000;
const maxRefusals = 10_000;

/** Remembers refused requests, so that they are not repeated at once. Each further refusal is remembered longer. */
export class NegativeCache {
  readonly #refusals = new LRUCache<string, Refusal>({ max: maxRefusals });
  readonly #now: () => number;

  /** @param monotonicNow in milliseconds */
  constructor(monotonicNow: () => number) {
    this.#now = monotonicNow;
  }

  /** The error of the last refusal. Undefined when the request may be tried again. */
  get(key: string): Error | undefined {
    const refusal = this.#refusals.get(key);
    return refusal !== undefined && this.#now() < refusal.until ? refusal.error : undefined;
  }

  add(key: string, error: Error): void {
    const times = (this.#refusals.get(key)?.times ?? 0) + 1;
    const pauseMs = Math.min(firstPauseMs * 2 ** (times - 1), maxPauseMs);
    this.#refusals.set(key, { times, until: this.#now() + pauseMs, error });
  }

  delete(key: string): void {
    this.#refusals.delete(key);
  }
}
