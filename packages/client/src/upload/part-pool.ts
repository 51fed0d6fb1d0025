import type { Clock } from "../core/clock.ts";

/** How many parts are sent at once. */
const maxParallel = 6;
/** Parts that fail within this time fail for the same reason. */
const sameCauseMs = 2_000;

/**
 * Sends parts in parallel. As soon as one has arrived the next one starts, so a slow part does not hold up others. When
 * the store is overloaded, fewer are sent at once; with each part that arrives, the number grows again.
 */
export class PartPool {
  #limit = maxParallel;
  #running = 0;
  #sentSinceChange = 0;
  #slowedDownAtMs = Number.NEGATIVE_INFINITY;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get limit(): number {
    return this.#limit;
  }

  /** Call this when the store is overloaded or does not respond. */
  slowDown(): void {
    const now = this.#clock.now();
    if (now - this.#slowedDownAtMs < sameCauseMs) return;
    this.#slowedDownAtMs = now;
    this.#limit = Math.max(1, Math.floor(this.#limit / 2));
    this.#sentSinceChange = 0;
  }

  /**
   * Calls `send` for each number. After the first failure no more are started, and the signal of the others is aborted.
   *
   * @throws the first failure, when all that were started have ended
   */
  run(
    numbers: readonly number[],
    send: (number: number, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const others = new AbortController();
    return new Promise((resolve, reject) => {
      let next = 0;
      let failure: { error: unknown } | undefined;
      const startMore = () => {
        while (failure === undefined && next < numbers.length && this.#running < this.#limit) {
          const number = numbers[next++] as number;
          this.#running += 1;
          send(number, others.signal).then(
            () => {
              this.#speedUp();
              finish();
            },
            (error: unknown) => {
              failure ??= { error };
              others.abort();
              finish();
            },
          );
        }
        if (this.#running > 0) return;
        if (failure === undefined) resolve();
        else reject(failure.error);
      };
      const finish = () => {
        this.#running -= 1;
        startMore();
      };
      startMore();
    });
  }

  #speedUp(): void {
    this.#sentSinceChange += 1;
    if (this.#sentSinceChange < this.#limit || this.#limit === maxParallel) return;
    this.#limit += 1;
    this.#sentSinceChange = 0;
  }
}
