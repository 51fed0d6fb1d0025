import { limits } from "../../src/graphql/operation/limits.ts";
import type { Exchange, FuzzResponse } from "./exchange.ts";
import { hasAmbiguousLength } from "./http-bytes.ts";
import { findingAboutViewer, type ReportedViewer } from "./token-check.ts";

/** Statuses from 500 that say what is wrong with the request, or that the server is busy. */
const expectedServerStatuses = new Set([501, 503, 505]);

interface GraphQLBody {
  readonly data?: { readonly viewer?: ReportedViewer } | null;
  readonly errors?: readonly {
    readonly message?: unknown;
    readonly extensions?: { readonly code?: unknown; readonly retryable?: unknown };
  }[];
}

/** Returns what is wrong with the responses to one case. */
export function findingAbout(
  fuzzer: string,
  request: { readonly bytes: Buffer; readonly isWellFramed: boolean },
  { responses, isClosed }: Exchange,
): string | undefined {
  if (!isClosed) return "The connection was not closed.";
  if (request.isWellFramed && responses.length !== 1)
    return `There were ${responses.length} responses, not one.`;
  for (const response of responses) {
    const finding = findingAboutResponse(response, request.isWellFramed);
    if (finding !== undefined) return finding;
  }
  const [first] = responses;
  if (fuzzer === "bytes" && first !== undefined && first.status < 400 && hasAmbiguousLength(request.bytes)) {
    return `A request with two lengths has the status ${first.status}.`;
  }
  if (fuzzer === "tokens" && first?.status === 200) {
    const { data } = JSON.parse(first.body) as GraphQLBody;
    const authorization = /^authorization: ([^\r]*)/im.exec(request.bytes.toString("latin1"))?.[1] ?? "";
    return data?.viewer && findingAboutViewer(authorization.trim(), data.viewer);
  }
  return undefined;
}

function findingAboutResponse(
  { status, contentType, body }: FuzzResponse,
  isGraphQL: boolean,
): string | undefined {
  const described = `${status} ${body.slice(0, 500)}`;
  if (Number.isNaN(status)) return `The response has no status: ${described}`;
  if (status >= 500 && !expectedServerStatuses.has(status)) return `A server error: ${described}`;
  if (!isGraphQL && !/json/.test(contentType)) return undefined;
  let json: GraphQLBody;
  try {
    json = JSON.parse(body) as GraphQLBody;
  } catch {
    // A response to HEAD has the header of one with a body.
    return body === "" && !isGraphQL ? undefined : `The response is not JSON: ${described}`;
  }
  if (isGraphQL && json.data === undefined && json.errors === undefined && !Array.isArray(json)) {
    return `The response is not a GraphQL response: ${described}`;
  }
  if (body.length > limits.responseBytes + 2 * limits.errorBytes)
    return `The response has ${body.length} characters.`;
  return json.errors?.map(findingAboutError).find((finding) => finding !== undefined);
}

function findingAboutError({
  message,
  extensions,
}: NonNullable<GraphQLBody["errors"]>[number]): string | undefined {
  const { code, retryable } = extensions ?? {};
  if (code === "INTERNAL_SERVER_ERROR") return `An internal error: ${String(message)}`;
  if (typeof code !== "string" || typeof retryable !== "boolean")
    return `An error without code or retryable: ${String(message)}`;
  if (typeof message !== "string" || message.length > limits.messageLength)
    return `An error with a message of ${String(message).length} characters.`;
  return undefined;
}
