import { performance } from "node:perf_hooks";
import { Gauge, type Registry } from "prom-client";
import { version } from "./version.ts";

/** What this process is, and how busy it is. */
export function registerProcessMetrics(registry: Registry): void {
  const registers = [registry];
  new Gauge({
    name: "valetkey_build_info",
    help: "Always 1. The labels are the versions of Valet Key and of Node.",
    labelNames: ["version", "node"],
    aggregator: "first",
    registers,
  }).set({ version, node: process.version }, 1);

  let last = performance.eventLoopUtilization();
  new Gauge({
    name: "valetkey_event_loop_utilization_ratio",
    help: "The share of time, from 0 to 1, in which the event loop was busy since the last scrape. With workers, their average.",
    aggregator: "average",
    registers,
    collect() {
      const now = performance.eventLoopUtilization();
      this.set(performance.eventLoopUtilization(now, last).utilization);
      last = now;
    },
  });
}
