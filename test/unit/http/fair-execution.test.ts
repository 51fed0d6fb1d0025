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

test("a client's operations have a limited number of values at once, and other clients do not wait for them", async () => {
  const execution = new FairExecution({ maxRunningValues: 100, isLate: () => false });
  const started: string[] = [];
  const operations = new Map<string, ReturnType<typeof makeOperation>>();
  const run = (client: string, name: string, values: number) => {
    const operation = makeOperation();
    operations.set(name, operation);
    return execution.run(client, async (admit) => {
      await admit(values);
      started.push(name);
      return operation.run();
    });
  };
  const finish = (name: string) => operations.get(name)?.finish();

  const results = [
    run("a", "60", 60),
    run("a", "50", 50),
    run("a", "1", 1),
    run("b", "of another client", 60),
  ];
  await expect.poll(() => started).toEqual(["60", "of another client"]);
  finish("60");
  await expect.poll(() => started).toEqual(["60", "of another client", "50", "1"]);
  // It exceeds the limit by itself, so it runs alone.
  results.push(run("a", "200", 200));
  finish("50");
  finish("1");
  await expect.poll(() => started.at(-1)).toBe("200");
  finish("200");
  finish("of another client");
  await Promise.all(results);
});

test("an operation that fails while it waits takes no share", async () => {
  const execution = new FairExecution({ maxRunningValues: 100, isLate: () => false });
  const first = makeOperation();
  const result = execution.run("a", async (admit) => {
    await admit(100);
    return first.run();
  });
  const failed = execution.run("a", async (admit) => {
    void admit(100);
    throw new Error("The variables do not fit.");
  });
  await expect(failed).rejects.toThrow("The variables do not fit.");
  const last = execution.run("a", async (admit) => {
    await admit(100);
    return "last";
  });
  first.finish();
  expect(await Promise.all([result, last])).toEqual(["done", "last"]);
});

test("an operation that is admitted again counts once, with its last number of values", async () => {
  const execution = new FairExecution({ maxRunningValues: 100, isLate: () => false });
  const [held, other] = [makeOperation(), makeOperation()];
  const first = execution.run("a", async (admit) => {
    await admit(100);
    await admit(40);
    return held.run();
  });
  const second = execution.run("a", async (admit) => {
    await admit(60);
    return other.run();
  });
  await expect.poll(() => held.hasStarted() && other.hasStarted()).toBe(true);
  const third = execution.run("a", async (admit) => {
    expect(admit(1)).toBeInstanceOf(Promise);
    return "waits";
  });
  expect(await third).toBe("waits");
  for (const { finish } of [held, other]) finish();
  expect(await Promise.all([first, second])).toEqual(["done", "done"]);
});

test("all clients together run a limited number of operations, and the others wait in order", async () => {
  const execution = new FairExecution({ maxRunning: 2, maxRunningTogether: 2, isLate: () => false });
  const operations = Array.from({ length: 4 }, makeOperation);
  const started = () => operations.map(({ hasStarted }) => hasStarted());
  const results = ["a", "a", "a", "b"].map((client, index) =>
    execution.run(client, operations[index]?.run ?? (async () => "")),
  );
  expect(started()).toEqual([true, true, false, false]);
  operations[0]?.finish();
  // The third operation of the first client waits for a place of its own client, and gets in line after the other client.
  await expect.poll(started).toEqual([true, true, false, true]);
  operations[1]?.finish();
  await expect.poll(started).toEqual([true, true, true, true]);
  for (const { finish } of operations) finish();
  expect(await Promise.all(results)).toEqual(["done", "done", "done", "done"]);
});

test("an operation that waits too long for the others is refused", async () => {
  const execution = new FairExecution({ maxRunningTogether: 1, maxWaitMs: 1, isLate: () => false });
  const running = makeOperation();
  const result = execution.run("a", running.run);
  const refused = execution.run("b", async () => "late");
  await expect(refused).rejects.toMatchObject({ code: "OVERLOADED", reason: "process_operations" });
  running.finish();
  expect(await result).toBe("done");
});
