import { Lexer, Source, TokenKind } from "graphql";
import { limits } from "./limits.ts";
import { operationRefused } from "./operation-refused.ts";

/**
 * Checks the text of a document against the limits, before it is parsed: graphql-js's parser is recursive, so how deep
 * it gets before the stack ends depends on the version of Node.js.
 *
 * @throws {GraphQLError} BAD_USER_INPUT, HTTP status 400
 */
export function assertSourceWithinLimits(source: string): void {
  const bytes = Buffer.byteLength(source);
  if (bytes > limits.documentBytes) {
    throw operationRefused(
      `The query text has ${bytes.toLocaleString("en")} bytes, and at most ${limits.documentBytes.toLocaleString("en")} are allowed: pass values as variables, or split the document.`,
    );
  }
  if (isNestedTooDeeply(source)) throw nestedTooDeeply();
}

export function nestedTooDeeply() {
  return operationRefused(
    `The document is nested too deeply: at most ${limits.depth} selection sets, lists and objects may be inside each other.`,
  );
}

/** Text that is not GraphQL is left to the parser, which says what is wrong with it. */
function isNestedTooDeeply(source: string): boolean {
  const lexer = new Lexer(new Source(source));
  let depth = 0;
  try {
    for (let { kind } = lexer.advance(); kind !== TokenKind.EOF; { kind } = lexer.advance()) {
      if (kind === TokenKind.BRACE_L || kind === TokenKind.BRACKET_L) depth += 1;
      else if (kind === TokenKind.BRACE_R || kind === TokenKind.BRACKET_R) depth -= 1;
      if (depth > limits.depth) return true;
    }
  } catch {
    // The lexer throws syntax errors only.
  }
  return false;
}
