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

test("stalls after a silence", () => {
  const { pace, onStall } = startPace();
  vi.advanceTimersByTime(999);
  pace.received(1);
  expect(onStall).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1000);
  expect(onStall).toHaveBeenCalledOnce();
});

test("stalls when bytes keep coming, but too few", () => {
  const { pace, onStall } = startPace();
  for (let step = 0; step < 10; step++) {
    vi.advanceTimersByTime(100);
    pace.received(9);
  }
  expect(onStall).toHaveBeenCalledOnce();
});

test("lets a client go on for ever at the minimum", () => {
  const { pace, onStall } = startPace();
  for (let step = 0; step < 1000; step++) {
    vi.advanceTimersByTime(100);
    pace.received(10);
  }
  expect(onStall).not.toHaveBeenCalled();
});

test("does not count the time in which nothing is wanted", () => {
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

test("is quiet once it is paused for good", () => {
  const { pace, onStall } = startPace();
  pace.pause();
  vi.advanceTimersByTime(60_000);
  expect(onStall).not.toHaveBeenCalled();
});
