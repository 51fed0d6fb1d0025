import type { FastifyReply, FastifyRequest } from "fastify";
import type { RequestContext } from "../graphql/context.ts";
import { assertReported, stringifyResult } from "../graphql/operation/error-format.ts";
import type { OperationRequest, PreparedOperations } from "../graphql/operation/prepared-operations.ts";
import { errorType } from "./content-negotiation.ts";
import { isLong, type ResponseBody, stringifyInPieces } from "./response-pieces.ts";

/**
 * Executes a request whose document Apollo has seen before, and returns the body of the response.
 * @returns undefined if Apollo has to execute it
 */
export async function executePrepared(
  prepared: PreparedOperations,
  context: RequestContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { inPieces = false }: { readonly inPieces?: boolean | undefined } = {},
): Promise<ResponseBody | undefined> {
  const operation = operationRequest(request);
  const result = operation && (await prepared.execute(operation, context));
  if (result === undefined) return undefined;
  reply.code(result.data === undefined ? 400 : 200);
  reply.header("content-type", errorType(request));
  if (!inPieces || !isLong(result)) return stringifyResult(result);
  assertReported(result);
  const pieces = await stringifyInPieces(result);
  reply.header("content-length", pieces.bytes);
  return pieces;
}

/**
 * The first half of the decision whether a request can skip Apollo: its shape. `PreparedOperations` decides about its document,
 * limits and variables.
 * @returns undefined for a request that is unusual in any way: a GET, a form, other extensions than the id of a persisted
 * operation, or a value of another type
 */
function operationRequest({ method, url, headers, body }: FastifyRequest): OperationRequest | undefined {
  if (method !== "POST" || url.includes("?") || headers["content-type"] !== "application/json")
    return undefined;
  if (!isRecord(body)) return undefined;
  const { query, operationName, variables, extensions } = body;
  const id = query === undefined ? persistedId(extensions) : undefined;
  if (id === undefined && (typeof query !== "string" || (extensions ?? null) !== null)) return undefined;
  if (typeof (operationName ?? "") !== "string" || !isRecord(variables ?? {})) return undefined;
  return {
    query: query as string | undefined,
    id,
    operationName: (operationName as string | null | undefined) ?? undefined,
    variables: (variables as Record<string, unknown> | null | undefined) ?? undefined,
  };
}

/** The id of a persisted operation, if there are no other extensions. */
function persistedId(extensions: unknown): string | undefined {
  if (!isRecord(extensions) || Object.keys(extensions).length !== 1) return undefined;
  const { persistedQuery } = extensions;
  if (!isRecord(persistedQuery) || persistedQuery.version !== 1) return undefined;
  const { sha256Hash } = persistedQuery;
  return typeof sha256Hash === "string" ? sha256Hash : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
