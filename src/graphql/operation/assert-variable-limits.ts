import { type GraphQLSchema, getVariableValues, type OperationDefinitionNode } from "graphql";
import { limits } from "./limits.ts";
import { nameTooLong, operationRefused } from "./operation-refused.ts";

export interface VariablesSize {
  /** The number of values. */
  readonly values: number;
  /** The length of all strings. */
  readonly characters: number;
}

/** Whether formatting them takes several milliseconds. Each error of graphql-js may format all of them. */
export function haveManyCharacters({ characters }: VariablesSize): boolean {
  return characters > 2 ** 18;
}

/** Whether converting them to the types of the operation takes about a millisecond or more. */
export function areLarge({ values, characters }: VariablesSize): boolean {
  return values > 1_000 || characters > 2 ** 16;
}

/** The first value that does not have the type that the operation declares, as graphql-js reports it. */
export function firstVariableError(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): string | undefined {
  return getVariableValues(schema, variableDefinitions, variables, { maxErrors: 1 }).errors?.[0]?.message;
}

/**
 * Limits the variables before graphql-js converts them, because conversion takes time for each value, and its errors
 * quote the values.
 *
 * @returns how large they are
 * @throws {GraphQLError} BAD_USER_INPUT, HTTP status 400
 */
export function assertVariablesWithinLimits(variables: Readonly<Record<string, unknown>>): VariablesSize {
  let count = 0;
  let characters = 0;
  // This is not recursive, because JSON may be nested a million levels deep.
  const waiting: unknown[] = [variables];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value === "string" && value.length > limits.variableLength) {
      throw operationRefused(
        `A string in the variables has ${value.length.toLocaleString("en")} characters, and at most ${limits.variableLength.toLocaleString("en")} are allowed.`,
      );
    }
    if (typeof value === "string") characters += value.length;
    if (Array.isArray(value)) {
      countMore(value.length);
      for (const each of value) waiting.push(each);
    } else if (isJsonObject(value)) {
      let names = 0;
      for (const name in value) {
        names += 1;
        if (names > limits.variableNames) {
          throw operationRefused(
            `An object in the variables has more than ${limits.variableNames.toLocaleString("en")} names.`,
          );
        }
        if (name.length > limits.nameLength) throw nameTooLong(name);
        countMore(1);
        waiting.push(value[name]);
      }
    }
  }
  return { values: count, characters };

  function countMore(more: number): void {
    count += more;
    if (count > limits.variableValues) {
      throw operationRefused(
        `The variables hold more than ${limits.variableValues.toLocaleString("en")} values: split the request into several.`,
      );
    }
  }
}

/** A file of a form is an object of a class and is not searched. */
function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
