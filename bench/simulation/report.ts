import { logChart, type Point } from "./chart.ts";
import { type Prediction, predict } from "./model.ts";
import {
  type Comparison,
  callersPerHour,
  settings,
  stsRequestsPerSecond,
  visit,
  type WallOptions,
} from "./scenarios.ts";
import type { Outcome } from "./simulate.ts";

type Figure = keyof Prediction;

const figures: readonly Figure[] = [
  "stsCallsPerSecond",
  "sessionsPerReplica",
  "redisCommandsPerSecond",
  "redisEntries",
];
const mark = (value: number) => Math.round(value).toLocaleString("en-US");
const percent = (value: number) => `${Math.abs(value * 100).toFixed(1)} %`;

/** The model's figures, each with the simulated one, as a Markdown table. */
export function comparisonTable(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map(({ workload, predicted, simulated }) => {
    const cells = figures.map((figure) =>
      predicted[figure] === 0 ? "" : `${mark(predicted[figure])} (${mark(simulated[figure])})`,
    );
    const redis = workload.redis ? "yes" : "no";
    return `| ${mark(workload.callersPerHour)} | ${workload.replicas} | ${redis} | ${cells.join(" | ")} |`;
  });
  return [
    "| callers/h | replicas | Redis | STS calls/s | sessions in a replica | Redis commands/s | sessions in Redis |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

/** The largest difference between the model and the simulation. */
export function largestDifference(comparisons: readonly Comparison[]): string {
  const differences = comparisons.flatMap(({ workload, predicted, simulated }) =>
    figures
      .filter((figure) => predicted[figure] > 0)
      .map((figure) => ({ workload, figure, difference: simulated[figure] / predicted[figure] - 1 })),
  );
  const [largest] = differences.sort((one, other) => Math.abs(other.difference) - Math.abs(one.difference));
  if (largest === undefined) return "Nothing was compared.";
  const { callersPerHour: callers, replicas, redis } = largest.workload;
  return `Largest difference: ${percent(largest.difference)} (${largest.figure}, ${mark(callers)} callers/h, ${replicas} replicas, Redis: ${redis}).`;
}

export function wallTable(outcomes: readonly (readonly [WallOptions, Outcome])[]): string {
  const rows = outcomes.map(([{ callersPerSecond, replicas, shareSessions }, outcome]) => {
    const { requests, failed, stsSessions, stsThrottled, measuredSeconds } = outcome;
    const served = `${(((requests - failed) / requests) * 100).toFixed(1)} %`;
    const perSecond = mark(stsSessions / measuredSeconds);
    return `| ${mark(callersPerSecond)} | ${replicas} | ${shareSessions ? "yes" : "no"} | ${served} | ${mark(stsSessions)} | ${perSecond} | ${mark(stsThrottled)} |`;
  });
  return [
    "| new callers/s | replicas | `shareSessions` | served | sessions made | per second | throttled requests |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

/** File names and contents. */
export function charts(comparisons: readonly Comparison[]): ReadonlyMap<string, string> {
  const xTicks = [100_000, 1_000_000, 10_000_000];
  const xLabel = "callers an hour, 10 requests each (lines: model, dots: simulation)";
  const series = (label: string, replicas: number, redis: boolean, figure: Figure, labelShift = 0) => {
    const line = steps().map((callers): Point => {
      const predicted = predict({ ...visit, callersPerHour: callers, replicas, redis }, settings);
      return [callers, predicted[figure]];
    });
    const dots = comparisons
      .filter(({ workload }) => workload.replicas === replicas && workload.redis === redis)
      .map(({ workload, simulated }): Point => [workload.callersPerHour, simulated[figure]]);
    return { label, line, dots, labelShift };
  };
  return new Map([
    [
      "sts-calls.svg",
      logChart({
        title: "AssumeRole calls per second",
        xLabel,
        xTicks,
        yTicks: [10, 100, 1_000, 10_000, 100_000],
        limit: { y: stsRequestsPerSecond, label: "STS's default quota: 600/s" },
        series: [
          series("100 replicas", 100, false, "stsCallsPerSecond", -20),
          series("10 replicas", 10, false, "stsCallsPerSecond", -4),
          series("1 replica", 1, false, "stsCallsPerSecond", 12),
          series("100 with Redis", 100, true, "stsCallsPerSecond", 12),
        ],
      }),
    ],
    [
      "sessions.svg",
      logChart({
        title: "Role sessions in the memory of each replica",
        xLabel,
        xTicks,
        yTicks: [1_000, 10_000, 100_000, 1_000_000],
        limit: { y: settings.maxSessions, label: "what a replica keeps: 100,000" },
        series: [
          series("1 replica", 1, false, "sessionsPerReplica", -24),
          series("10 replicas", 10, false, "sessionsPerReplica", -8),
          series("100 replicas", 100, false, "sessionsPerReplica", 8),
          series("100 with Redis", 100, true, "sessionsPerReplica", 24),
        ],
      }),
    ],
    [
      "redis-commands.svg",
      logChart({
        title: "Redis commands per second",
        xLabel,
        xTicks,
        yTicks: [100, 1_000, 10_000, 100_000],
        series: [
          series("100 replicas", 100, true, "redisCommandsPerSecond", -8),
          series("10 replicas", 10, true, "redisCommandsPerSecond", 8),
        ],
      }),
    ],
  ]);
}

function steps(): readonly number[] {
  const [low, high] = [Math.log10(Math.min(...callersPerHour)), Math.log10(Math.max(...callersPerHour))];
  return Array.from({ length: 21 }, (_, step) => 10 ** (low + ((high - low) * step) / 20));
}
