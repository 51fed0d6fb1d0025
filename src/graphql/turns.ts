import { setImmediate as nextTurn } from "node:timers/promises";

/** Signing this many URLs takes about a millisecond. */
export const itemsPerTurn = 100;

/**
 * Spreads the items of one operation, over all of its fields, over turns of the event loop, so that the requests of
 * other callers run in between.
 */
export class Turns {
  #items = 0;
  #last: Promise<void> | undefined;

  /** Calls `work` for each item, in order, and waits for a turn before each 100 of them. */
  async map<Item, Result>(
    items: readonly Item[],
    work: (item: Item, index: number) => Result,
  ): Promise<Result[]> {
    const results: Result[] = [];
    for (let start = 0; start < items.length; start += itemsPerTurn) {
      const some = items.slice(start, start + itemsPerTurn);
      await this.take(some.length);
      for (const [index, item] of some.entries()) results.push(work(item, start + index));
    }
    return results;
  }

  /** Waits until work on the next items may begin. Undefined means that it may begin at once. */
  take(items: number): Promise<void> | undefined {
    if (this.#items > 0 && this.#items + items > itemsPerTurn) {
      this.#items = 0;
      this.#last = (this.#last ?? Promise.resolve()).then(() => nextTurn());
    }
    this.#items += items;
    return this.#last;
  }
}
