import { setImmediate as turnOfOthers } from "node:timers/promises";
import { badUserInput } from "../core/errors.ts";

export const maxBatch = 1000;
/** About a millisecond of signatures, after which other callers' requests have a turn. */
const itemsATurn = 100;

/**
 * Answers item i for item i. A failure is an answer too: graphql-js turns an Error in a list into a
 * null with an error whose path names the item, and the others stay as they are.
 *
 * @throws {ValetKeyError} BAD_USER_INPUT for more than 1,000 items
 */
export async function answerEach<Item, Answer>(
  items: readonly Item[],
  field: string,
  answer: (item: Item, at: string) => Promise<Answer>,
): Promise<(Answer | Error)[]> {
  if (items.length > maxBatch) throw badUserInput(field, `At most ${maxBatch} at once.`);
  const answers: Promise<Answer | Error>[] = [];
  for (const [index, item] of items.entries()) {
    if (index > 0 && index % itemsATurn === 0) await turnOfOthers();
    answers.push(answerOrError(() => answer(item, `${field}.${index}.`)));
  }
  return Promise.all(answers);
}

async function answerOrError<Answer>(answer: () => Promise<Answer>): Promise<Answer | Error> {
  try {
    return await answer();
  } catch (error) {
    return error as Error;
  }
}
