import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Health } from "../../src/access/role-sessions.ts";
import { Readiness } from "../../src/readiness.ts";

const healthy = { health: (): Health => ({ ok: true }) };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("reasonNotReady", () => {
  test("is none with base credentials and an STS that is not known to fail", async () => {
    expect(await new Readiness(async () => ({}), healthy).reasonNotReady()).toBeUndefined();
  });

  test("is what is known of STS, without asking for credentials", async () => {
    const provider = vi.fn(async () => ({}));
    const sessions = { health: (): Health => ({ ok: false, reason: "STS refuses the role" }) };
    expect(await new Readiness(provider, sessions).reasonNotReady()).toBe("STS refuses the role");
    expect(provider).not.toHaveBeenCalled();
  });

  test("is draining before anything else", async () => {
    const readiness = new Readiness(() => Promise.reject(new Error("none")), healthy);
    readiness.draining = true;
    expect(await readiness.reasonNotReady()).toBe("draining");
  });

  test("is that no base credentials resolve, until they do", async () => {
    let found = false;
    const provider = () => (found ? Promise.resolve({}) : Promise.reject(new Error("none")));
    const readiness = new Readiness(provider, healthy);
    expect(await readiness.reasonNotReady()).toBe("no base credentials");
    found = true;
    vi.advanceTimersByTime(10_001);
    expect(await readiness.reasonNotReady()).toBeUndefined();
  });

  test("asks for credentials once in ten seconds, however many probe", async () => {
    const provider = vi.fn(async () => ({}));
    const readiness = new Readiness(provider, healthy);
    await Promise.all(Array.from({ length: 20 }, () => readiness.reasonNotReady()));
    vi.advanceTimersByTime(9_999);
    await readiness.reasonNotReady();
    expect(provider).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(2);
    await readiness.reasonNotReady();
    expect(provider).toHaveBeenCalledTimes(2);
  });

  test("does not wait long for a provider that does not answer", async () => {
    const readiness = new Readiness(() => new Promise(() => {}), healthy);
    const reason = readiness.reasonNotReady();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await reason).toBe("no base credentials");
  });
});
