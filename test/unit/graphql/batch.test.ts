import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { badUserInput, ValetKeyError } from "../../../src/core/errors.ts";
import { maxBatch, settleEach } from "../../../src/graphql/batch.ts";
import { Turns } from "../../../src/graphql/turns.ts";

const batch = () => ({ argument: "items", turns: new Turns() });

describe("settleEach", () => {
  test("returns the outcome of item i as item i, in whatever order the items finish", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ turns: fc.nat(3), fails: fc.boolean() })), async (items) => {
        const results = await settleEach(items, batch(), async ({ turns, fails }) => {
          for (let count = 0; count < turns; count += 1) await turn();
          if (fails) throw new Error("failed");
          return turns;
        });
        expect(results).toEqual(items.map(({ turns, fails }) => (fails ? new Error("failed") : turns)));
      }),
    );
  });

  test("also catches what is thrown before the first await", async () => {
    const failure = new Error("thrown synchronously");
    const results = await settleEach([1], batch(), () => {
      throw failure;
    });
    expect(results).toEqual([failure]);
  });

  test("names the item in the error's field, except for arguments that all items share", async () => {
    const fields = ["key", "expiresIn"];
    const results = await settleEach(
      fields,
      { argument: "objects", elsewhere: { expiresIn: "expiresIn" }, turns: new Turns() },
      async (field) => {
        throw badUserInput(field, "Not valid.");
      },
    );
    expect(results).toMatchObject([{ field: "objects.0.key" }, { field: "expiresIn" }]);
  });

  test("accepts 1,000 items", async () => {
    const items = Array.from({ length: maxBatch }, (_, index) => index);
    expect(await settleEach(items, batch(), async (item) => item)).toEqual(items);
  });

  test("lets other requests run between the items", async () => {
    const items = Array.from({ length: maxBatch }, (_, index) => index);
    let begun = 0;
    const results = settleEach(items, batch(), async (item) => {
      begun += 1;
      return item;
    });
    let turns = 0;
    for (; begun < maxBatch; turns += 1) await turn();
    expect(turns).toBeGreaterThanOrEqual(9);
    expect(await results).toEqual(items);
  });

  test("lets other requests run between the items of several batches of one operation", async () => {
    const turns = new Turns();
    const items = Array.from({ length: 60 }, (_, index) => index);
    let finished = 0;
    const finishedPerTurn: number[] = [];
    const batches = Array.from({ length: 20 }, async () => {
      await settleEach(items, { argument: "items", turns }, async (item) => item);
      finished += 1;
    });
    while (finished < batches.length) {
      const before = finished;
      await turn();
      finishedPerTurn.push(finished - before);
    }
    // graphql-js completes the items of a batch when the batch is finished.
    expect(Math.max(...finishedPerTurn)).toBeLessThanOrEqual(2);
    await Promise.all(batches);
  });

  test("refuses 1,001 items before it begins one", async () => {
    const items = Array.from({ length: maxBatch + 1 }, (_, index) => index);
    let begun = 0;
    const settle = async () => {
      begun += 1;
    };
    const refused = settleEach(items, batch(), settle);
    await expect(refused).rejects.toBeInstanceOf(ValetKeyError);
    await expect(refused).rejects.toMatchObject({ code: "BAD_USER_INPUT", field: "items" });
    expect(begun).toBe(0);
  });
});
