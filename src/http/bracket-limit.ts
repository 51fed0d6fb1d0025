import { ValetKeyError } from "../core/errors.ts";

/**
 * The variables may hold 40,000 values, so at most that many lists and objects. The rest is for brackets in strings, which are
 * counted too.
 */
const maxBrackets = 100_000;

const openList = "[".charCodeAt(0);
const openObject = "{".charCodeAt(0);

/**
 * Call this before JSON is parsed. Parsing takes time for each list and object, however small: a million nested lists, which
 * fit into 2 MiB, block the event loop for 0.2 to 0.4 s.
 */
export function bracketError(json: string): ValetKeyError | undefined {
  if (json.length <= maxBrackets) return undefined;
  let brackets = 0;
  for (let i = 0; i < json.length; i++) {
    const code = json.charCodeAt(i);
    if (code === openList || code === openObject) brackets += 1;
  }
  if (brackets <= maxBrackets) return undefined;
  return new ValetKeyError(
    "BAD_USER_INPUT",
    `The request has ${brackets.toLocaleString("en")} opening brackets, and at most ${maxBrackets.toLocaleString("en")} are allowed.`,
  );
}
