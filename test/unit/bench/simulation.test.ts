import { describe, expect, test } from "vitest";
import { arrivals, stays, visits } from "../../../bench/simulation/loads.ts";
import { predict, stsCallsOfStayingCallers } from "../../../bench/simulation/model.ts";
import { simulate } from "../../../bench/simulation/simulate.ts";

const settings = { sessionSeconds: 3_600, expiresInSeconds: 2_400 };

/** The measured value is at most this much larger or smaller than the predicted one. */
function expectAbout(measured: number, predicted: number, tolerance: number) {
  expect(measured / predicted).toBeGreaterThan(1 - tolerance);
  expect(measured / predicted).toBeLessThan(1 + tolerance);
}

describe("the model of docs/scaling.md agrees with the real pool", () => {
  test.each([
    { replicas: 1, redis: false, maxSessions: 100_000 },
    { replicas: 10, redis: false, maxSessions: 100_000 },
    { replicas: 10, redis: true, maxSessions: 100_000 },
    { replicas: 10, redis: true, maxSessions: 50 },
    { replicas: 10, redis: false, maxSessions: 50 },
  ])("visits: %o", async ({ replicas, redis, maxSessions }) => {
    const workload = { callersPerHour: 1_000, requestsPerCaller: 5, visitSeconds: 900 };
    const measured = await simulate({
      ...settings,
      replicas,
      redis,
      maxSessions,
      load: (random) => visits({ ...workload, hours: 2 }, random),
      measureFromMs: 3_600_000,
    });
    const predicted = predict({ ...workload, replicas, redis }, { ...settings, maxSessions });
    const { measuredSeconds } = measured;
    expectAbout(measured.requests / measuredSeconds, predicted.requestsPerSecond, 0.05);
    expectAbout(measured.stsSessions / measuredSeconds, predicted.stsCallsPerSecond, 0.1);
    expectAbout(measured.sessionsPerReplica, predicted.sessionsPerReplica, 0.1);
    expect(measured.failed).toBe(0);
    if (!redis) return;
    expectAbout(measured.redisCommands / measuredSeconds, predicted.redisCommandsPerSecond, 0.1);
    expectAbout(measured.redisEntries, predicted.redisEntries, 0.1);
  });

  test.each([
    { replicas: 1, redis: false },
    { replicas: 10, redis: false },
    { replicas: 10, redis: true },
  ])("callers who stay: %o", async ({ replicas, redis }) => {
    const workload = { callers: 200, requestsPerHour: 30 };
    const measured = await simulate({
      ...settings,
      replicas,
      redis,
      load: (random) => stays({ ...workload, hours: 4 }, random),
      measureFromMs: 2 * 3_600_000,
    });
    const predicted = stsCallsOfStayingCallers(
      { ...workload, replicas, redis },
      { ...settings, maxSessions: 100_000 },
    );
    expectAbout(measured.stsSessions / measured.measuredSeconds, predicted, 0.1);
  });
});

test("an STS that throttles fails the requests that need a new session, and none with shared sessions", async () => {
  const burst = { callersPerSecond: 100, seconds: 20 };
  const options = {
    ...settings,
    replicas: 3,
    redis: false,
    stsRequestsPerSecond: 20,
    load: (random: () => number) => arrivals(burst, random),
  };
  const own = await simulate(options);
  expect(own.requests).toBe(2_000);
  expect(own.stsThrottled).toBeGreaterThan(0);
  expect(own.failed).toBe(own.requests - own.stsSessions);
  const shared = await simulate({ ...options, shareSessions: true });
  expect(shared).toMatchObject({ requests: 2_000, failed: 0, stsSessions: 3, stsThrottled: 0 });
});

test("the same load on the same seed has the same outcome", async () => {
  const run = () =>
    simulate({
      ...settings,
      replicas: 3,
      redis: true,
      load: (random) =>
        visits({ callersPerHour: 200, requestsPerCaller: 5, visitSeconds: 900, hours: 1 }, random),
    });
  expect(await run()).toEqual(await run());
});
