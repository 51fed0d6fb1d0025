import type { Clock } from "../core/clock.ts";
import { abortedError, toValetKeyError, ValetKeyError } from "../core/errors.ts";
import { pauseAfter, type RetryPolicy } from "../core/retry.ts";
import type { Network } from "./network.ts";

/** For requests of an upload: nine attempts with pauses of up to 90 seconds together, after which the server or the store is taken to be gone. */
export const uploadPolicy: RetryPolicy = { maxAttempts: 9, baseMs: 500, maxMs: 30_000 };

export interface FlowOptions {
  readonly clock: Clock;
  readonly network: Network;
  readonly policy?: RetryPolicy | undefined;
  readonly random?: (() => number) | undefined;
  /** Called when the state may have changed. */
  onChange(): void;
}

export interface RunOptions {
  /** Ends the request with ABORTED. */
  readonly signal?: AbortSignal | undefined;
  /** Called for each failed attempt, with its error. */
  readonly onFailure?: (error: ValetKeyError) => void;
  /** How long the request may continue after `stop`, because its result is final. Default: it is interrupted at once. */
  readonly graceMs?: number | undefined;
}

/** Runs the requests of an upload: holds them back while it is paused or offline, and repeats those that fail. */
export class Flow {
  readonly #options: FlowOptions;
  readonly #policy: RetryPolicy;
  readonly #stopped = new AbortController();
  /** Each with its time of grace. */
  readonly #running = new Map<AbortController, number>();
  readonly #waiting = new Set<() => void>();
  /** Aborted when the network is back: what waits for its next attempt then need not wait. */
  #untilOnline = new AbortController();
  readonly #unwatch: () => void;
  #paused = false;
  #offline: boolean;

  constructor(options: FlowOptions) {
    this.#options = options;
    this.#policy = options.policy ?? uploadPolicy;
    this.#offline = !options.network.isOnline;
    this.#unwatch = options.network.watch((isOnline) => this.#setOffline(!isOnline));
  }

  get paused(): boolean {
    return this.#paused;
  }

  get offline(): boolean {
    return this.#offline;
  }

  /** Aborted by `stop`. */
  get signal(): AbortSignal {
    return this.#stopped.signal;
  }

  /**
   * Runs a request, again after an error that is retryable. Requests that are interrupted by a pause, or because the
   * network is gone, begin again and do not count as failed.
   *
   * @throws {ValetKeyError} the last error, or ABORTED
   */
  async run<Result>(
    request: (signal: AbortSignal) => Promise<Result>,
    { signal, onFailure, graceMs = 0 }: RunOptions = {},
  ): Promise<Result> {
    const end = signal === undefined ? this.signal : AbortSignal.any([signal, this.signal]);
    for (let failures = 0; ; ) {
      await this.#open();
      if (end.aborted) throw abortedError();
      const controller = new AbortController();
      this.#running.set(controller, graceMs);
      try {
        const { signal } = controller;
        return await request(graceMs > 0 ? signal : AbortSignal.any([end, signal]));
      } catch (thrown) {
        if (end.aborted) throw abortedError();
        if (controller.signal.aborted) continue;
        const error = toValetKeyError(thrown);
        onFailure?.(error);
        failures += 1;
        const pauseMs = pauseAfter(error, failures, this.#policy, this.#options.random);
        if (pauseMs === undefined) throw error;
        // It is not under way while it waits for its next attempt.
        this.#running.delete(controller);
        this.#wake();
        await this.#options.clock.sleep(pauseMs, AbortSignal.any([end, this.#untilOnline.signal]));
      } finally {
        // Ends the time of grace, if it has begun.
        if (graceMs > 0) controller.abort();
        this.#running.delete(controller);
        this.#wake();
      }
    }
  }

  /** Resolves when no request is running. */
  async pause(): Promise<void> {
    this.#paused = true;
    await this.#interrupt();
  }

  resume(): void {
    this.#paused = false;
    this.#wake();
  }

  /** Ends all requests with ABORTED, those with a time of grace only after it. Resolves when none is running. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.close();
    await this.#interrupt(true);
  }

  /** Stops watching the network. */
  close(): void {
    this.#unwatch();
  }

  #setOffline(offline: boolean): void {
    this.#offline = offline;
    if (offline) {
      void this.#interrupt();
    } else {
      this.#untilOnline.abort();
      this.#untilOnline = new AbortController();
    }
    this.#options.onChange();
    this.#wake();
  }

  async #open(): Promise<void> {
    while (!this.signal.aborted && (this.#paused || this.#offline)) await this.#change();
  }

  async #interrupt(withGrace = false): Promise<void> {
    for (const [controller, graceMs] of this.#running) {
      const end = () => controller.abort();
      if (withGrace && graceMs > 0) void this.#options.clock.sleep(graceMs, controller.signal).then(end);
      else end();
    }
    this.#wake();
    while (this.#running.size > 0) await this.#change();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
