import { ValetKeyError } from "./errors.ts";

export interface ConcurrencyLimitOptions {
  readonly maxRunning: number;
  /** How many calls may wait. Default: any number. */
  readonly maxWaiting?: number | undefined;
  /** How long a call may wait. Default: forever. */
  readonly maxWaitMs?: number | undefined;
  /** The message of OVERLOADED, for a limit on waiting. */
  readonly message?: string | undefined;
  /** The reason of OVERLOADED, for the log and metrics. */
  readonly reason?: string | undefined;
}

/**
 * Runs a limited number of calls at the same time. The others wait in order, and are refused when too many wait or when
 * they have waited too long. The package p-limit has no such bounds.
 */
export class ConcurrencyLimit {
  readonly #options: ConcurrencyLimitOptions;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(options: ConcurrencyLimitOptions) {
    this.#options = options;
  }

  /** @throws {ValetKeyError} OVERLOADED if too many calls wait or this one has waited too long; otherwise what the call throws */
  async run<Result>(call: () => Promise<Result>): Promise<Result> {
    const turn = this.enter();
    if (turn !== undefined) await turn;
    try {
      return await call();
    } finally {
      this.leave();
    }
  }

  /**
   * Takes the place of a call. When that is over, it has to call `leave`.
   * @returns undefined if there is a place at once
   * @throws {ValetKeyError} OVERLOADED, as `run` does
   */
  enter(): Promise<void> | undefined {
    if (this.#running >= this.#options.maxRunning) return this.#turn();
    this.#running += 1;
    return undefined;
  }

  leave(): void {
    const [next] = this.#waiting;
    // The next call takes this place, so `#running` stays the same.
    if (next === undefined) this.#running -= 1;
    else next();
  }

  #turn(): Promise<void> {
    const {
      maxWaiting = Infinity,
      maxWaitMs,
      message = "The server is busy. Try again later.",
      reason,
    } = this.#options;
    const overloaded = () => new ValetKeyError("OVERLOADED", message, { reason });
    if (this.#waiting.size >= maxWaiting) throw overloaded();
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        this.#waiting.delete(enter);
      };
      const enter = () => {
        leave();
        resolve();
      };
      const giveUp = () => {
        leave();
        reject(overloaded());
      };
      const timer = maxWaitMs === undefined ? undefined : setTimeout(giveUp, maxWaitMs);
      this.#waiting.add(enter);
    });
  }
}
