import { GraphQLError } from "graphql";
import { ValetKeyError } from "../../core/errors.ts";
import { limits } from "./limits.ts";

/** Refuses a whole operation before it runs: BAD_USER_INPUT with HTTP status 400. */
export function operationRefused(message: string): GraphQLError {
  return new GraphQLError(message, {
    originalError: new ValetKeyError("BAD_USER_INPUT", message),
    extensions: { http: { status: 400 } },
  });
}

export function nameTooLong(name: string): GraphQLError {
  return operationRefused(
    `The name "${name.slice(0, 20)}…" has ${name.length} characters, and a name has at most ${limits.nameLength}: use a shorter one.`,
  );
}
