import { Registry } from "prom-client";
import type { MetricsSource } from "../../http/metrics-endpoint.ts";
import { aggregate, countersOf, createPrimaryMetrics, type MetricReport } from "./metric-report.ts";

/** A worker whose metrics are collected. */
export interface ReportingWorker {
  report(): Promise<MetricReport>;
}

/** A worker that takes longer is represented by its last report. */
const maxReportMs = 2_000;

/** The metrics of all workers, those that have ended included. */
export class ClusterMetrics implements MetricsSource {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #workers: () => readonly ReportingWorker[];
  readonly #own: ReturnType<typeof createPrimaryMetrics>;
  readonly #lastReports = new Map<ReportingWorker, MetricReport>();
  readonly #ofEnded: MetricReport[] = [];
  #running: Promise<string> | undefined;

  constructor(workers: () => readonly ReportingWorker[]) {
    this.#workers = workers;
    this.#own = createPrimaryMetrics(() => workers().length);
  }

  /** Calls at the same time share one result. */
  metrics(): Promise<string> {
    this.#running ??= this.#collect().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** The registry of the primary process, whose metrics are added to those of the workers. */
  get registry(): Registry {
    return this.#own.registry;
  }

  countRestart(): void {
    this.#own.workerRestarts.inc();
  }

  /** Keeps what a worker that has ended has reported last, so that no counter becomes smaller. */
  keep(worker: ReportingWorker): void {
    const report = this.#lastReports.get(worker);
    this.#lastReports.delete(worker);
    if (report !== undefined) this.#ofEnded.push(countersOf(report));
  }

  async #collect(): Promise<string> {
    await Promise.all(this.#workers().map((worker) => this.#ask(worker)));
    // One sum for all that have ended, however many there are.
    const { length } = this.#ofEnded;
    const sum = await aggregate(this.#ofEnded.slice(0, length)).getMetricsAsJSON();
    this.#ofEnded.splice(0, length, sum);
    const own = await this.#own.registry.getMetricsAsJSON();
    return await aggregate([own, ...this.#lastReports.values(), ...this.#ofEnded]).metrics();
  }

  async #ask(worker: ReportingWorker): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), maxReportMs);
    });
    const report = await Promise.race([worker.report().catch(() => undefined), late]);
    clearTimeout(timer);
    // A worker that has ended meanwhile is kept no more.
    if (report !== undefined && this.#workers().includes(worker)) this.#lastReports.set(worker, report);
  }
}
