import { incompleteResponse } from "./errors.ts";

/** How many items one operation of the server takes. */
export const maxItems = 1000;

/**
 * Calls `send` for each 1,000 items, one batch after the other, and returns all results in order.
 *
 * @param send takes a batch, and how many items there were before it
 */
export async function inBatches<Item, Result>(
  items: readonly Item[],
  send: (batch: readonly Item[], offset: number) => Promise<readonly Result[]>,
): Promise<Result[]> {
  const all = [...items];
  const results: Result[] = [];
  for (let start = 0; start < all.length; start += maxItems) {
    const batch = all.slice(start, start + maxItems);
    const own = await send(batch, start);
    if (own.length !== batch.length) throw incompleteResponse();
    results.push(...own);
  }
  return results;
}
