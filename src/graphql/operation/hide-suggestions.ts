import { GraphQLError, type GraphQLFormattedError } from "graphql";
import { ValetKeyError } from "../../core/errors.ts";

type FormatError = (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;

/**
 * Removes graphql-js's `Did you mean "…"?`, which lists names of the schema. Apollo's option
 * `hideSchemaDetailsFromClientErrors` does so only for errors of validation, not for those of variables.
 */
export function withoutSuggestions(format: FormatError): FormatError {
  return (formatted, error) => {
    const response = format(formatted, error);
    const isOurs = error instanceof GraphQLError && error.originalError instanceof ValetKeyError;
    return isOurs
      ? response
      : { ...response, message: response.message.replace(/ ?Did you mean .*\?$/s, "") };
  };
}
