import { beforeEach, describe, expect, test } from "vitest";
import { type AssumeRole, AssumeRoleError, type AssumeRoleRequest } from "../../../src/access/assume-role.ts";
import type { Grant } from "../../../src/access/grants.ts";
import { ProtectedSts, type ProtectedStsOptions } from "../../../src/access/protected-sts.ts";
import { RoleSessionPool, type RoleSessionPoolOptions } from "../../../src/access/role-session-pool.ts";
import { createMetrics } from "../../../src/core/metrics.ts";
import { anonymous, type Principal } from "../../../src/core/principal.ts";
import { bucketA } from "./arbitraries.ts";
import { principalOf } from "./principals.ts";

const role = { arn: "arn:aws:iam::111122223333:role/valetkey", sessionSeconds: 3600 };
const grants: readonly Grant[] = [{ bucket: bucketA, prefix: "", actions: ["DOWNLOAD", "UPLOAD"] }];
const alice = { principal: principalOf("alice"), grants };
const bob = { principal: principalOf("bob"), grants };

let nowMs: number;
let asked: AssumeRoleRequest[];
let lifetimeSeconds: number;
let failure: Error | undefined;
let reachedSts: Promise<void>;
let metrics = createMetrics();

beforeEach(() => {
  metrics = createMetrics();
  nowMs = Date.UTC(2026, 0, 1);
  asked = [];
  lifetimeSeconds = 3600;
  failure = undefined;
  reachedSts = Promise.resolve();
});

const sts: AssumeRole = async (request) => {
  asked.push(request);
  await reachedSts;
  if (failure !== undefined) throw failure;
  return {
    credentials: {
      accessKeyId: `ASIA${asked.length}`,
      secretAccessKey: "s",
      sessionToken: "t".repeat(1_000),
    },
    expiresAt: new Date(nowMs + lifetimeSeconds * 1_000),
    sessionName: request.sessionName,
  };
};

function pool({
  assumeRole = sts,
  refusedCallersToReport,
  ...options
}: Partial<RoleSessionPoolOptions & ProtectedStsOptions> = {}): RoleSessionPool {
  return new RoleSessionPool({
    role,
    sts: new ProtectedSts({ assumeRole, refusedCallersToReport, monotonicNow: () => nowMs }),
    clock: () => nowMs,
    monotonicNow: () => nowMs,
    metrics,
    log: { info: () => undefined, warn: () => undefined },
    ...options,
  });
}

const passSeconds = (seconds: number) => {
  nowMs += seconds * 1_000;
};
const settled = () => new Promise((resolve) => setImmediate(resolve));
const refused = (status = 403) => new AssumeRoleError("refused", "no", undefined, status);
const silent = () => new AssumeRoleError("timeout", "silent");

