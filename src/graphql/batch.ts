import { badUserInput } from "../core/errors.ts";
import { type FieldPaths, withFieldPrefix } from "./field-prefix.ts";
import type { Turns } from "./turns.ts";

export const maxBatch = 1000;

export interface Batch {
  /** The name of the list argument. */
  readonly argument: string;
  /** The paths of arguments that all items share. */
  readonly elsewhere?: FieldPaths["elsewhere"];
  readonly turns: Turns;
}

/**
 * Calls `settle` for every item of a list argument. Item i of the result is the outcome of item i: a value, or
 * the error that it failed with. graphql-js turns an Error in a list into `null` and an error at that item's path,
 * and leaves the other items as they are.
 *
 * @throws {ValetKeyError} BAD_USER_INPUT for more than 1,000 items
 */
export async function settleEach<Item, Result>(
  items: readonly Item[],
  { argument, elsewhere, turns }: Batch,
  settle: (item: Item) => Promise<Result>,
): Promise<(Result | Error)[]> {
  if (items.length > maxBatch) {
    throw badUserInput(argument, `At most ${maxBatch} items are allowed, and this list has ${items.length}.`);
  }
  const results = await turns.map(items, (item, index) => {
    const paths = { fieldPrefix: `${argument}.${index}.`, elsewhere };
    return withFieldPrefix(paths, () => settle(item)).catch((error: Error) => error);
  });
  return Promise.all(results);
}
