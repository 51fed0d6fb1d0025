import { setImmediate as letOthersRun } from "node:timers/promises";
import { badUserInput } from "../core/errors.ts";
import { type FieldPaths, withFieldPrefix } from "./field-prefix.ts";

export const maxBatch = 1000;
/** About a millisecond of signatures. After that the requests of other callers get a turn. */
const itemsPerTurn = 100;

/**
 * Calls `settle` for every item of a list argument. Item i of the result is the outcome of item i: a value, or
 * the error that it failed with. graphql-js turns an Error in a list into `null` and an error at that item's path,
 * and leaves the other items as they are.
 *
 * @param argument the name of the list argument
 * @param elsewhere the paths of arguments that all items share
 * @throws {ValetKeyError} BAD_USER_INPUT for more than 1,000 items
 */
export async function settleEach<Item, Result>(
  items: readonly Item[],
  argument: string,
  settle: (item: Item) => Promise<Result>,
  elsewhere?: FieldPaths["elsewhere"],
): Promise<(Result | Error)[]> {
  if (items.length > maxBatch) {
    throw badUserInput(argument, `At most ${maxBatch} items are allowed, and this list has ${items.length}.`);
  }
  const results: Promise<Result | Error>[] = [];
  for (const [index, item] of items.entries()) {
    if (index > 0 && index % itemsPerTurn === 0) await letOthersRun();
    const paths = { fieldPrefix: `${argument}.${index}.`, elsewhere };
    results.push(withFieldPrefix(paths, () => settle(item)).catch((error: Error) => error));
  }
  return Promise.all(results);
}
