import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nextPartNumbers, parsePartNumbers } from "../../../../src/graphql/upload/part-numbers.ts";
import { bytesOfPart, planWith } from "../../../../src/storage/multipart/upload-plan.ts";

const MiB = 2 ** 20;
const planOf = (partCount: number) => planWith(partCount * 5 * MiB, 5 * MiB);
const badInput = (field: string) => expect.objectContaining({ code: "BAD_USER_INPUT", field });

describe("parsePartNumbers", () => {
  test("returns each number once, in ascending order", () => {
    const numbers = fc.array(fc.integer({ min: 1, max: 10_000 }), { maxLength: 1000 });
    fc.assert(
      fc.property(numbers, (asked) => {
        const parsed = parsePartNumbers(planOf(10_000), asked);
        expect(parsed).toEqual([...new Set(asked)].sort((a, b) => a - b));
      }),
    );
  });

  test.each([[[0]], [[-1]], [[4]], [[1, 2, 2 ** 31 - 1]]])(
    "refuses the numbers %j for an upload of three parts",
    (numbers) => {
      expect(() => parsePartNumbers(planOf(3), numbers)).toThrow(badInput("numbers"));
    },
  );

  test("refuses more than 1,000 numbers, counting repeated ones", () => {
    expect(parsePartNumbers(planOf(1), Array(1000).fill(1))).toEqual([1]);
    expect(() => parsePartNumbers(planOf(1), Array(1001).fill(1))).toThrow(badInput("numbers"));
  });
});

describe("nextPartNumbers", () => {
  const held = (partCount: number, numbers: readonly number[]) =>
    numbers.map((number) => ({ number, sizeBytes: bytesOfPart(planOf(partCount), number), etag: "" }));
  const next = (first?: number | null, after?: number | null, numbers: readonly number[] = []) =>
    nextPartNumbers(planOf(5), held(5, numbers), { first, after });

  test("returns all parts that S3 has not received, or as many as are asked for", () => {
    expect(next()).toEqual([1, 2, 3, 4, 5]);
    expect(next(null, null, [2, 4])).toEqual([1, 3, 5]);
    expect(next(2, undefined, [1])).toEqual([2, 3]);
    expect(next(1000, 3)).toEqual([4, 5]);
    expect(next(undefined, 5)).toEqual([]);
  });

  test("returns a part again if S3 has received it in another size", () => {
    const short = [{ number: 2, sizeBytes: 1, etag: "" }];
    expect(nextPartNumbers(planOf(2), short, { first: null, after: null })).toEqual([1, 2]);
  });

  test("returns at most 1,000 numbers", () => {
    const all = nextPartNumbers(planOf(10_000), [], { first: null, after: 8_500 });
    expect(all).toHaveLength(1000);
    expect(all[0]).toBe(8_501);
  });

  test.each([0, -1, 1001])("refuses %i as first", (first) => {
    expect(() => next(first)).toThrow(badInput("first"));
  });

  test("refuses a negative number as after", () => {
    expect(() => next(undefined, -1)).toThrow(badInput("after"));
  });
});