describe("one session for each caller", () => {
  test("300 first requests of one principal cost one AssumeRole, and later ones none", async () => {
    const sessions = pool();
    const parallel = await Promise.all(Array.from({ length: 300 }, () => sessions.get(alice, 60)));
    expect(new Set(parallel).size).toBe(1);
    expect(await sessions.get(alice, 60)).toBe(parallel[0]);
    // The same token, verified again, is another object for the same principal.
    expect(await sessions.get({ principal: principalOf("alice"), grants: [...grants] }, 60)).toBe(
      parallel[0],
    );
    expect(asked).toHaveLength(1);
    expect(await metrics.roleSessions.get()).toMatchObject({ values: [{ value: 1 }] });
  });

  test("different principals, issuers, grants, purposes and settings have different sessions", async () => {
    const sessions = pool();
    const callers: { principal: Principal; grants: readonly Grant[] }[] = [
      alice,
      { principal: anonymous, grants },
      { principal: principalOf("anonymous"), grants },
      { principal: principalOf("bob"), grants },
      { principal: principalOf("alice", { iss: "https://other.example" }), grants },
      { principal: alice.principal, grants: [{ bucket: bucketA, prefix: "a/", actions: ["DOWNLOAD"] }] },
    ];
    const all = [];
    for (const caller of callers) all.push(await sessions.get(caller, 60));
    all.push(await sessions.get(alice, 60, { purpose: "pending-uploads" }));
    expect(new Set(all).size).toBe(7);
    expect(new Set(asked.map(({ sessionName, policy }) => sessionName + policy)).size).toBe(7);
  });

  test("sessions for several purposes are assumed one after the other for one caller, and in parallel for two", async () => {
    let inFlight = 0;
    const most = { one: 0, two: 0 };
    const slow: AssumeRole = async (request) => {
      inFlight += 1;
      most[request.sessionName.startsWith("bob") ? "two" : "one"] = inFlight;
      await settled();
      inFlight -= 1;
      return sts(request);
    };
    const sessions = pool({ assumeRole: slow });
    failure = refused();
    const denied = sessions.get(alice, 60);
    const pending = sessions.get(alice, 60, { purpose: "pending-uploads" });
    const below = (prefix: string): Grant[] => [{ bucket: bucketA, prefix, actions: ["DOWNLOAD"] }];
    const other = sessions.get({ ...alice, grants: below("a/") }, 60);
    await expect(denied).rejects.toThrow();
    failure = undefined;
    await Promise.all([pending, other]);
    expect(asked).toHaveLength(3);
    expect(most.one).toBe(1);
    await Promise.all([
      sessions.get({ ...alice, grants: below("b/") }, 60),
      sessions.get({ principal: principalOf("bob"), grants }, 60),
    ]);
    expect(most.two).toBe(2);
  });

  test("a caller without grants causes no AssumeRole", async () => {
    await expect(pool().get({ principal: alice.principal, grants: [] }, 60)).rejects.toMatchObject({
      code: "FORBIDDEN",
    });
    expect(asked).toEqual([]);
  });

  test("grants that do not fit into a session policy are never reduced", async () => {
    const many = Array.from(
      { length: 100 },
      (_, index): Grant => ({
        bucket: bucketA,
        prefix: `project-number-${index}/`,
        actions: ["DOWNLOAD"],
      }),
    );
    await expect(pool().get({ principal: alice.principal, grants: many }, 60)).rejects.toMatchObject({
      code: "CREDENTIALS_UNAVAILABLE",
      retryable: false,
    });
    expect(asked).toEqual([]);
  });

  test("tags and SourceIdentity are sent when they are configured", async () => {
    await pool().get(alice, 60);
    await pool({ sendSessionTags: true, sendSourceIdentity: true }).get(alice, 60);
    expect(asked[0]).toMatchObject({ tags: undefined, sourceIdentity: undefined });
    expect(asked[1]).toMatchObject({ tags: { "valetkey:sub": "alice" }, sourceIdentity: "alice" });
  });

  test("memory is limited by number and by bytes; the least recently used sessions are removed", async () => {
    for (const bound of [{ maxSessions: 10 }, { maxSessionBytes: 10 * 1_700 }]) {
      asked = [];
      const sessions = pool(bound);
      for (let index = 0; index < 50; index += 1) {
        await sessions.get({ principal: principalOf(`user-${index}`), grants }, 60);
        await sessions.get({ principal: principalOf("user-0"), grants }, 60);
      }
      expect(asked).toHaveLength(50);
      expect((await metrics.roleSessions.get()).values[0]?.value).toBe(10);
      sessions.close();
      expect((await metrics.roleSessions.get()).values[0]?.value).toBe(0);
    }
  });
});

