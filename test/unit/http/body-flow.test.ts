import type { IncomingMessage } from "node:http";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BodyFlow } from "../../../src/http/body-flow.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A body whose rate makes each chunk wait for a second, and whose client may be silent for 500 ms. */
function startFlow({ waitMs = 1000 } = {}) {
  const request = {
    reading: true,
    pause: () => Object.assign(request, { reading: false }),
    resume: () => Object.assign(request, { reading: true }),
  };
  const onStall = vi.fn();
  const share = { received: (bytes: number) => (bytes === 0 ? 0 : waitMs), end: () => {} };
  const options = { idleTimeoutMs: 500, minBytesPerSecond: 100, onStall, share };
  const flow = new BodyFlow(request as unknown as IncomingMessage, options);
  flow.start();
  return { flow, request, onStall };
}

test("a client that is slow because of its rate has not stalled", () => {
  const { flow, request, onStall } = startFlow();
  for (let chunk = 0; chunk < 100; chunk += 1) {
    flow.received(10);
    expect(request.reading).toBe(false);
    vi.advanceTimersByTime(999);
    expect(request.reading).toBe(false);
    vi.advanceTimersByTime(1);
    expect(request.reading).toBe(true);
  }
  expect(onStall).not.toHaveBeenCalled();
});

test("a client that is silent after its wait has stalled", () => {
  const { flow, onStall } = startFlow();
  flow.received(10);
  vi.advanceTimersByTime(1499);
  expect(onStall).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(onStall).toHaveBeenCalledOnce();
});

test("is read only when its reader has room and its rate allows it", () => {
  const { flow, request } = startFlow();
  flow.received(10);
  flow.pause();
  vi.advanceTimersByTime(2000);
  expect(request.reading).toBe(false);
  flow.resume();
  expect(request.reading).toBe(true);
  flow.received(10);
  flow.pause();
  flow.resume();
  expect(request.reading).toBe(false);
  vi.advanceTimersByTime(1000);
  expect(request.reading).toBe(true);
});

test("waits before its first byte if earlier uploads of the caller were too fast", () => {
  const request = { pause: vi.fn(), resume: vi.fn() };
  const options = { onStall: () => {}, share: { received: () => 1000, end: () => {} } };
  new BodyFlow(request as unknown as IncomingMessage, options).start();
  expect(request.pause).toHaveBeenCalled();
  vi.advanceTimersByTime(1000);
  expect(request.resume).toHaveBeenCalledOnce();
});

test("leaves the request alone once it is stopped", () => {
  const { flow, request, onStall } = startFlow();
  flow.received(10);
  flow.stop();
  vi.advanceTimersByTime(60_000);
  expect(request.reading).toBe(false);
  expect(onStall).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});
