import { expect, test } from "vitest";
import { ConcurrencyLimit } from "../../../src/core/concurrency-limit.ts";

const message = "Too many.";

test("runs all calls, a limited number at once, and continues after failures", async () => {
  const limit = new ConcurrencyLimit({ maxRunning: 3, message });
  let running = 0;
  let most = 0;
  const started: number[] = [];
  const calls = Array.from({ length: 50 }, (_, index) =>
    limit.run(async () => {
      started.push(index);
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      if (index % 5 === 0) throw new Error("one of five fails");
    }),
  );
  const settled = await Promise.allSettled(calls);
  expect(settled.filter(({ status }) => status === "rejected")).toHaveLength(10);
  expect(most).toBe(3);
  expect(started).toEqual(started.toSorted((a, b) => a - b));
});

test("refuses a call when too many are waiting", async () => {
  const limit = new ConcurrencyLimit({ maxRunning: 1, maxWaiting: 1, message });
  const release: (() => void)[] = [];
  const wait = () => new Promise<void>((resolve) => release.push(resolve));
  const first = limit.run(wait);
  const second = limit.run(wait);
  await expect(limit.run(wait)).rejects.toMatchObject({ code: "OVERLOADED", retryable: true });
  release.shift()?.();
  await first;
  release.shift()?.();
  await second;
});

test("refuses a call that has waited too long, and runs the next one", async () => {
  const limit = new ConcurrencyLimit({ maxRunning: 1, maxWaitMs: 20, message });
  let release = () => {};
  const first = limit.run(() => new Promise<void>((resolve) => (release = resolve)));
  await expect(limit.run(async () => "never")).rejects.toMatchObject({ code: "OVERLOADED", message });
  const second = limit.run(async () => "second");
  release();
  await first;
  expect(await second).toBe("second");
  expect(await limit.run(async () => "third")).toBe("third");
});
