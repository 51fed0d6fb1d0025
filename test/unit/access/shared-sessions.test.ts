import { describe, expect, test } from "vitest";
import { type AssumeRole, AssumeRoleError } from "../../../src/access/assume-role.ts";
import type { Grant } from "../../../src/access/grants.ts";
import { ProtectedSts } from "../../../src/access/protected-sts.ts";
import type { RoleSession } from "../../../src/access/role-session.ts";
import { RoleSessionPool } from "../../../src/access/role-session-pool.ts";
import { createMetrics } from "../../../src/core/metrics.ts";
import { noSharedMemory, type SharedMemory } from "../../../src/core/shared-memory.ts";
import { ProcessMemory } from "../../support/process-memory.ts";
import { bucketA } from "./arbitraries.ts";
import { principalOf } from "./principals.ts";

const role = { arn: "arn:aws:iam::111122223333:role/valetkey", sessionSeconds: 3600 };
const grants: readonly Grant[] = [{ bucket: bucketA, prefix: "", actions: ["DOWNLOAD", "UPLOAD"] }];
const alice = { principal: principalOf("alice"), grants };

/** Replicas with one clock and one STS. */
class Replicas {
  nowMs = Date.UTC(2026, 0, 1);
  asked = 0;
  failure: Error | undefined;
  reachedSts: Promise<void> = Promise.resolve();
  lifetimeSeconds = 3600;

  start(sharedMemory: SharedMemory) {
    const metrics = createMetrics();
    const assumeRole: AssumeRole = async ({ sessionName }) => {
      this.asked += 1;
      const accessKeyId = `ASIA${this.asked}`;
      await this.reachedSts;
      if (this.failure !== undefined) throw this.failure;
      const credentials = { accessKeyId, secretAccessKey: "s", sessionToken: "t" };
      return { credentials, expiresAt: new Date(this.nowMs + this.lifetimeSeconds * 1_000), sessionName };
    };
    const clock = () => this.nowMs;
    const pool = new RoleSessionPool({
      role,
      sts: new ProtectedSts({ assumeRole, monotonicNow: clock }),
      clock,
      monotonicNow: clock,
      metrics,
      log: { info: () => undefined, warn: () => undefined },
      sharedMemory,
    });
    const found = async () => (await metrics.sharedSessionsFound.get()).values[0]?.value;
    return { pool, found, get: (seconds: number, options = {}) => pool.get(alice, seconds, options) };
  }
}

const keyOf = ({ credentials }: RoleSession) => credentials.accessKeyId;

