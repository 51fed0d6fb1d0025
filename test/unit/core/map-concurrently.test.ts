import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { mapConcurrently } from "../../../src/core/map-concurrently.ts";

describe("mapConcurrently", () => {
  test("returns results in the order of the items, and runs at most the allowed number at once", async () => {
    let running = 0;
    let most = 0;
    const results = await mapConcurrently([5, 1, 4, 2, 3], 2, async (turns) => {
      running += 1;
      most = Math.max(most, running);
      for (let left = turns; left > 0; left -= 1) await turn();
      running -= 1;
      return turns * 10;
    });
    expect(results).toEqual([50, 10, 40, 20, 30]);
    expect(most).toBe(2);
    expect(await mapConcurrently([], 4, async () => 1)).toEqual([]);
  });

  test("starts nothing after a failure, and waits for calls in progress", async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    const failing = mapConcurrently([1, 2, 3, 4, 5], 2, async (item) => {
      begun.push(item);
      await turn();
      if (item === 1) throw new Error("first");
      await turn();
      ended.push(item);
    });
    await expect(failing).rejects.toThrow("first");
    expect(begun).toEqual([1, 2]);
    expect(ended).toEqual([2]);
  });
});
