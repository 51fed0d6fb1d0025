import { describe, expect, test } from "vitest";
import { ProgressMeter } from "../src/upload/progress-meter.ts";
import { VirtualClock } from "./virtual-clock.ts";

describe("ProgressMeter", () => {
  test("adds up the parts, and forgets what a part has sent before it is sent again", () => {
    const meter = new ProgressMeter(new VirtualClock(), 100);
    meter.set(1, 30);
    meter.set(2, 20);
    expect(meter.progress.bytes).toBe(50);
    meter.set(1, 0);
    expect(meter.progress.bytes).toBe(20);
    meter.set(1, 40);
    expect(meter.progress).toMatchObject({ bytes: 60, total: 100 });
  });

  test("measures the rate of the last five seconds, and the time that is left", async () => {
    const clock = new VirtualClock();
    const meter = new ProgressMeter(clock, 1_000_000);
    for (let second = 0; second < 10; second += 1) {
      meter.set(0, second * 1000);
      await clock.advance(1000);
    }
    for (let second = 0; second < 10; second += 1) {
      meter.set(0, 10_000 + second * 50_000);
      await clock.advance(1000);
    }
    const { bytesPerSecond, secondsLeft = 0 } = meter.progress;
    expect(bytesPerSecond).toBeGreaterThan(35_000);
    expect(bytesPerSecond).toBeLessThan(50_001);
    expect(secondsLeft).toBeCloseTo((1_000_000 - meter.progress.bytes) / bytesPerSecond);
  });

  test("leaves bytes that were at S3 before out of the rate", async () => {
    const clock = new VirtualClock();
    const meter = new ProgressMeter(clock, 1_000_000);
    meter.addPresent(1, 500_000);
    await clock.advance(1000);
    meter.set(2, 1000);
    await clock.advance(1000);
    meter.set(2, 2000);
    expect(meter.progress.bytes).toBe(502_000);
    expect(meter.progress.bytesPerSecond).toBeLessThanOrEqual(1000);
  });

  test("does not know the time that is left before anything was sent", () => {
    expect(new ProgressMeter(new VirtualClock(), 5).progress).toEqual({
      bytes: 0,
      total: 5,
      bytesPerSecond: 0,
      secondsLeft: undefined,
    });
  });
});
