import {
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  type SourceLocation,
} from "graphql";
import { ObjectStoredHookFailure, ValetKeyError } from "../../core/errors.ts";
import { limits } from "./limits.ts";
import { locationOf } from "./locations.ts";

/** Codes of Apollo that its own clients react to. */
const apolloCodes = new Set([
  "GRAPHQL_PARSE_FAILED",
  "GRAPHQL_VALIDATION_FAILED",
  "PERSISTED_QUERY_NOT_FOUND",
  "PERSISTED_QUERY_NOT_SUPPORTED",
]);
/** Apollo's other codes for a malformed request. */
const malformedRequestCodes = new Set(["BAD_REQUEST", "BAD_USER_INPUT", "OPERATION_RESOLUTION_FAILURE"]);

/**
 * An error as clients see it. A ValetKeyError keeps its message, code and field. Any other error is replaced by a
 * general message with the request id.
 */
export function publicError(error: unknown, requestId: string): GraphQLFormattedError {
  if (isExpected(error)) {
    const { message, code, retryable, field } = error;
    return { message, extensions: { code, retryable, ...(field === undefined ? {} : { field }) } };
  }
  const isHook = error instanceof ObjectStoredHookFailure;
  return {
    message: isHook
      ? error.message
      : "Something went wrong on the server. Quote the request id when you report it.",
    extensions: { code: "INTERNAL_SERVER_ERROR", retryable: isHook, requestId },
  };
}

/** Apollo's `formatError`. The message and extensions are those of `publicError`; the path is Apollo's. */
export function formatGraphQLError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const code = requestErrorCode(error);
  const located = { ...formatted, ...locationsOf(error) };
  if (code !== undefined) {
    const message = shortened(plainMessage(formatted.message));
    const field = argumentAtFault(error);
    const retryable = code === "PERSISTED_QUERY_NOT_FOUND";
    return {
      ...located,
      message,
      extensions: { code, retryable, ...(field === undefined ? {} : { field }) },
    };
  }
  const original = originalError(error);
  const requestId = formatted.extensions?.requestId;
  const visible = publicError(original, String(requestId ?? ""));
  const response = { ...located, ...visible, message: shortened(visible.message) };
  if (requestId === undefined && isUnexpected(error)) unreported.set(response.extensions ?? {}, original);
  return response;
}

/** An error of the document can concern many nodes. The first few are enough to find it. */
const maxLocations = 5;

/** Documents are stored without locations, so they are looked up for each node. */
export function locationsOf(error: unknown): { locations?: readonly SourceLocation[] } {
  if (!(error instanceof GraphQLError)) return {};
  const locations = (error.nodes ?? []).slice(0, maxLocations).flatMap((node) => locationOf(node) ?? []);
  return locations.length > 0 ? { locations } : {};
}

/** Limits messages that quote the request. */
function shortened(message: string): string {
  return message.length <= limits.messageLength ? message : `${message.slice(0, limits.messageLength - 1)}…`;
}

/** Replaces messages of graphql-js that do not tell a client what to do. */
function plainMessage(message: string): string {
  if (/^Syntax Error: Document contains more/.test(message)) {
    return `The document has more than ${limits.tokens.toLocaleString("en")} tokens: pass values as variables, or split the document.`;
  }
  return message;
}

/** Errors that no plugin has logged or given a request id, by the `extensions` object of their formatted form. */
const unreported = new WeakMap<object, unknown>();

/** Apollo's `stringifyResult`. */
export async function stringifyResult(result: FormattedExecutionResult): Promise<string> {
  assertReported(result);
  return `${JSON.stringify(result)}\n`;
}

/**
 * If Apollo fails while it creates a response, it sends the error without calling any plugin. Such an error is thrown
 * again here, so that the HTTP server logs it and sends the request id.
 */
export function assertReported({ errors = [] }: FormattedExecutionResult): void {
  for (const { extensions } of errors) {
    if (extensions !== undefined && unreported.has(extensions)) throw unreported.get(extensions);
  }
}

/** Whether an error points to a bug or an unknown failure, and is logged as an error. */
export function isUnexpected(error: unknown): boolean {
  return requestErrorCode(error) === undefined && !isExpected(originalError(error));
}

/** The error that a resolver or a plugin threw, without the GraphQLError around it. */
export function originalError(error: unknown): unknown {
  return error instanceof GraphQLError ? (error.originalError ?? error) : error;
}

/** An unexpected response of S3 is a ValetKeyError with INTERNAL_SERVER_ERROR, and is hidden like any other unexpected error. */
function isExpected(error: unknown): error is ValetKeyError {
  return error instanceof ValetKeyError && error.code !== "INTERNAL_SERVER_ERROR";
}

/** The code of an error that GraphQL or Apollo found in the document or its variables, otherwise undefined. */
export function requestErrorCode(error: unknown): string | undefined {
  if (!(error instanceof GraphQLError) || error.originalError instanceof ValetKeyError) return undefined;
  const code = String(error.extensions.code);
  if (apolloCodes.has(code)) return code;
  if (malformedRequestCodes.has(code)) return "BAD_USER_INPUT";
  if (argumentAtFault(error) !== undefined) return "BAD_USER_INPUT";
  // graphql-js reports an invalid value of a scalar without a code, and before any field is resolved.
  const beforeExecution = error.originalError === undefined && error.path === undefined;
  return beforeExecution && code === "undefined" ? "BAD_USER_INPUT" : undefined;
}

const argumentFault = /^Argument "([^"]+)" (?:of (?:required|non-null) type|has invalid value)/;

/**
 * The name of an argument that graphql-js refuses when it executes the field: a variable of an optional type may stand
 * for an argument that cannot be null, and turn out to be null.
 */
function argumentAtFault(error: unknown): string | undefined {
  const original = originalError(error);
  return original instanceof GraphQLError ? argumentFault.exec(original.message)?.[1] : undefined;
}
