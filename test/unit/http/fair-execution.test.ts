import { expect, test } from "vitest";
import { FairExecution } from "../../../src/http/fair-execution.ts";

/** An operation that runs until it is told to finish. */
function makeOperation() {
  let finish: (result: string) => void = () => {};
  const promise = new Promise<string>((resolve) => {
    finish = resolve;
  });
  let hasStarted = false;
  return {
    run: () => {
      hasStarted = true;
      return promise;
    },
    hasStarted: () => hasStarted,
    finish: () => finish("done"),
  };
}

test("a client runs a limited number of operations at once, and other clients do not wait for them", async () => {
  const execution = new FairExecution({ maxRunning: 2, maxWaiting: 1, isLate: () => false });
  const [first, second, third, other] = [makeOperation(), makeOperation(), makeOperation(), makeOperation()];
  const results = [first, second, third].map(({ run }) => execution.run("a", run));
  await expect(execution.run("a", async () => "too many")).rejects.toMatchObject({ code: "OVERLOADED" });
  results.push(execution.run("b", other.run));
  expect([first, second, third, other].map(({ hasStarted }) => hasStarted())).toEqual([
    true,
    true,
    false,
    true,
  ]);
  first.finish();
  await expect.poll(third.hasStarted).toBe(true);
  for (const { finish } of [second, third, other]) finish();
  expect(await Promise.all(results)).toEqual(["done", "done", "done", "done"]);
});

test("while the event loop is late, a client runs few operations and none wait", async () => {
  let isLate = false;
  const execution = new FairExecution({ maxRunning: 2, maxRunningWhenLate: 1, isLate: () => isLate });
  const first = makeOperation();
  const result = execution.run("a", first.run);
  isLate = true;
  await expect(execution.run("a", async () => "refused")).rejects.toMatchObject({ code: "OVERLOADED" });
  expect(await execution.run("b", async () => "other")).toBe("other");
  isLate = false;
  expect(await execution.run("a", async () => "accepted")).toBe("accepted");
  first.finish();
  expect(await result).toBe("done");
});