describe("lifetimes", () => {
  test("a new session is assumed if the current one expires too early", async () => {
    const sessions = pool();
    const first = await sessions.get(alice, 2400);
    passSeconds(1100);
    expect(await sessions.get(alice, 2400)).toBe(first);
    await settled();
    passSeconds(200);
    const second = await sessions.get(alice, 2400);
    expect(second.expiresAt.getTime() - nowMs).toBeGreaterThanOrEqual(2_400_000);
  });

  test("every session that is returned lives as long as requested", async () => {
    const sessions = pool();
    for (let step = 0; step < 500; step += 1) {
      const outlivesSeconds = (step * 977) % 3571;
      const session = await sessions.get(alice, outlivesSeconds);
      expect(session.expiresAt.getTime() - nowMs).toBeGreaterThanOrEqual(outlivesSeconds * 1_000);
      await settled();
      passSeconds((step * 31) % 600);
    }
    expect(asked.length).toBeLessThan(500);
  });

  test("a lifetime that no new session has is refused at once, with the maximum", async () => {
    const sessions = pool();
    expect(sessions.maxUrlSeconds).toBe(3570);
    await expect(sessions.get(alice, 3571)).rejects.toMatchObject({
      code: "BAD_USER_INPUT",
      field: "expiresIn",
      message: expect.stringContaining("3570"),
    });
    expect(asked).toEqual([]);
  });

  test("with sessions of 60 s, 20 s are possible, 2,400 s are refused with the maximum, and STS is called rarely", async () => {
    lifetimeSeconds = 60;
    const sessions = pool();
    for (let attempt = 0; attempt < 20; attempt += 1) {
      await expect(sessions.get(alice, 2400)).rejects.toMatchObject({
        code: "BAD_USER_INPUT",
        message: expect.stringContaining("At most 59 seconds"),
      });
    }
    expect(asked).toHaveLength(1);
    expect(sessions.maxUrlSeconds).toBe(59);
    passSeconds(45);
    const session = await sessions.get(alice, 20);
    expect(session.expiresAt.getTime() - nowMs).toBeGreaterThanOrEqual(20_000);
    expect(asked).toHaveLength(2);

    lifetimeSeconds = 3600;
    passSeconds(31);
    expect(sessions.maxUrlSeconds).toBe(3570);
    await expect(sessions.get(alice, 2400)).resolves.toBeDefined();
  });

  test("a session is refreshed early, once, while callers continue to use the old one", async () => {
    const sessions = pool();
    const first = await sessions.get(alice, 2400);
    passSeconds(1100);
    reachedSts = new Promise(() => undefined);
    expect(await sessions.get(alice, 2400)).toBe(first);
    expect(await sessions.get(alice, 2400)).toBe(first);
    await settled();
    expect(asked).toHaveLength(2);
  });

  test("a session that is requested for nearly its whole lifetime is not refreshed at each use", async () => {
    const sessions = pool();
    for (let use = 0; use < 10; use += 1) {
      await sessions.get(alice, 3570);
      passSeconds(1);
    }
    await settled();
    expect(asked).toHaveLength(1);
  });
});

