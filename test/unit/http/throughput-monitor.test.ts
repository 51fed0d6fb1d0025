import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ThroughputMonitor } from "../../../src/http/throughput-monitor.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** 1 s of silence, 100 bytes a second. */
function startPace() {
  const onStall = vi.fn();
  const pace = new ThroughputMonitor({
    idleTimeoutMs: 1000,
    minBytesPerSecond: 100,
    onStall,
    now: () => Date.now(),
  });
  pace.resume();
  return { pace, onStall };
}

test("reports a stall when no bytes arrive", () => {
  const { pace, onStall } = startPace();
  vi.advanceTimersByTime(999);
  pace.received(1);
  expect(onStall).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1000);
  expect(onStall).toHaveBeenCalledOnce();
});

test("reports a stall when bytes arrive too slowly", () => {
  const { pace, onStall } = startPace();
  for (let step = 0; step < 10; step++) {
    vi.advanceTimersByTime(100);
    pace.received(9);
  }
  expect(onStall).toHaveBeenCalledOnce();
});

test("never reports a stall at the minimum rate", () => {
  const { pace, onStall } = startPace();
  for (let step = 0; step < 1000; step++) {
    vi.advanceTimersByTime(100);
    pace.received(10);
  }
  expect(onStall).not.toHaveBeenCalled();
});

test("does not count time while it is paused", () => {
  const { pace, onStall } = startPace();
  for (let step = 0; step < 10; step++) {
    vi.advanceTimersByTime(200);
    pace.received(30);
    pace.pause();
    vi.advanceTimersByTime(60_000);
    pace.resume();
  }
  expect(onStall).not.toHaveBeenCalled();
});

test("reports nothing after it is paused for the last time", () => {
  const { pace, onStall } = startPace();
  pace.pause();
  vi.advanceTimersByTime(60_000);
  expect(onStall).not.toHaveBeenCalled();
});
