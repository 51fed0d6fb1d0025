import {
  AggregatorRegistry,
  Counter,
  Gauge,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from "prom-client";

/** The metrics of one process, which can be sent to another one. */
export type MetricReport = readonly MetricObjectWithValues<MetricValue<string>>[];

/** Adds up counters and histograms. Each gauge says by itself how it is aggregated. */
export function aggregate(reports: readonly MetricReport[]): Registry {
  return AggregatorRegistry.aggregate(reports as MetricReport[]);
}

/** What remains of a process that has ended: counters and histograms must never become smaller. */
export function countersOf(report: MetricReport): MetricReport {
  return report.filter(({ type }) => String(type) === "counter" || String(type) === "histogram");
}

/** The metrics of the primary process, which serves no requests. */
export function createPrimaryMetrics(runningWorkers: () => number) {
  const registry = new Registry();
  const registers = [registry];
  const startedAtSeconds = Date.now() / 1000 - process.uptime();
  new Gauge({
    name: "process_start_time_seconds",
    help: "Start time of the process since unix epoch in seconds.",
    aggregator: "first",
    registers,
  }).set(Math.round(startedAtSeconds));
  new Gauge({
    name: "valetkey_workers",
    help: "Worker processes that serve requests now. Only with VALETKEY_WORKERS.",
    registers,
    collect() {
      this.set(runningWorkers());
    },
  });
  return {
    registry,
    workerRestarts: new Counter({
      name: "valetkey_worker_restarts_total",
      help: "Worker processes that ended unexpectedly and were started again. Only with VALETKEY_WORKERS.",
      registers,
    }),
  };
}
