import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bytesOfPart,
  maxObjectBytes,
  maxPartBytes,
  maxPartCount,
  minPartBytes,
  planUpload,
} from "../../../../src/storage/multipart/upload-plan.ts";

const MiB = 1024 ** 2;
const TB = 1000 ** 4;

/** Sizes of every magnitude, those around the steps included. */
const sizes = fc.oneof(
  fc.integer({ min: 0, max: maxObjectBytes }),
  fc.integer({ min: 0, max: 200 * MiB }),
  fc
    .tuple(fc.integer({ min: 1, max: maxPartBytes / MiB }), fc.integer({ min: -2, max: 2 }))
    .map(([mebibytes, delta]) =>
      Math.min(maxObjectBytes, Math.max(0, mebibytes * MiB * maxPartCount + delta)),
    ),
);

describe("planUpload", () => {
  test("splits every size into valid parts that add up to it", () => {
    fc.assert(
      fc.property(sizes, (sizeBytes) => {
        const plan = planUpload(sizeBytes);
        expect(plan.partBytes).toBeGreaterThanOrEqual(minPartBytes);
        expect(plan.partBytes).toBeLessThanOrEqual(maxPartBytes);
        expect(plan.partCount).toBeGreaterThanOrEqual(1);
        expect(plan.partCount).toBeLessThanOrEqual(maxPartCount);
        const last = bytesOfPart(plan, plan.partCount);
        expect((plan.partCount - 1) * plan.partBytes + last).toBe(sizeBytes);
        expect(last).toBeLessThanOrEqual(plan.partBytes);
        if (sizeBytes > 0) expect(last).toBeGreaterThan(0);
        expect(planUpload(sizeBytes)).toEqual(plan);
      }),
    );
  });

  test("gives no two sizes a part of the same number and length", () => {
    const largestWithRoom = maxObjectBytes - maxPartCount * 16 * MiB;
    const size = fc.oneof(
      fc.integer({ min: 0, max: largestWithRoom }),
      fc.integer({ min: 0, max: 500 * MiB }),
    );
    const more = fc.oneof(
      fc.integer({ min: 1, max: 4 * MiB }),
      fc.constantFrom(...[1, 8, 10, 16, 64].map((mebibytes) => mebibytes * MiB)),
    );
    fc.assert(
      fc.property(size, more, (smaller, bytes) => {
        const [one, other] = [planUpload(smaller), planUpload(smaller + bytes)];
        expect(other.partBytes).not.toBe(one.partBytes);
        for (const last of [one.partCount, other.partCount]) {
          if (last > Math.min(one.partCount, other.partCount)) continue;
          expect(bytesOfPart(other, last)).not.toBe(bytesOfPart(one, last));
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("plans an empty file as one empty part, and 50 TB", () => {
    expect(planUpload(0)).toMatchObject({ partCount: 1 });
    expect(bytesOfPart(planUpload(0), 1)).toBe(0);
    expect(planUpload(50 * TB)).toMatchObject({ sizeBytes: 50 * TB });
    expect(planUpload(maxObjectBytes)).toMatchObject({ partBytes: maxPartBytes, partCount: maxPartCount });
  });

  test("refuses sizes that no object can have", () => {
    for (const size of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, maxObjectBytes + 1, 2 ** 60]) {
      expect(() => planUpload(size)).toThrow(
        expect.objectContaining({ code: "BAD_USER_INPUT", field: "size" }),
      );
    }
  });

  test("has no other parts than those it counts", () => {
    const plan = planUpload(40 * MiB);
    for (const number of [0, -1, 1.5, plan.partCount + 1])
      expect(() => bytesOfPart(plan, number)).toThrow(RangeError);
  });
});
