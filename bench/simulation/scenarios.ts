import { arrivals, visits } from "./loads.ts";
import { type Prediction, predict, type Settings, type Workload } from "./model.ts";
import { type Outcome, simulate } from "./simulate.ts";

/** The server's defaults. */
export const settings: Settings = { sessionSeconds: 3_600, expiresInSeconds: 2_400, maxSessions: 100_000 };
export const visit = { requestsPerCaller: 10, visitSeconds: 900 };
export const callersPerHour = [100_000, 1_000_000, 10_000_000];
export const replicaCounts = [1, 10, 100];
/** The default quota of an account in a region. */
export const stsRequestsPerSecond = 600;

export interface Comparison {
  readonly workload: Workload;
  readonly predicted: Prediction;
  readonly simulated: Prediction;
  readonly redisBytesPerEntry: number | undefined;
}

/** More for full caches, so that a cache that is smaller by the same factor still holds some sessions. */
const simulatedCallersPerHour = (workload: Workload) => (workload.callersPerHour > 1_000_000 ? 3_000 : 1_000);

/**
 * Two hours of callers who come and go, of which the second hour is measured, with an STS that does not throttle. Only some
 * of the callers are simulated, with a cache that is smaller by the same factor, and the outcome is multiplied by it.
 * @param detail multiplies how many callers are simulated
 */
export async function compare(workload: Workload, detail: number): Promise<Comparison> {
  const simulatedCallers = simulatedCallersPerHour(workload) * detail;
  const factor = workload.callersPerHour / simulatedCallers;
  const outcome = await simulate({
    ...settings,
    replicas: workload.replicas,
    redis: workload.redis,
    maxSessions: Math.round(settings.maxSessions / factor),
    load: (random) => visits({ ...workload, callersPerHour: simulatedCallers, hours: 2 }, random),
    measureFromMs: 3_600_000,
  });
  const perSecond = (count: number) => (count * factor) / outcome.measuredSeconds;
  return {
    workload,
    predicted: predict(workload, settings),
    simulated: {
      requestsPerSecond: perSecond(outcome.requests),
      stsCallsPerSecond: perSecond(outcome.stsSessions),
      sessionsPerReplica: outcome.sessionsPerReplica * factor,
      redisCommandsPerSecond: perSecond(outcome.redisCommands),
      redisEntries: outcome.redisEntries * factor,
    },
    redisBytesPerEntry: outcome.redisEntries > 0 ? outcome.redisBytes / outcome.redisEntries : undefined,
  };
}

/** Every workload for which the model is compared with the simulation. */
export function workloads(): readonly Workload[] {
  return callersPerHour.flatMap((callers) =>
    replicaCounts.flatMap((replicas) =>
      [false, true]
        // One replica has nobody to share with.
        .filter((redis) => replicas > 1 || !redis)
        .map((redis) => ({ ...visit, callersPerHour: callers, replicas, redis })),
    ),
  );
}

export interface WallOptions {
  readonly callersPerSecond: number;
  readonly replicas: number;
  readonly shareSessions: boolean;
}

const wallSeconds = 20;

/** New callers, each with one request, at an STS with its default quota. Nothing is scaled here. */
export async function runIntoWall(options: WallOptions): Promise<Outcome> {
  return await simulate({
    ...settings,
    ...options,
    redis: true,
    stsRequestsPerSecond,
    load: (random) => arrivals({ ...options, seconds: wallSeconds }, random),
  });
}

export function walls(): readonly WallOptions[] {
  const own = [300, 600, 800, 1_200, 2_800].map((callersPerSecond) => ({
    callersPerSecond,
    replicas: 10,
    shareSessions: false,
  }));
  return [
    ...own,
    { callersPerSecond: 2_800, replicas: 100, shareSessions: false },
    { callersPerSecond: 2_800, replicas: 10, shareSessions: true },
    { callersPerSecond: 2_800, replicas: 100, shareSessions: true },
  ];
}
