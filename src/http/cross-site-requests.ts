import type { FastifyRequest } from "fastify";
import { ValetKeyError } from "../core/errors.ts";
import { isForm, isJson, prefersPage } from "./content-negotiation.ts";

/** Headers that a page of another origin can send only if a CORS preflight request allows it. */
const preflightedHeaders = ["apollo-require-preflight", "x-apollo-operation-name"];

const queryMessage =
  "Pages of other sites could send this GET without a CORS preflight. " +
  "Add the header apollo-require-preflight: 1, or send queries by POST: " +
  'set preferGetMethod: false in urql, or method: "POST" in graphql-request.';
const formMessage =
  "Pages of other sites could send this form without a CORS preflight. Add the header apollo-require-preflight: 1.";

/** Whether a page of another origin could send this request only after a CORS preflight request. */
export function hasPreflightedHeader(request: FastifyRequest): boolean {
  return preflightedHeaders.some((name) => request.headers[name]) || isJson(request);
}

/**
 * The error for a form, or for a query by GET, that a page of any other origin could send on behalf of its visitor.
 * The header Accept proves nothing, because browsers send it without a preflight. Apollo makes the same check for
 * queries; this one is earlier, and its message says what to do.
 */
export function crossSiteError(request: FastifyRequest): ValetKeyError | undefined {
  const { method, headers } = request;
  if (preflightedHeaders.some((name) => headers[name])) return undefined;
  if (isForm(request)) return new ValetKeyError("BAD_USER_INPUT", formMessage);
  // Browsers send application/json, the only other type that the server accepts, only after a preflight.
  const isQuery = method === "GET" && headers["content-type"] === undefined && !prefersPage(request);
  return isQuery ? new ValetKeyError("BAD_USER_INPUT", queryMessage) : undefined;
}
