import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PartPool } from "../src/upload/part-pool.ts";
import { settle, VirtualClock } from "./virtual-clock.ts";

/** Parts that a test finishes one by one. */
function makeSender() {
  const running = new Map<number, { finish: () => void; fail: (error: Error) => void }>();
  const send = (number: number) =>
    new Promise<void>((resolve, reject) => {
      const end = (settlePart: () => void) => {
        running.delete(number);
        settlePart();
      };
      running.set(number, { finish: () => end(resolve), fail: (error) => end(() => reject(error)) });
    });
  return { running, send };
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe("PartPool", () => {
  test("sends six parts at once, and the next one as soon as one has arrived", async () => {
    const { running, send } = makeSender();
    const done = new PartPool(new VirtualClock()).run(numbers(10), send);
    expect([...running.keys()]).toEqual([1, 2, 3, 4, 5, 6]);
    running.get(4)?.finish();
    await settle();
    expect([...running.keys()]).toEqual([1, 2, 3, 5, 6, 7]);
    while (running.size > 0) {
      for (const part of [...running.values()]) part.finish();
      await settle();
    }
    await done;
  });

  test("sends fewer when the store is overloaded, and more again as parts arrive", async () => {
    const { running, send } = makeSender();
    const clock = new VirtualClock();
    const pool = new PartPool(clock);
    const done = pool.run(numbers(60), send);
    pool.slowDown();
    await clock.advance(5_000);
    pool.slowDown();
    expect(pool.limit).toBe(1);
    // None of the six that are under way is taken back, and none is started.
    for (const left of [5, 4, 3]) {
      running.values().next().value?.finish();
      await settle();
      expect(running.size).toBe(left);
    }
    let most = 0;
    for (let arrived = 3; arrived < 60; arrived += 1) {
      running.values().next().value?.finish();
      await settle();
      most = Math.max(most, running.size);
    }
    expect(most).toBe(6);
    await done;
  });

  test("halves their number once when several parts fail together", () => {
    const pool = new PartPool(new VirtualClock());
    for (let part = 0; part < 6; part++) pool.slowDown();
    expect(pool.limit).toBe(3);
  });

  test("stops the other parts after a failure", async () => {
    const signals: AbortSignal[] = [];
    const done = new PartPool(new VirtualClock()).run(numbers(20), (number, signal) => {
      signals.push(signal);
      if (number === 2) return Promise.reject(new Error("refused"));
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("stopped"))));
    });
    await expect(done).rejects.toThrow("refused");
    expect(signals).toHaveLength(6);
  });

  test("sends each part once, whatever the order in which they arrive", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(30), fc.infiniteStream(fc.nat(5)), async (count, choices) => {
        const { running, send } = makeSender();
        const sent: number[] = [];
        const done = new PartPool(new VirtualClock()).run(numbers(count), (number) => {
          sent.push(number);
          return send(number);
        });
        while (running.size > 0) {
          const parts = [...running.values()];
          parts[Number(choices.next().value) % parts.length]?.finish();
          await settle();
        }
        await done;
        expect(sent.sort((a, b) => a - b)).toEqual(numbers(count));
      }),
    );
  });

  test("starts no more after a failure, and fails when the others have ended", async () => {
    const { running, send } = makeSender();
    const done = new PartPool(new VirtualClock()).run(numbers(20), send);
    let ended = false;
    done.catch(() => {
      ended = true;
    });
    running.get(2)?.fail(new Error("refused"));
    await settle();
    expect(ended).toBe(false);
    for (const part of [...running.values()]) part.finish();
    await expect(done).rejects.toThrow("refused");
    expect(running.size).toBe(0);
  });
});
