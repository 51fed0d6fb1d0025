import { expect, test } from "vitest";
import { judgeFlatness } from "./flatness.ts";

const series = (values: readonly number[]) => ({
  name: "heap",
  unit: "MiB",
  values,
  mayGrow: { by: 10, share: 0.1 },
});
const samples = (value: (index: number) => number) => series(Array.from({ length: 60 }, (_, i) => value(i)));

test("a figure that stays where it is, with noise and single peaks, is flat", () => {
  const noisy = samples((i) => 100 + (i % 7) + (i % 20 === 0 ? 500 : 0));
  expect(judgeFlatness(noisy)).toMatchObject({ isFlat: true, thirds: [103.5, 102.5, 103] });
});

test("growth during the warm-up does not count", () => {
  expect(judgeFlatness(samples((i) => (i < 12 ? i : 100))).isFlat).toBe(true);
});

test("a figure that grows a little with each sample is not flat", () => {
  expect(judgeFlatness(samples((i) => 50 + i)).isFlat).toBe(false);
});

test("a figure that falls is flat", () => {
  expect(judgeFlatness(samples((i) => 100 - i)).isFlat).toBe(true);
});

test("too few samples are an error", () => {
  expect(() => judgeFlatness(series([1, 2, 3]))).toThrow("heap has only 2 samples");
});
