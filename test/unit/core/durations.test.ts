import fc from "fast-check";
import { Histogram, Registry } from "prom-client";
import { expect, test } from "vitest";
import { aggregate } from "../../../src/app/cluster/metric-report.ts";
import { Durations } from "../../../src/core/durations.ts";

const options = {
  name: "seconds",
  help: "How long it took.",
  labelNames: ["type", "outcome"],
  buckets: [0.001, 0.5, 2],
} as const;

const observation = fc.record({
  type: fc.constantFrom("query", "mutation", 'a "quoted" one'),
  outcome: fc.constantFrom("ok", "error"),
  seconds: fc.oneof(fc.constantFrom(...options.buckets), fc.double({ min: 0, max: 4, noNaN: true })),
});

test("reports what a Histogram of prom-client reports", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(observation), async (observations) => {
      const [own, theirs] = [new Registry(), new Registry()];
      const durations = new Durations({ ...options, registers: [own] });
      const histogram = new Histogram({ ...options, buckets: [...options.buckets], registers: [theirs] });
      for (const { type, outcome, seconds } of observations) {
        durations.observe([type, outcome], seconds);
        histogram.observe({ type, outcome }, seconds);
      }
      expect(await own.metrics()).toBe(await theirs.metrics());
      // Workers send their reports as JSON to the primary process, which adds them up.
      const reports = await Promise.all([own, own, theirs].map((registry) => registry.getMetricsAsJSON()));
      const expected = await Promise.all([theirs, theirs, theirs].map((each) => each.getMetricsAsJSON()));
      expect(await aggregate(reports).metrics()).toBe(await aggregate(expected).metrics());
    }),
  );
});

test("can be reset", async () => {
  const registry = new Registry();
  new Durations({ ...options, registers: [registry] }).observe(["query", "ok"], 1);
  registry.resetMetrics();
  expect(await registry.metrics()).not.toContain("query");
});
