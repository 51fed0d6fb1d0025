import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type ReserveOptions, UploadBudget } from "../../../../src/storage/streaming/upload-budget.ts";

const reserve = (budget: UploadBudget, bytes: number, options: Partial<ReserveOptions> = {}) =>
  budget.reserve(bytes, { onWantedBack: () => {}, ...options });

describe("the upload budget", () => {
  test("serves reservations in order, even if a later one would fit", async () => {
    const budget = new UploadBudget({ totalBytes: 10 });
    const order: string[] = [];
    const first = await reserve(budget, 8);
    const large = reserve(budget, 5).then((held) => {
      order.push("large");
      return held;
    });
    const small = reserve(budget, 1).then((held) => {
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

  test("never reserves more than it has, and gets all of it back", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 150 }), { maxLength: 30 }), async (wishes) => {
        const budget = new UploadBudget({ totalBytes: 100 });
        await Promise.all(
          wishes.map(async (bytes) => {
            const held = await reserve(budget, bytes);
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

  test("refuses a reservation that waits too long with OVERLOADED, and serves the next one", async () => {
    const budget = new UploadBudget({ totalBytes: 10, maxWaitMs: 30 });
    const held = await reserve(budget, 6);
    const tooLarge = reserve(budget, 5);
    const behind = reserve(budget, 4);
    await expect(tooLarge).rejects.toMatchObject({ code: "OVERLOADED", retryable: true });
    (await behind).release();
    held.release();
    expect(budget.freeBytes).toBe(10);
  });

  test("keeps its count when memory cannot be allocated", async () => {
    const budget = new UploadBudget({ totalBytes: 2 ** 50 });
    await expect(reserve(budget, 2 ** 49)).rejects.toThrow(RangeError);
    expect(budget.freeBytes).toBe(2 ** 50);
    (await reserve(budget, 1)).release();
  });

  test("removes a reservation that was canceled", async () => {
    const budget = new UploadBudget({ totalBytes: 10 });
    const held = await reserve(budget, 10);
    const ended = new AbortController();
    const waiting = reserve(budget, 10, { signal: ended.signal });
    ended.abort(new Error("gone"));
    await expect(waiting).rejects.toThrow("gone");
    await expect(reserve(budget, 1, { signal: ended.signal })).rejects.toThrow("gone");
    held.release();
    const all = await reserve(budget, 10);
    all.release();
  });
});

describe("a reservation that a client is filling", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** Holds all of a budget of 10 in shares of 5, and gives each back when it is wanted. */
  async function filled() {
    const budget = new UploadBudget({ totalBytes: 10, maxWaitMs: 30_000, maxFillMs: 20_000 });
    const wantedBack: string[] = [];
    const hold = async (name: string) => {
      const held = await reserve(budget, 5, {
        onWantedBack: ({ code }) => {
          wantedBack.push(`${name}: ${code}`);
          queueMicrotask(() => held.release());
        },
      });
      return held;
    };
    const first = await hold("first");
    await vi.advanceTimersByTimeAsync(1000);
    return { budget, wantedBack, first, second: await hold("second") };
  }

  test("is kept as long as no other upload waits", async () => {
    const { budget, wantedBack } = await filled();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(wantedBack).toEqual([]);
    expect(budget.freeBytes).toBe(0);
  });

  test("is taken back when it takes too long while another upload waits: the slowest first", async () => {
    const { budget, wantedBack } = await filled();
    const waiting = reserve(budget, 5);
    await vi.advanceTimersByTimeAsync(18_999);
    expect(wantedBack).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(wantedBack).toEqual(["first: OVERLOADED"]);
    await waiting;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(wantedBack).toHaveLength(1);
  });

  test("is taken back at once if it has already taken too long, and no more than are needed", async () => {
    const { budget, wantedBack } = await filled();
    await vi.advanceTimersByTimeAsync(60_000);
    await Promise.all([reserve(budget, 2), reserve(budget, 3)]);
    expect(wantedBack).toEqual(["first: OVERLOADED"]);
    await reserve(budget, 1);
    expect(wantedBack).toEqual(["first: OVERLOADED", "second: OVERLOADED"]);
  });

  test("is not taken back once it is full and being sent to S3", async () => {
    const { budget, wantedBack, first, second } = await filled();
    first.markFilled();
    second.markFilled();
    const waiting = reserve(budget, 5);
    const turnedAway = expect(waiting).rejects.toMatchObject({ code: "OVERLOADED" });
    await vi.advanceTimersByTimeAsync(30_000);
    await turnedAway;
    expect(wantedBack).toEqual([]);
  });

  test("goes to an upload without parts in flight before a new upload", async () => {
    const { budget, first } = await filled();
    const order: string[] = [];
    const beginning = reserve(budget, 5).then(() => order.push("beginning"));
    let standsStill = false;
    const underWay = reserve(budget, 5, { isUrgent: () => standsStill }).then(() => order.push("under way"));
    reserve(budget, 5).catch(() => {});
    standsStill = true;
    first.release();
    await Promise.race([beginning, underWay]);
    expect(order).toEqual(["under way"]);
  });

  test("goes to an upload with parts in flight only in its turn", async () => {
    const { budget, first, second } = await filled();
    const order: string[] = [];
    const beginning = reserve(budget, 5).then(() => order.push("beginning"));
    const underWay = reserve(budget, 5, { isUrgent: () => false }).then(() => order.push("under way"));
    first.release();
    second.release();
    await Promise.all([beginning, underWay]);
    expect(order).toEqual(["beginning", "under way"]);
  });

  test("becomes free within the wait limit, whatever the clients do", async () => {
    const client = fc.record({
      bytes: fc.integer({ min: 1, max: 100 }),
      comesAtMs: fc.integer({ min: 0, max: 9_000 }),
      /** Never: it has to be taken back. */
      fillMs: fc.option(fc.integer({ min: 0, max: 60_000 })),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(client, { maxLength: 3 }), async (clients) => {
        const budget = new UploadBudget({ totalBytes: 100, maxWaitMs: 30_000, maxFillMs: 20_000 });
        const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
        const all = clients.map(async ({ bytes, comesAtMs, fillMs }) => {
          await sleep(comesAtMs);
          const release = () => void granted.then((held) => held?.release());
          const granted = reserve(budget, bytes, { onWantedBack: release }).catch(() => undefined);
          const held = await granted;
          if (held === undefined || fillMs === null) return;
          await sleep(fillMs);
          held.markFilled();
          held.release();
        });
        await vi.advanceTimersByTimeAsync(10_000);
        // Whoever holds a share then, or gets one before it, has to give it back in time.
        const last = sleep(20_000).then(() => reserve(budget, 100));
        await vi.advanceTimersByTimeAsync(50_000);
        (await last).release();
        // A client whose share was taken back may still be at work.
        await vi.runAllTimersAsync();
        await Promise.all(all);
        expect(budget.freeBytes).toBe(100);
      }),
      {
        examples: [
          [
            [
              { bytes: 100, comesAtMs: 8000, fillMs: null },
              { bytes: 100, comesAtMs: 8500, fillMs: 5000 },
              { bytes: 100, comesAtMs: 8600, fillMs: 60_000 },
            ],
          ],
        ],
      },
    );
  });
});
