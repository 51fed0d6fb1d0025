import {
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  type SourceLocation,
} from "graphql";
import { ValetKeyError } from "../../core/errors.ts";
import { limits } from "./limits.ts";
import { locationOf } from "./locations.ts";

/** Codes that Apollo's own clients know and act on. */
const apolloCodes = new Set([
  "GRAPHQL_PARSE_FAILED",
  "GRAPHQL_VALIDATION_FAILED",
  "PERSISTED_QUERY_NOT_FOUND",
  "PERSISTED_QUERY_NOT_SUPPORTED",
]);
/** Apollo's other codes for a request that is not right. */
const malformedRequestCodes = new Set(["BAD_REQUEST", "BAD_USER_INPUT", "OPERATION_RESOLUTION_FAILURE"]);

/**
 * What a client is told of an error. Only a ValetKeyError speaks for itself; anything else is
 * sent to the client with nothing but the request id.
 */
export function publicError(error: unknown, requestId: string): GraphQLFormattedError {
  if (isForeseen(error)) {
    const { message, code, retryable, field } = error;
    return { message, extensions: { code, retryable, ...(field === undefined ? {} : { field }) } };
  }
  return {
    message: "Something went wrong on the server. Quote the request id when you report it.",
    extensions: { code: "INTERNAL_SERVER_ERROR", retryable: false, requestId },
  };
}

/** Apollo's `formatError`: message and extensions as publicError has them, locations and path as Apollo does. */
export function formatGraphQLError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const code = graphqlFault(error);
  const located = { ...formatted, ...locationsOf(error) };
  if (code !== undefined) {
    const message = shortened(plainMessage(formatted.message));
    return { ...located, message, extensions: { code, retryable: code === "PERSISTED_QUERY_NOT_FOUND" } };
  }
  const thrown = whatWasThrown(error);
  const requestId = formatted.extensions?.requestId;
  const said = publicError(thrown, String(requestId ?? ""));
  const publicized = { ...located, ...said, message: shortened(said.message) };
  if (requestId === undefined && isUnexpected(error)) unreported.set(publicized.extensions ?? {}, thrown);
  return publicized;
}

/** More causes do not help to find the place. */
const maxLocations = 5;

/** Locations are taken out of documents when they are parsed. */
function locationsOf(error: unknown): { locations?: readonly SourceLocation[] } {
  if (!(error instanceof GraphQLError)) return {};
  const locations = (error.nodes ?? []).slice(0, maxLocations).flatMap((node) => locationOf(node) ?? []);
  return locations.length > 0 ? { locations } : {};
}

/** What an error quotes of the request may be long. */
function shortened(message: string): string {
  return message.length <= limits.messageLength ? message : `${message.slice(0, limits.messageLength - 1)}…`;
}

/** What graphql-js and the JavaScript engine say when they stop parsing is not for those who have to act. */
function plainMessage(message: string): string {
  if (/^Syntax Error: Document contains more/.test(message)) {
    return `The document has more than ${limits.tokens.toLocaleString("en")} tokens: pass values as variables, or split the document.`;
  }
  if (message === "Maximum call stack size exceeded") return "The document is nested too deeply.";
  return message;
}

/** The errors that no plugin has logged and given the request's id, by the extensions that they were formatted to. */
const unreported = new WeakMap<object, unknown>();

/**
 * Apollo's `stringifyResult`. When Apollo fails while it makes a response, it responds by itself, and nothing
 * tells a plugin. The error is thrown here instead, so that the HTTP server logs it and sends the request's id.
 */
export async function stringifyResult(result: FormattedExecutionResult): Promise<string> {
  for (const { extensions } of result.errors ?? []) {
    if (extensions !== undefined && unreported.has(extensions)) throw unreported.get(extensions);
  }
  return `${JSON.stringify(result)}\n`;
}

/** Whether an error is unexpected, so that a person has to look at it. */
export function isUnexpected(error: unknown): boolean {
  return graphqlFault(error) === undefined && !isForeseen(whatWasThrown(error));
}

const serviceFailureCodes = new Set([
  "CREDENTIALS_UNAVAILABLE",
  "STORAGE_UNAVAILABLE",
  "OVERLOADED",
  "TIMEOUT",
]);

/** Whether S3, STS or this server is the reason, and not the request. The log needs the stack then. */
export function isServiceFailure(error: unknown): boolean {
  return error instanceof ValetKeyError && serviceFailureCodes.has(error.code);
}

/** By a resolver, or by a plugin before there is one. */
function whatWasThrown(error: unknown): unknown {
  return error instanceof GraphQLError ? (error.originalError ?? error) : error;
}

/** An unexpected response of S3 is a ValetKeyError too. Clients learn no more from it than from any unexpected error. */
function isForeseen(error: unknown): error is ValetKeyError {
  return error instanceof ValetKeyError && error.code !== "INTERNAL_SERVER_ERROR";
}

/** The code of GraphQL's own complaint about the document or its variables; undefined for everything else. */
function graphqlFault(error: unknown): string | undefined {
  if (!(error instanceof GraphQLError) || error.originalError instanceof ValetKeyError) return undefined;
  const code = String(error.extensions.code);
  if (apolloCodes.has(code)) return code;
  if (malformedRequestCodes.has(code)) return "BAD_USER_INPUT";
  // graphql-js refuses a value of a scalar without a code, before any field is resolved.
  const beforeExecution = error.originalError === undefined && error.path === undefined;
  return beforeExecution && code === "undefined" ? "BAD_USER_INPUT" : undefined;
}
