import { ValetKeyError } from "../errors.ts";

/** Lets so many calls run at once; the others wait their turn, first come, first served. */
export class ConcurrencyLimit {
  readonly #maxRunning: number;
  readonly #maxWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(maxRunning: number, maxWaiting: number) {
    this.#maxRunning = maxRunning;
    this.#maxWaiting = maxWaiting;
  }

  /** @throws {ValetKeyError} OVERLOADED when too many wait already; whatever the call throws */
  async run<Result>(call: () => Promise<Result>): Promise<Result> {
    if (this.#running >= this.#maxRunning) {
      if (this.#waiting.length >= this.#maxWaiting) {
        throw new ValetKeyError("OVERLOADED", "Too many callers are waiting for credentials.");
      }
      // Whoever wakes this one hands over its place, so `#running` stays.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return await call();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