describe("with asOf, all requests of a window get the same session,", () => {
  /** As for a URL that is signed at the start of its window and lives for `expiresIn` from its end on. */
  const inWindow = (sessions: RoleSessionPool, windowSeconds: number, expiresIn: number) => {
    const asOfMs = nowMs - (nowMs % (windowSeconds * 1_000));
    return sessions.get(alice, windowSeconds + expiresIn - (nowMs - asOfMs) / 1_000, {
      asOf: new Date(asOfMs),
    });
  };

  test.each([
    [600, 600, 3600],
    [400, 400, 900],
    [3000, 500, 3600],
    [60, 3500, 3600],
  ])("%i s long, of URLs for %i s, on sessions of %i s", async (windowSeconds, expiresIn, seconds) => {
    lifetimeSeconds = seconds;
    const sessions = pool({ role: { ...role, sessionSeconds: seconds } });
    passSeconds(17);
    const windows = new Map<number, Set<unknown>>();
    for (let step = 0; step < 3_000; step += 1) {
      const session = await inWindow(sessions, windowSeconds, expiresIn);
      const window = Math.floor(nowMs / (windowSeconds * 1_000));
      windows.set(window, (windows.get(window) ?? new Set()).add(session));
      await settled();
      passSeconds(7);
    }
    expect(Math.max(...[...windows.values()].map(({ size }) => size))).toBe(1);
    // And no more of them than serve: each is used as long as it outlives a whole window and its URLs.
    const servedWindows = Math.max(1, Math.floor((seconds - expiresIn) / windowSeconds) - 1);
    expect(asked.length).toBeLessThanOrEqual(Math.ceil(windows.size / servedWindows));
  });

  test("even if it has been renewed by other requests", async () => {
    const sessions = pool();
    await sessions.get(alice, 2400);
    passSeconds(1_100);
    const first = await inWindow(sessions, 600, 600);
    await sessions.get(alice, 2400);
    await settled();
    expect(asked).toHaveLength(2);
    passSeconds(60);
    expect(await sessions.get(alice, 2400)).not.toBe(first);
    expect(await inWindow(sessions, 600, 600)).toBe(first);
    passSeconds(600);
    expect(await inWindow(sessions, 600, 600)).not.toBe(first);
    expect(asked).toHaveLength(2);
  });

  test("or the first one after it if there was none at that time", async () => {
    const sessions = pool();
    passSeconds(300);
    const first = await inWindow(sessions, 600, 60);
    await sessions.get(alice, 3570);
    passSeconds(31);
    await sessions.get(alice, 3570);
    expect(asked).toHaveLength(2);
    expect(await inWindow(sessions, 600, 60)).toBe(first);
  });
});

