import { badUserInput } from "../errors.ts";

export const maxBatch = 1000;

/**
 * Answers item i for item i. A failure is an answer too: graphql-js turns an Error in a list into a
 * null with an error whose path names the item, and the others stay as they are.
 *
 * @throws {ValetKeyError} BAD_USER_INPUT for more than 1,000 items
 */
export function answerEach<Item, Answer>(
  items: readonly Item[],
  field: string,
  answer: (item: Item, at: string) => Promise<Answer>,
): Promise<(Answer | Error)[]> {
  if (items.length > maxBatch) throw badUserInput(field, `At most ${maxBatch} at once.`);
  return Promise.all(
    items.map(async (item, index) => {
      try {
        return await answer(item, `${field}.${index}.`);
      } catch (error) {
        return error as Error;
      }
    }),
  );
}
