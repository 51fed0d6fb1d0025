import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Reservation, UploadBudget } from "../../../src/storage/upload-budget.ts";

describe("the upload budget", () => {
  it("is shared first come, first served, even where a later one would fit", async () => {
    const budget = new UploadBudget({ totalBytes: 10 });
    const order: string[] = [];
    const first = await budget.reserve(8);
    const large = budget.reserve(5).then((held) => {
      order.push("large");
      return held;
    });
    const small = budget.reserve(1).then((held) => {
      order.push("small");
      return held;
    });
    await delay(1);
    expect(order).toEqual([]);
    first.release();
    for (const held of await Promise.all([large, small])) held.release();
    expect(order).toEqual(["large", "small"]);
    expect(budget.freeBytes).toBe(10);
  });

  it("never gives away more than it has, and gets all of it back", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 150 }), { maxLength: 30 }), async (wishes) => {
        const budget = new UploadBudget({ totalBytes: 100 });
        await Promise.all(
          wishes.map(async (bytes) => {
            const held = await budget.reserve(bytes);
            expect(budget.freeBytes).toBeGreaterThanOrEqual(0);
            await Promise.resolve();
            held.release();
            held.release();
          }),
        );
        expect(budget.freeBytes).toBe(100);
      }),
    );
  });

  it("is OVERLOADED for who waits too long, and goes on to the next", async () => {
    const budget = new UploadBudget({ totalBytes: 10, maxWaitMs: 30 });
    const held = await budget.reserve(6);
    const tooLarge = budget.reserve(5);
    const behind = budget.reserve(4);
    await expect(tooLarge).rejects.toMatchObject({ code: "OVERLOADED", retryable: true });
    (await behind).release();
    held.release();
    expect(budget.freeBytes).toBe(10);
  });

  it("lets go of who no longer wants to wait", async () => {
    const budget = new UploadBudget({ totalBytes: 10 });
    const held = await budget.reserve(10);
    const ended = new AbortController();
    const waiting = budget.reserve(10, ended.signal);
    ended.abort(new Error("gone"));
    await expect(waiting).rejects.toThrow("gone");
    await expect(budget.reserve(1, ended.signal)).rejects.toThrow("gone");
    held.release();
    const all: Reservation = await budget.reserve(10);
    all.release();
  });
});
