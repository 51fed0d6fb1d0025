import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { AccessSnapshot } from "../../access/access-snapshot.ts";
import { ConfigError } from "../config/config-error.ts";
import type { SharedState } from "../shared-state.ts";
import type { ClusterMetrics } from "./cluster-metrics.ts";
import { RestartPolicy } from "./restart-policy.ts";
import type { ProcessEnd, WorkerProcess } from "./worker-process.ts";

export interface WorkerPoolOptions {
  readonly size: number;
  readonly fork: () => WorkerProcess;
  /** What a worker that starts now gets. */
  readonly shared: () => SharedState;
  readonly metrics: Pick<ClusterMetrics, "keep" | "countRestart">;
  readonly log: Logger;
}

/** Keeps a number of workers running. */
export class WorkerPool {
  /** Rejects when no worker serves requests and none can be started. */
  readonly failed: Promise<never>;
  readonly #options: WorkerPoolOptions;
  readonly #policy = new RestartPolicy();
  /** The workers that run, also those that do not listen yet. */
  readonly #running = new Set<WorkerProcess>();
  readonly #serving = new Set<WorkerProcess>();
  readonly #stopping = new AbortController();
  #fail: (error: Error) => void = () => {};
  /** The port that workers ask for, if it differs from that of the configuration. */
  #port: number | undefined;
  #lastPort: number | undefined;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.failed = new Promise((_resolve, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => {});
  }

  /** The workers that serve requests. */
  get serving(): readonly WorkerProcess[] {
    return [...this.#serving];
  }

  /**
   * Starts one worker alone, so that what is wrong with the configuration is said once, and then the others.
   * @throws {Error} when a worker cannot start
   */
  async start(): Promise<string> {
    const numbers = Array.from({ length: this.#options.size }, (_, index) => index + 1);
    const url = await this.#start(1);
    await Promise.all(numbers.slice(1).map((number) => this.#start(number)));
    return url;
  }

  async reload(access: AccessSnapshot | undefined): Promise<void> {
    // A worker that ends meanwhile is replaced by one that gets the new rules.
    await Promise.allSettled(this.serving.map((worker) => worker.reload(access)));
  }

  /** Shuts all workers down gracefully. Returns how those that served requests have ended. */
  async stop(reason: string, maxMs: number): Promise<readonly ProcessEnd[]> {
    this.#stopping.abort();
    const { serving } = this;
    await this.#kill([...this.#running].filter((worker) => !this.#serving.has(worker)));
    return await Promise.all(serving.map((worker) => worker.stop(reason, maxMs)));
  }

  /** Ends all workers at once. */
  async kill(): Promise<void> {
    this.#stopping.abort();
    await this.#kill([...this.#running]);
  }

  async #kill(workers: readonly WorkerProcess[]): Promise<void> {
    for (const worker of workers) worker.kill();
    await Promise.all(workers.map(({ ended }) => ended));
  }

  async #start(number: number): Promise<string> {
    const { fork, shared, metrics, log } = this.#options;
    // Workers share a port by asking for the same one, also for any free one. If none is left that holds such a port, it is
    // asked for by its number.
    if (this.#serving.size === 0) this.#port = this.#lastPort;
    const worker = fork();
    this.#running.add(worker);
    const startedAtMs = performance.now();
    let isServing = false;
    const hasEnded = worker.ended.then((end) => {
      this.#running.delete(worker);
      this.#serving.delete(worker);
      metrics.keep(worker);
      if (isServing && !this.#stopping.signal.aborted) {
        log.error({ worker: number, ...end }, "a worker has ended, and is started again");
        void this.#restart(number, performance.now() - startedAtMs);
      }
      return end;
    });
    try {
      const { url } = await worker.start({ number, shared: shared(), port: this.#port });
      isServing = true;
      this.#serving.add(worker);
      this.#lastPort = Number(new URL(url).port);
      this.#policy.started();
      return url;
    } catch (error) {
      worker.kill();
      const { code, signal } = await hasEnded;
      if (error instanceof ConfigError) throw error;
      const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
      throw new Error(`Worker ${number} has ended ${how} before it was ready. ${(error as Error).message}`);
    }
  }

  async #restart(number: number, ranMs: number): Promise<void> {
    const { metrics, log } = this.#options;
    const { signal } = this.#stopping;
    try {
      await sleep(this.#policy.delayMsAfter(ranMs), undefined, { signal });
    } catch {
      return;
    }
    if (signal.aborted) return;
    metrics.countRestart();
    try {
      await this.#start(number);
    } catch (error) {
      if (signal.aborted) return;
      this.#policy.startFailed();
      if (this.#policy.shouldGiveUp(this.#serving.size)) this.#fail(error as Error);
      else {
        log.error({ worker: number, err: error }, "a worker could not be started again");
        void this.#restart(number, 0);
      }
    }
  }
}
