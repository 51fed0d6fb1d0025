import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ValetKeyError } from "../../../src/core/errors.ts";
import { answerEach, maxBatch } from "../../../src/graphql/batch.ts";

describe("answerEach", () => {
  test("answers item i for item i, whoever is done first, and harms no other by a failure", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ turns: fc.nat(3), fails: fc.boolean() })), async (items) => {
        const answers = await answerEach(items, "items", async ({ turns, fails }, at) => {
          for (let count = 0; count < turns; count += 1) await turn();
          if (fails) throw new Error(at);
          return at;
        });
        expect(answers).toEqual(
          items.map(({ fails }, index) => (fails ? new Error(`items.${index}.`) : `items.${index}.`)),
        );
      }),
    );
  });

  test("catches what is thrown before the first await, too", async () => {
    const failure = new Error("at once");
    expect(
      await answerEach([1], "items", () => {
        throw failure;
      }),
    ).toEqual([failure]);
  });

  test("takes 1,000 items", async () => {
    const items = Array.from({ length: maxBatch }, (_, index) => index);
    expect(await answerEach(items, "items", async (item) => item)).toEqual(items);
  });

  test("lets others have their turns before the last of them is begun", async () => {
    const items = Array.from({ length: maxBatch }, (_, index) => index);
    let begun = 0;
    const answers = answerEach(items, "items", async (item) => {
      begun += 1;
      return item;
    });
    let turns = 0;
    for (; begun < maxBatch; turns += 1) await turn();
    expect(turns).toBeGreaterThanOrEqual(9);
    expect(await answers).toEqual(items);
  });

  test("refuses one more before it answers any", async () => {
    const items = Array.from({ length: maxBatch + 1 }, (_, index) => index);
    let asked = 0;
    const answer = async () => {
      asked += 1;
    };
    await expect(answerEach(items, "items", answer)).rejects.toMatchObject({
      constructor: ValetKeyError,
      ...{ code: "BAD_USER_INPUT", field: "items" },
    });
    expect(asked).toBe(0);
  });
});
