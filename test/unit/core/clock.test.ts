import { describe, expect, test } from "vitest";
import { SkewCorrectedClock } from "../../../src/core/clock.ts";

const machineMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const dateHeader = (ms: number) => new Date(ms).toUTCString();

describe("SkewCorrectedClock", () => {
  test("trusts the machine's clock as long as it is consistent with the Date header, which names a whole second", () => {
    const reported: number[] = [];
    const clock = new SkewCorrectedClock(
      () => machineMs,
      (skewMs) => reported.push(skewMs),
    );
    clock.observe(dateHeader(machineMs), machineMs - 3, machineMs);
    clock.observe(dateHeader(machineMs - 4_000), machineMs - 5_000, machineMs);
    expect(clock.now()).toBe(machineMs);
    expect(reported).toEqual([]);
  });

  test.each([-3_600_000, -20_000, 20_000, 3_600_000])(
    "corrects a skew of %i ms and says so once",
    (skewMs) => {
      const reported: number[] = [];
      const clock = new SkewCorrectedClock(
        () => machineMs,
        (each) => reported.push(each),
      );
      for (let answer = 0; answer < 3; answer += 1) {
        clock.observe(dateHeader(machineMs + skewMs), machineMs - 10, machineMs);
      }
      expect(Math.abs(clock.now() - (machineMs + skewMs))).toBeLessThan(1_010);
      expect(reported).toHaveLength(1);
    },
  );

  test("removes the skew when the machine's clock was corrected, and reports that", () => {
    const reported: number[] = [];
    const clock = new SkewCorrectedClock(
      () => machineMs,
      (skewMs) => reported.push(skewMs),
    );
    clock.observe(dateHeader(machineMs + 60_000), machineMs, machineMs);
    clock.observe(dateHeader(machineMs), machineMs, machineMs);
    expect(clock.skewMs).toBe(0);
    expect(reported).toHaveLength(2);
  });

  test.each([undefined, "", "soon"])("ignores the header %j", (header) => {
    const clock = new SkewCorrectedClock(() => machineMs);
    clock.observe(header, machineMs, machineMs);
    expect(clock.now()).toBe(machineMs);
  });
});
