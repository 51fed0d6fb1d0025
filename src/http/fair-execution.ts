import { ConcurrencyLimit, type ConcurrencyLimitOptions } from "../core/concurrency-limit.ts";
import { ValetKeyError } from "../core/errors.ts";

export interface FairExecutionOptions {
  /** How many operations of one client run at once. Default: 32. */
  maxRunning?: number | undefined;
  /** How many more of one client's operations may wait. Default: 256. */
  maxWaiting?: number | undefined;
  /** How long an operation may wait for its turn. Default: 10,000. */
  maxWaitMs?: number | undefined;
  /** How many operations of one client run at once while the event loop is late. No others wait then. Default: 4. */
  maxRunningWhenLate?: number | undefined;
  /** Whether the event loop is late: see EventLoopDelay. */
  isLate: () => boolean;
}

interface ClientLimit {
  readonly limit: ConcurrencyLimit;
  /** How many operations run or wait. */
  operations: number;
}

const message = "Too many of your requests are in progress. Try again later.";

/**
 * Bounds the GraphQL operations that run for each client at once. Running operations take turns, so the time that
 * other requests wait, health checks included, grows with their number; so does the memory for their results.
 */
export class FairExecution {
  readonly #clients = new Map<string, ClientLimit>();
  readonly #limits: ConcurrencyLimitOptions;
  readonly #maxRunningWhenLate: number;
  readonly #isLate: () => boolean;

  constructor(options: FairExecutionOptions) {
    const { maxRunning = 32, maxWaiting = 256, maxWaitMs = 10_000 } = options;
    this.#limits = { maxRunning, maxWaiting, maxWaitMs, message };
    this.#maxRunningWhenLate = options.maxRunningWhenLate ?? 4;
    this.#isLate = options.isLate;
  }

  /** @throws {ValetKeyError} OVERLOADED; whatever the operation throws */
  async run<Result>(client: string, operation: () => Promise<Result>): Promise<Result> {
    const entry = this.#clients.get(client) ?? {
      limit: new ConcurrencyLimit(this.#limits),
      operations: 0,
    };
    if (entry.operations >= this.#maxRunningWhenLate && this.#isLate()) {
      throw new ValetKeyError(
        "OVERLOADED",
        "The server is busy. Try again later, with fewer requests at once.",
      );
    }
    this.#clients.set(client, entry);
    entry.operations += 1;
    try {
      return await entry.limit.run(operation);
    } finally {
      entry.operations -= 1;
      if (entry.operations === 0) this.#clients.delete(client);
    }
  }
}
