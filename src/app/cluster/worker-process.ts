import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import type { AccessSnapshot } from "../../access/access-snapshot.ts";
import { Calls, type Procedures } from "./calls.ts";
import type { MetricReport } from "./metric-report.ts";
import type { PrimaryProcedures, StartOptions, WorkerProcedures } from "./procedures.ts";

/** How a process has ended: its exit code, or the signal that ended it. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A worker, as the primary process sees it. */
export class WorkerProcess {
  readonly ended: Promise<ProcessEnd>;
  readonly #worker: Worker;
  readonly #calls: Calls<WorkerProcedures>;
  readonly #listens: Promise<void>;
  #isListening = false;

  constructor(own: Omit<PrimaryProcedures, "listening">) {
    this.#worker = cluster.fork();
    this.ended = once(this.#worker, "exit").then(([code, signal]) => ({ code, signal }));
    let listening: PrimaryProcedures["listening"] = () => {};
    this.#listens = new Promise((resolve) => {
      listening = () => {
        this.#isListening = true;
        resolve();
      };
    });
    const procedures: PrimaryProcedures = { ...own, listening };
    this.#calls = new Calls<WorkerProcedures>(this.#worker, procedures as Procedures);
  }

  /** @throws {ConfigError} when the worker cannot use the configuration */
  async start(options: StartOptions): Promise<{ readonly url: string }> {
    await Promise.race([this.#listens, this.ended]);
    return await this.#calls.call("start", options);
  }

  reload(access: AccessSnapshot | undefined): Promise<void> | undefined {
    return this.#calls.call("reload", access);
  }

  report(): Promise<MetricReport> {
    return this.#calls.call("report", undefined);
  }

  /** Shuts the worker down gracefully, and ends it if it takes longer than `maxMs`. */
  async stop(reason: string, maxMs: number): Promise<ProcessEnd> {
    const timer = setTimeout(() => this.kill(), maxMs);
    // The worker ends instead of responding.
    if (this.#isListening) this.#calls.call("stop", reason).catch(() => {});
    else this.kill();
    const end = await this.ended;
    clearTimeout(timer);
    return end;
  }

  kill(): void {
    this.#worker.process.kill("SIGKILL");
  }
}
