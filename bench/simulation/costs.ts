import { Counter, Gauge } from "prom-client";
import { type AssumeRole, createAssumeRole } from "../../src/access/assume-role.ts";
import { ProtectedSts } from "../../src/access/protected-sts.ts";
import { RoleSessionPool } from "../../src/access/role-session-pool.ts";
import { SkewCorrectedClock } from "../../src/core/clock.ts";
import { createMetrics } from "../../src/core/metrics.ts";
import { createCaller } from "./simulate.ts";

const role = { arn: "arn:aws:iam::111122223333:role/valetkey", sessionSeconds: 3_600 };

/** The processor time of a call of AssumeRole by the SDK, in milliseconds, with a policy like that of a caller. */
export async function millisecondsOfAssumeRole(endpoint: string, calls: number): Promise<number> {
  const assumeRole = createAssumeRole({
    role,
    region: "us-east-1",
    endpoint,
    credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "s".repeat(40) },
    clock: new SkewCorrectedClock(),
    metrics: createMetrics(),
  });
  const pool = startPool(assumeRole);
  const run = async (from: number) => {
    let next = from;
    const worker = async () => {
      while (next < from + calls) await pool.get(createCaller(next++), 2_400);
    };
    await Promise.all(Array.from({ length: 16 }, worker));
  };
  await run(0);
  const before = process.cpuUsage();
  await run(calls);
  const { user, system } = process.cpuUsage(before);
  pool.close();
  assumeRole.close();
  return (user + system) / 1_000 / calls;
}

/** How many bytes of the heap a session takes, with a token of 1,000 bytes. Needs `--expose-gc`. */
export async function bytesOfSession(sessions: number): Promise<number> {
  const pool = startPool(async ({ sessionName }) => ({
    credentials: {
      accessKeyId: "ASIAIOSFODNN7EXAMPLE",
      secretAccessKey: "s".repeat(40),
      sessionToken: Buffer.alloc(1_000, "token").toString(),
    },
    expiresAt: new Date(Date.now() + 3_600_000),
    sessionName,
  }));
  globalThis.gc?.();
  const before = process.memoryUsage();
  for (let caller = 0; caller < sessions; caller++) await pool.get(createCaller(caller), 2_400);
  globalThis.gc?.();
  const after = process.memoryUsage();
  // The pool lives until here.
  pool.health();
  return (after.heapUsed + after.external - before.heapUsed - before.external) / sessions;
}

function startPool(assumeRole: AssumeRole): RoleSessionPool {
  return new RoleSessionPool({
    role,
    sts: new ProtectedSts({ assumeRole }),
    clock: Date.now,
    metrics: {
      roleSessions: new Gauge({ name: "sessions", help: "sessions", registers: [] }),
      sharedSessionsFound: new Counter({ name: "found", help: "found", registers: [] }),
    },
    log: { info: () => undefined, warn: () => undefined },
  });
}