describe("when STS fails", () => {
  test("live sessions are still used, and a failed refresh affects no caller", async () => {
    const sessions = pool();
    const first = await sessions.get(alice, 2400);
    failure = silent();
    passSeconds(1150);
    expect(await sessions.get(alice, 2400)).toBe(first);
    await settled();
    passSeconds(2000);
    expect(await sessions.get(alice, 60)).toBe(first);
  });

  test("a refused caller is tried again after growing pauses", async () => {
    const sessions = pool();
    failure = refused();
    for (let second = 0; second < 300; second += 1) {
      await expect(sessions.get(alice, 60)).rejects.toMatchObject({
        code: "CREDENTIALS_UNAVAILABLE",
        retryable: false,
      });
      passSeconds(1);
    }
    expect(asked.length).toBeGreaterThan(8);
    expect(asked.length).toBeLessThan(16);
    failure = undefined;
    passSeconds(30);
    await expect(sessions.get(alice, 60)).resolves.toBeDefined();
  });

  test("the refusal of one caller does not affect others", async () => {
    const sessions = pool();
    await sessions.get(bob, 60);
    failure = refused(400);
    for (let each = 0; each < 20; each += 1) {
      await expect(sessions.get({ principal: principalOf(`odd-${each}`), grants }, 60)).rejects.toThrow();
    }
    expect(sessions.health()).toEqual({ ok: true });
    failure = undefined;
    await expect(sessions.get(alice, 60)).resolves.toBeDefined();
  });

  test("an unreachable STS is probed from time to time, and used again when it is back", async () => {
    const sessions = pool();
    failure = silent();
    for (let second = 0; second < 120; second += 1) {
      const caller = { principal: principalOf(`user-${second}`), grants };
      await expect(sessions.get(caller, 60)).rejects.toMatchObject({
        code: "CREDENTIALS_UNAVAILABLE",
        retryable: true,
      });
      passSeconds(1);
    }
    expect(asked.length).toBeLessThan(15);
    expect(sessions.health()).toMatchObject({ ok: false });
    failure = undefined;
    passSeconds(30);
    expect(sessions.health()).toEqual({ ok: true });
    await expect(sessions.get(alice, 60)).resolves.toBeDefined();
    expect(sessions.health()).toEqual({ ok: true });
  });

  test.each(["throttled", "timeout", "error"] as const)(
    "one AssumeRole that ends with %s makes it unready, until it is asked again or ten seconds are over",
    async (how) => {
      const sessions = pool();
      await sessions.get(alice, 60);
      passSeconds(1);
      failure = new AssumeRoleError(how, "STS is down.");
      const fail = () => expect(sessions.get(bob, 60)).rejects.toThrow();
      await fail();
      const unready = { ok: false, reason: "STS cannot be reached, fails or throttles" };
      expect(sessions.health()).toEqual(unready);
      passSeconds(9);
      expect(sessions.health()).toEqual(unready);
      passSeconds(1);
      expect(sessions.health()).toEqual({ ok: true });
      await fail();
      expect(sessions.health()).toEqual(unready);
      failure = undefined;
      await sessions.get(bob, 60);
      expect(sessions.health()).toEqual({ ok: true });
    },
  );

  test("an STS that refuses is reachable", async () => {
    const sessions = pool();
    failure = silent();
    await expect(sessions.get(alice, 60)).rejects.toThrow();
    failure = refused();
    await expect(sessions.get(bob, 60)).rejects.toThrow();
    expect(sessions.health()).toEqual({ ok: true });
  });

  test("is ready while callers are served from cached sessions", async () => {
    const sessions = pool();
    await sessions.get(alice, 60);
    failure = silent();
    await expect(sessions.get(bob, 60)).rejects.toThrow();
    passSeconds(1);
    await sessions.get(alice, 60);
    expect(sessions.health()).toEqual({ ok: true });
  });

  test.each([400, 403, 404])(
    "a role that every caller is refused with %i is not ready, for a while",
    async (status) => {
      const sessions = pool();
      failure = refused(status);
      for (let each = 0; each < 5; each += 1) {
        await expect(sessions.get({ principal: principalOf(`user-${each}`), grants }, 60)).rejects.toThrow();
      }
      expect(sessions.health()).toEqual({ ok: false, reason: "STS refuses the role" });
      passSeconds(31);
      expect(sessions.health()).toEqual({ ok: true });
    },
  );

  test("with a single caller, its refusal is reported", async () => {
    const sessions = pool({ refusedCallersToReport: 1 });
    failure = refused();
    await expect(sessions.get(alice, 60)).rejects.toThrow();
    expect(sessions.health()).toEqual({ ok: false, reason: "STS refuses the role" });
  });

  test("is ready while some callers are served, or while a single caller is refused", async () => {
    const sessions = pool();
    const refuse = async (count: number, name: (index: number) => string) => {
      failure = refused();
      for (let each = 0; each < count; each += 1) {
        const caller = { principal: principalOf(name(each)), grants };
        await expect(sessions.get(caller, 60)).rejects.toThrow();
        passSeconds(1);
      }
      failure = undefined;
    };
    await refuse(100, () => "odd");
    expect(sessions.health()).toEqual({ ok: true });
    await sessions.get(alice, 60);
    await refuse(20, (index) => `odd-${index}`);
    expect(sessions.health()).toEqual({ ok: true });
    await sessions.get(alice, 60);
    await refuse(20, (index) => `odder-${index}`);
    expect(sessions.health()).toEqual({ ok: true });
    await refuse(20, (index) => `oddest-${index}`);
    expect(sessions.health()).toMatchObject({ ok: false });
    await sessions.get(alice, 60);
    expect(sessions.health()).toEqual({ ok: true });
  });

  test("the message for clients contains nothing of STS's response", async () => {
    failure = new AssumeRoleError("refused", "no", new Error(`not authorized to assume ${role.arn}`), 403);
    const error: Error = await pool()
      .get(alice, 60)
      .then(
        () => new Error("resolved"),
        (thrown: Error) => thrown,
      );
    expect(error.message).not.toMatch(/arn|1111/);
    expect(error.cause).toBe(failure);
  });
});
