import { ConcurrencyLimit, type ConcurrencyLimitOptions } from "../core/concurrency-limit.ts";
import { ValetKeyError } from "../core/errors.ts";
import { limits } from "../graphql/operation/limits.ts";
import { type Admit, ValueLimit } from "./value-limit.ts";

export interface FairExecutionOptions {
  /** How many operations of one client run at once. Default: 32. */
  maxRunning?: number | undefined;
  /** How many more of one client's operations may wait. Default: 256. */
  maxWaiting?: number | undefined;
  /** How long an operation may wait for its turn. Default: 10,000. */
  maxWaitMs?: number | undefined;
  /**
   * How many values the responses of one client's running operations may have together. A larger operation runs alone.
   * Default: 360,000, which is four operations of the maximum cost.
   */
  maxRunningValues?: number | undefined;
  /** How many operations of one client run at once while the event loop is late. No others wait then. Default: 4. */
  maxRunningWhenLate?: number | undefined;
  /** How many operations of all clients run at once. The others wait in order. Default: 1,024. */
  maxRunningTogether?: number | undefined;
  /** Whether the event loop is late: see EventLoopDelay. */
  isLate: () => boolean;
}

interface ClientShare {
  readonly limit: ConcurrencyLimit;
  readonly values: ValueLimit;
  /** How many operations run or wait. */
  operations: number;
}

const message = "Too many of your requests are in progress. Try again later.";

/**
 * Bounds the GraphQL operations that run for each client at once: their number, and the values of their responses. Their
 * number is also bounded for all clients together, where a client takes no more places than it may have by itself.
 * Running operations take turns, so the time that other requests wait, health checks included, grows with their number.
 * The memory for their results grows with their values, which are known when an operation has been validated.
 */
export class FairExecution {
  readonly #clients = new Map<string, ClientShare>();
  readonly #limits: ConcurrencyLimitOptions;
  readonly #together: ConcurrencyLimit;
  readonly #maxRunningValues: number;
  readonly #maxRunningWhenLate: number;
  readonly #isLate: () => boolean;

  constructor(options: FairExecutionOptions) {
    const { maxRunning = 32, maxWaiting = 256, maxWaitMs = 10_000 } = options;
    this.#limits = { maxRunning, maxWaiting, maxWaitMs, message, reason: "caller_operations" };
    this.#together = new ConcurrencyLimit({
      maxRunning: options.maxRunningTogether ?? 1024,
      maxWaitMs,
      message: "The server is busy. Try again later.",
      reason: "process_operations",
    });
    this.#maxRunningValues = options.maxRunningValues ?? 4 * limits.operationValues;
    this.#maxRunningWhenLate = options.maxRunningWhenLate ?? 4;
    this.#isLate = options.isLate;
  }

  /**
   * @param operation is given a function that it calls when it knows how many values its response has at most
   * @throws {ValetKeyError} OVERLOADED; whatever the operation throws
   */
  async run<Result>(client: string, operation: (admit: Admit) => Promise<Result>): Promise<Result> {
    const share = this.#clients.get(client) ?? {
      limit: new ConcurrencyLimit(this.#limits),
      values: new ValueLimit(this.#maxRunningValues),
      operations: 0,
    };
    if (share.operations >= this.#maxRunningWhenLate && this.#isLate()) {
      throw new ValetKeyError(
        "OVERLOADED",
        "The server is busy. Try again later, with fewer requests at once.",
        { reason: "event_loop" },
      );
    }
    this.#clients.set(client, share);
    share.operations += 1;
    try {
      return await this.#runInTurn(share, operation);
    } finally {
      share.operations -= 1;
      if (share.operations === 0) this.#clients.delete(client);
    }
  }

  async #runInTurn<Result>(
    { limit, values }: ClientShare,
    operation: (admit: Admit) => Promise<Result>,
  ): Promise<Result> {
    const turnOfClient = limit.enter();
    if (turnOfClient !== undefined) await turnOfClient;
    try {
      const turn = this.#together.enter();
      if (turn !== undefined) await turn;
      try {
        return await values.run(operation);
      } finally {
        this.#together.leave();
      }
    } finally {
      limit.leave();
    }
  }
}
