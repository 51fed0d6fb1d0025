import type { GraphQLError, OperationDefinitionNode } from "graphql";
import { isServiceFailure, ValetKeyError } from "../../core/errors.ts";
import { activeSpan, inSpan, markFailed } from "../../core/tracing.ts";
import { isUnexpected, originalError, requestErrorCode } from "./error-format.ts";

/** Runs the execution of an operation in a span, whose name is the operation's type as soon as it is known. */
export function inOperationSpan<Result>(execute: () => Promise<Result>): Promise<Result> {
  return inSpan("GraphQL operation", {}, execute);
}

const maxNameLength = 64;

/**
 * The client chooses an operation's name, so it is no part of the span's name. A name of GraphQL consists of letters, digits
 * and underscores.
 */
export function nameOperation(operation: OperationDefinitionNode | undefined): void {
  const span = activeSpan();
  if (operation === undefined || span?.isRecording() !== true) return;
  const name = operation.name?.value ?? "";
  span.updateName(operation.operation);
  span.setAttribute("graphql.operation.type", operation.operation);
  if (name !== "" && name.length <= maxNameLength) span.setAttribute("graphql.operation.name", name);
}

/** A failure of a service takes precedence over an error of the request. */
export function markOperationFailed(errors: readonly GraphQLError[]): void {
  const span = activeSpan();
  if (span?.isRecording() !== true) return;
  const failure = errors.find(isFault);
  const [error = failure] = errors;
  markFailed(span, { type: codeOf(failure ?? error), isFault: failure !== undefined });
}

function isFault(error: GraphQLError): boolean {
  return isUnexpected(error) || isServiceFailure(originalError(error));
}

function codeOf(error: GraphQLError | undefined): string {
  const original = originalError(error);
  if (original instanceof ValetKeyError) return original.code;
  return requestErrorCode(error) ?? "INTERNAL_SERVER_ERROR";
}
