import { Counter, Gauge } from "prom-client";
import { ProtectedSts } from "../../src/access/protected-sts.ts";
import { RoleSessionPool } from "../../src/access/role-session-pool.ts";
import type { SessionCaller } from "../../src/access/session-request.ts";
import { parseBucketName } from "../../src/core/object-address.ts";
import { RedisSharedMemory } from "../../src/redis/redis-shared-memory.ts";
import { SealedEntries } from "../../src/redis/sealed-entries.ts";
import type { Load } from "./loads.ts";
import { VirtualRedis } from "./virtual-redis.ts";
import { VirtualSts } from "./virtual-sts.ts";
import { seededRandom, VirtualTime } from "./virtual-time.ts";

export interface SimulationOptions {
  readonly load: (random: () => number) => Load;
  readonly replicas: number;
  readonly redis: boolean;
  /** Whether the grant of all callers has it. Default: each caller has a prefix of its own. */
  readonly shareSessions?: boolean | undefined;
  readonly sessionSeconds: number;
  readonly expiresInSeconds: number;
  /** Default: that of the pool. */
  readonly maxSessions?: number | undefined;
  readonly stsRequestsPerSecond?: number | undefined;
  /** What happens before is not counted. Default: 0. */
  readonly measureFromMs?: number | undefined;
}

export interface Outcome {
  readonly measuredSeconds: number;
  readonly requests: number;
  readonly failed: number;
  /** Sessions that STS made. */
  readonly stsSessions: number;
  readonly stsThrottled: number;
  /** At the end, the mean of all replicas. */
  readonly sessionsPerReplica: number;
  readonly redisCommands: number;
  readonly redisEntries: number;
  readonly redisBytes: number;
}

const bucket = parseBucketName("bucket-a");
/** How long running requests may take after the last one has come. */
const maxRequestMs = 30_000;

/** Replays a load on the real pools of several replicas, on a virtual clock. */
export async function simulate(options: SimulationOptions): Promise<Outcome> {
  const random = seededRandom(1);
  const time = new VirtualTime();
  const uninstall = time.install(random);
  try {
    return await replay(options, time, random);
  } finally {
    uninstall();
  }
}

async function replay(options: SimulationOptions, time: VirtualTime, random: () => number): Promise<Outcome> {
  const load = options.load(random);
  const sts = new VirtualSts({ ...options, time, requestsPerSecond: options.stsRequestsPerSecond });
  const redis = new VirtualRedis(time.now);
  const replicas = Array.from({ length: options.replicas }, () => startReplica(options, time, sts, redis));
  const callers = new Map<number, SessionCaller>();
  const callerOf = (number: number) => {
    const known = callers.get(number) ?? createCaller(number, options.shareSessions);
    callers.set(number, known);
    return known;
  };

  let [requests, failed] = [0, 0];
  const counts = () => ({
    requests,
    failed,
    stsSessions: sts.sessions,
    stsThrottled: sts.throttled,
    redisCommands: redis.commands,
  });
  let before = counts();
  const measureFromMs = options.measureFromMs ?? 0;
  for (const { atMs, caller } of load.requests) {
    if (time.nowMs < measureFromMs && atMs >= measureFromMs) {
      await time.advanceTo(measureFromMs);
      before = counts();
    }
    await time.advanceTo(atMs);
    const replica = replicas[Math.floor(random() * replicas.length)];
    requests += 1;
    replica?.pool.get(callerOf(caller), options.expiresInSeconds).catch(() => {
      failed += 1;
    });
    await time.settle();
  }
  await time.advanceTo(load.endMs);
  const sessions = await Promise.all(replicas.map(({ sessions }) => sessions()));
  const { entries, bytes } = redis.size();
  await time.advanceTo(load.endMs + maxRequestMs);
  const after = counts();
  return {
    measuredSeconds: (load.endMs - measureFromMs) / 1_000,
    requests: after.requests - before.requests,
    failed: after.failed - before.failed,
    stsSessions: after.stsSessions - before.stsSessions,
    stsThrottled: after.stsThrottled - before.stsThrottled,
    redisCommands: after.redisCommands - before.redisCommands,
    sessionsPerReplica: sessions.reduce((sum, each) => sum + each, 0) / replicas.length,
    redisEntries: entries,
    redisBytes: bytes,
  };
}

function startReplica(options: SimulationOptions, time: VirtualTime, sts: VirtualSts, redis: VirtualRedis) {
  const roleSessions = new Gauge({ name: "sessions", help: "sessions", registers: [] });
  const pool = new RoleSessionPool({
    role: { arn: "arn:aws:iam::111122223333:role/valetkey", sessionSeconds: options.sessionSeconds },
    sts: new ProtectedSts({ assumeRole: sts.assumeRole, monotonicNow: time.now }),
    sharedMemory: options.redis ? new RedisSharedMemory(redis, new SealedEntries(["secret"])) : undefined,
    maxSessions: options.maxSessions,
    clock: time.now,
    monotonicNow: time.now,
    metrics: {
      roleSessions,
      sharedSessionsFound: new Counter({ name: "found", help: "found", registers: [] }),
    },
    log: { info: () => undefined, warn: () => undefined },
  });
  return { pool, sessions: async () => (await roleSessions.get()).values[0]?.value ?? 0 };
}

/** A caller with a prefix of its own, or with one that all callers share. */
export function createCaller(number: number, shareSessions = false): SessionCaller {
  const subject = `caller-${number}`;
  return {
    principal: { authenticated: true, subject, claims: { sub: subject } },
    grants: [
      {
        bucket,
        prefix: shareSessions ? "catalogue/" : `users/${subject}/`,
        actions: ["DOWNLOAD", "UPLOAD"],
        shareSessions,
      },
    ],
  };
}
