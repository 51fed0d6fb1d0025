import { expect, test } from "vitest";
import { ValueLimit } from "../../../src/http/value-limit.ts";

test("an operation that is admitted twice does not wait behind one that waits for it", async () => {
  const limit = new ValueLimit(10);
  const order: string[] = [];
  let admitAgain = () => {};
  const otherWaits = new Promise<void>((resolve) => {
    admitAgain = resolve;
  });
  const first = limit.run(async (admit) => {
    await admit(10);
    await otherWaits;
    await admit(10);
    order.push("first");
  });
  const second = limit.run(async (admit) => {
    const admitted = admit(1);
    admitAgain();
    await admitted;
    order.push("second");
  });
  await Promise.all([first, second]);
  expect(order).toEqual(["first", "second"]);
});

test("an operation that needs fewer values the second time lets others start", async () => {
  const limit = new ValueLimit(10);
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const first = limit.run(async (admit) => {
    await admit(10);
    await Promise.resolve();
    await admit(5);
    await ended;
  });
  await limit.run(async (admit) => admit(5));
  end();
  await first;
  expect(await limit.run(async (admit) => admit(10))).toBeUndefined();
});
