import { ValetKeyError } from "./errors.ts";

export interface ConcurrencyLimitOptions {
  readonly maxRunning: number;
  /** Default: any number. */
  readonly maxWaiting?: number | undefined;
  /** How long each may wait for its turn. Default: as long as it takes. */
  readonly maxWaitMs?: number | undefined;
  /** What is said to whoever is one too many, or waited too long. */
  readonly message: string;
}

/** Lets so many calls run at once; the others wait their turn, first come, first served. */
export class ConcurrencyLimit {
  readonly #options: ConcurrencyLimitOptions;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(options: ConcurrencyLimitOptions) {
    this.#options = options;
  }

  /** @throws {ValetKeyError} OVERLOADED when too many wait already, or for too long; whatever the call throws */
  async run<Result>(call: () => Promise<Result>): Promise<Result> {
    if (this.#running < this.#options.maxRunning) this.#running += 1;
    else await this.#turn();
    try {
      return await call();
    } finally {
      const [next] = this.#waiting;
      // Whoever is let in takes over this place, so `#running` stays.
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  #turn(): Promise<void> {
    const { maxWaiting = Infinity, maxWaitMs, message } = this.#options;
    const overloaded = () => new ValetKeyError("OVERLOADED", message);
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
