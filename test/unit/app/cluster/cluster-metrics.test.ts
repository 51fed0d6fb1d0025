import { Counter, Gauge, Registry } from "prom-client";
import { expect, test } from "vitest";
import { ClusterMetrics, type ReportingWorker } from "../../../../src/app/cluster/cluster-metrics.ts";
import type { MetricReport } from "../../../../src/app/cluster/metric-report.ts";

function workerWith(count: number): ReportingWorker {
  const registry = new Registry();
  const registers = [registry];
  new Counter({ name: "requests_total", help: "Requests.", registers }).inc(count);
  new Gauge({ name: "open", help: "Open requests.", registers }).set(1);
  return { report: async () => (await registry.getMetricsAsJSON()) as MetricReport };
}

const numberIn = (text: string, name: string) => new RegExp(`^${name} (.+)$`, "m").exec(text)?.[1];

test("counters of workers that have ended stay in the sum, and their gauges do not", async () => {
  const workers = [workerWith(3), workerWith(4), workerWith(5)];
  const metrics = new ClusterMetrics(() => workers);
  expect(numberIn(await metrics.metrics(), "requests_total")).toBe("12");
  for (const expectedOpen of ["2", "1"]) {
    const [ended] = workers.splice(0, 1);
    if (ended !== undefined) metrics.keep(ended);
    const text = await metrics.metrics();
    expect(numberIn(text, "requests_total")).toBe("12");
    expect(numberIn(text, "open")).toBe(expectedOpen);
  }
  workers.push(workerWith(1));
  expect(numberIn(await metrics.metrics(), "requests_total")).toBe("13");
});

test("a worker that does not report is represented by its last report", async () => {
  const worker = workerWith(3);
  const metrics = new ClusterMetrics(() => [worker]);
  await metrics.metrics();
  worker.report = () => Promise.reject(new Error("The other process has ended."));
  expect(numberIn(await metrics.metrics(), "requests_total")).toBe("3");
});
