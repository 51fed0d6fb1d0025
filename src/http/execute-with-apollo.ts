import { type ApolloServer, type BaseContext, HeaderMap, type HTTPGraphQLRequest } from "@apollo/server";
import type { FastifyReply, FastifyRequest } from "fastify";

/**
 * Executes a request with Apollo and returns the body of the response. The header Host is not used, because a client
 * can write anything into it.
 */
export async function executeWithApollo<Context extends BaseContext>(
  apollo: ApolloServer<Context>,
  context: () => Promise<Context>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<string> {
  const {
    status = 200,
    headers,
    body,
  } = await apollo.executeHTTPGraphQLRequest({
    httpGraphQLRequest: toApolloRequest(request),
    context,
  });
  // Apollo sends a response in chunks only for @defer and @stream, which this schema does not have.
  if (body.kind !== "complete") throw new TypeError("The response is not complete.");
  // The response is for one caller. The HTTP server decides how it may be cached.
  headers.delete("cache-control");
  reply.code(status);
  for (const [name, value] of headers) reply.header(name, value);
  return body.string;
}

/** All headers that Apollo and its plugins use. */
const relevantHeaders = ["accept", "content-type", "apollo-require-preflight", "x-apollo-operation-name"];

function toApolloRequest({ method, url, headers: given, body }: FastifyRequest): HTTPGraphQLRequest {
  const headers = new HeaderMap();
  for (const name of relevantHeaders) {
    const value = given[name];
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  const queryStart = url.indexOf("?");
  return { method, headers, search: queryStart === -1 ? "" : url.slice(queryStart), body };
}