describe("sessions that replicas share", () => {
  test("a session of another replica costs no AssumeRole, and is counted", async () => {
    const replicas = new Replicas();
    const memory = new ProcessMemory();
    const [one, two] = [replicas.start(memory), replicas.start(memory)];
    const session = await one.get(60);
    expect(await two.get(60)).toEqual(session);
    expect(await two.get(60)).toEqual(session);
    expect(replicas.asked).toBe(1);
    expect([await one.found(), await two.found()]).toEqual([0, 1]);
    expect(two.pool.health()).toEqual({ ok: true });
  });

  test("300 first requests at three replicas cost one AssumeRole", async () => {
    const replicas = new Replicas();
    let respond = () => {};
    replicas.reachedSts = new Promise((resolve) => {
      respond = resolve;
    });
    const memory = new ProcessMemory();
    const three = [1, 2, 3].map(() => replicas.start(memory));
    const all = Array.from({ length: 300 }, (_, index) => three[index % 3]?.get(60));
    setTimeout(respond, 50);
    const sessions = await Promise.all(all);
    expect(new Set(sessions.map((each) => each && keyOf(each))).size).toBe(1);
    expect(replicas.asked).toBe(1);
  });

  test("callers, and one caller's purposes, do not share a session", async () => {
    const replicas = new Replicas();
    const memory = new ProcessMemory();
    const [one, two] = [replicas.start(memory), replicas.start(memory)];
    const sessions = [
      await one.get(60),
      await two.get(60, { purpose: "pending-uploads" }),
      await two.pool.get({ principal: principalOf("bob"), grants }, 60),
      await two.pool.get({ principal: principalOf("alice", { iss: "https://other.example" }), grants }, 60),
      await two.pool.get(
        { ...alice, grants: [{ bucket: bucketA, prefix: "a/", actions: ["DOWNLOAD"] }] },
        60,
      ),
    ];
    expect(new Set(sessions.map(keyOf)).size).toBe(5);
  });

  test("a shared session that is too short for a request is replaced for all replicas", async () => {
    const replicas = new Replicas();
    const memory = new ProcessMemory();
    const [one, two, three] = [replicas.start(memory), replicas.start(memory), replicas.start(memory)];
    const first = await one.get(60);
    replicas.nowMs += 1_800_000;
    const second = await two.get(3_000);
    expect(keyOf(second)).not.toBe(keyOf(first));
    expect(await three.get(3_000)).toEqual(second);
    // This replica is told that it was renewed only when its own session is too short.
    expect(await one.get(60)).toBe(first);
    expect(await one.get(3_000)).toEqual(second);
    expect(replicas.asked).toBe(2);
  });

  test("concurrent requests for different lifetimes are all served", async () => {
    const replicas = new Replicas();
    const memory = new ProcessMemory();
    await replicas.start(memory).get(60);
    replicas.nowMs += 1_800_000;
    const two = replicas.start(memory);
    const [short, long] = await Promise.all([two.get(60), two.get(3_000)]);
    expect(short.expiresAt.getTime() - replicas.nowMs).toBeGreaterThan(60_000);
    expect(long.expiresAt.getTime() - replicas.nowMs).toBeGreaterThan(3_000_000);
    expect(replicas.asked).toBe(2);
  });

  test("a replica learns from a session of another one that the role's sessions are shorter than configured", async () => {
    const replicas = new Replicas();
    replicas.lifetimeSeconds = 900;
    const memory = new ProcessMemory();
    const [one, two] = [replicas.start(memory), replicas.start(memory)];
    const tooLong = { code: "BAD_USER_INPUT", message: expect.stringMatching(/^At most 899 seconds/) };
    const both = await Promise.allSettled([one.get(3_000), two.get(3_000)]);
    expect(both).toMatchObject([{ reason: tooLong }, { reason: tooLong }]);
    expect(replicas.asked).toBe(1);
  });

  test("one replica refreshes a session for the others", async () => {
    const replicas = new Replicas();
    const memory = new ProcessMemory();
    const [one, two] = [replicas.start(memory), replicas.start(memory)];
    await Promise.all([one.get(60), two.get(60)]);
    replicas.nowMs += (3_600 - 60 - 60) * 1_000;
    await one.get(60);
    await expect.poll(() => replicas.asked).toBe(2);
    await expect.poll(async () => keyOf(await one.get(60))).toBe("ASIA2");
    await expect.poll(async () => keyOf(await two.get(60))).toBe("ASIA2");
    expect(replicas.asked).toBe(2);
  });

  test("with `asOf`, replicas return the same session", async () => {
    const replicas = new Replicas();
    const memory = new ProcessMemory();
    const [one, two] = [replicas.start(memory), replicas.start(memory)];
    const first = await one.get(60);
    replicas.nowMs += 1_000_000;
    const asOf = new Date(replicas.nowMs);
    expect(await two.get(60, { asOf })).toEqual(first);
    expect(await one.get(60, { asOf })).toEqual(first);
  });

  test("an outage of STS does not hurt a caller whose session another replica has", async () => {
    const replicas = new Replicas();
    const memory = new ProcessMemory();
    await replicas.start(memory).get(60);
    replicas.failure = new AssumeRoleError("timeout", "silent");
    const two = replicas.start(memory);
    const other = { principal: principalOf("bob"), grants };
    for (let attempt = 0; attempt < 6; attempt += 1) await two.pool.get(other, 60).catch(() => undefined);
    expect(two.pool.health().ok).toBe(false);
    expect(keyOf(await two.get(60))).toBe("ASIA1");
  });

  test("a replica whose AssumeRole fails does not keep the others waiting", async () => {
    const replicas = new Replicas();
    const memory = new ProcessMemory();
    const [one, two] = [replicas.start(memory), replicas.start(memory)];
    replicas.failure = new AssumeRoleError("refused", "no", undefined, 403);
    await expect(one.get(60)).rejects.toMatchObject({ code: "CREDENTIALS_UNAVAILABLE" });
    replicas.failure = undefined;
    expect(keyOf(await two.get(60))).toBe("ASIA2");
  });

  test("a lease that is never released only delays a request", async () => {
    const replicas = new Replicas();
    const memory = new ProcessMemory();
    const two = replicas.start({ ...memoryMethods(memory), tryLease: async () => "held" });
    expect(keyOf(await two.get(60))).toBe("ASIA1");
    expect(memory.entries.size).toBe(1);
  });

  test("entries that are damaged, expired or of another version are ignored", async () => {
    const replicas = new Replicas();
    for (const value of ["", "{", "[]", '{"v":2}', JSON.stringify({ accessKeyId: "A" })]) {
      const read = async () => value;
      await replicas.start({ ...noSharedMemory, read }).get(60);
    }
    expect(replicas.asked).toBe(5);
    const memory = new ProcessMemory();
    await replicas.start(memory).get(60);
    replicas.nowMs += 3_600_000;
    expect(keyOf(await replicas.start(memory).get(60))).toBe("ASIA7");
  });
});

function memoryMethods(memory: ProcessMemory): SharedMemory {
  return {
    read: (kind, id) => memory.read(kind, id),
    write: (kind, id, value) => memory.write(kind, id, value),
    tryLease: (kind, id) => memory.tryLease(kind, id),
    count: (kind, id, windowMs) => memory.count(kind, id, windowMs),
  };
}
