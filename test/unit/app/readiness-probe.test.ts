import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Health } from "../../../src/access/sts-health.ts";
import { ReadinessProbe } from "../../../src/app/readiness-probe.ts";

const log = { info: vi.fn(), warn: vi.fn() };
const healthy = { health: (): Health => ({ ok: true }) };

beforeEach(() => {
  vi.clearAllMocks();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("reasonNotReady", () => {
  test("is undefined with base credentials and an STS that is not known to fail", async () => {
    expect(await new ReadinessProbe(async () => ({}), healthy, log).reasonNotReady()).toBeUndefined();
  });

  test("is the failure of STS, without a request for credentials", async () => {
    const provider = vi.fn(async () => ({}));
    const sessions = { health: (): Health => ({ ok: false, reason: "STS refuses the role" }) };
    expect(await new ReadinessProbe(provider, sessions, log).reasonNotReady()).toBe("STS refuses the role");
    expect(provider).not.toHaveBeenCalled();
  });

  test("is draining in preference to any other reason", async () => {
    const readiness = new ReadinessProbe(() => Promise.reject(new Error("none")), healthy, log);
    readiness.draining = true;
    expect(await readiness.reasonNotReady()).toBe("draining");
  });

  test("is that no base credentials are found, until they are", async () => {
    let found = false;
    const provider = () => (found ? Promise.resolve({}) : Promise.reject(new Error("none")));
    const readiness = new ReadinessProbe(provider, healthy, log);
    expect(await readiness.reasonNotReady()).toBe("no base credentials");
    found = true;
    vi.advanceTimersByTime(10_001);
    expect(await readiness.reasonNotReady()).toBeUndefined();
  });

  test("requests credentials once in ten seconds, however many probes arrive", async () => {
    const provider = vi.fn(async () => ({}));
    const readiness = new ReadinessProbe(provider, healthy, log);
    await Promise.all(Array.from({ length: 20 }, () => readiness.reasonNotReady()));
    vi.advanceTimersByTime(9_999);
    await readiness.reasonNotReady();
    expect(provider).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(2);
    await readiness.reasonNotReady();
    expect(provider).toHaveBeenCalledTimes(2);
  });

  test("does not wait long for a provider that does not respond", async () => {
    const readiness = new ReadinessProbe(() => new Promise(() => {}), healthy, log);
    const reason = readiness.reasonNotReady();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await reason).toBe("no base credentials");
  });
});

describe("the log", () => {
  test("has a line when it becomes unready, for another reason, and when it is ready again", async () => {
    let health: Health = { ok: true };
    const readiness = new ReadinessProbe(async () => ({}), { health: () => health }, log);
    const probe = async (next: Health) => {
      health = next;
      for (let time = 0; time < 3; time += 1) await readiness.reasonNotReady();
    };
    await probe({ ok: true });
    expect(log.warn).not.toHaveBeenCalled();
    await probe({ ok: false, reason: "STS refuses the role" });
    await probe({ ok: false, reason: "STS cannot be reached" });
    expect(log.warn.mock.calls.map(([fields]) => fields)).toEqual([
      { reason: "STS refuses the role" },
      { reason: "STS cannot be reached" },
    ]);
    expect(log.info).not.toHaveBeenCalled();
    await probe({ ok: true });
    expect(log.info).toHaveBeenCalledTimes(1);
    expect(log.warn).toHaveBeenCalledTimes(2);
  });

  test("has no line about draining, which is logged when it begins", async () => {
    const readiness = new ReadinessProbe(async () => ({}), healthy, log);
    readiness.draining = true;
    await readiness.reasonNotReady();
    expect(log.warn).not.toHaveBeenCalled();
  });
});
