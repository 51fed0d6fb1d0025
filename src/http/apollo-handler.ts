import { type ApolloServer, type BaseContext, HeaderMap, type HTTPGraphQLRequest } from "@apollo/server";
import type { FastifyReply, FastifyRequest } from "fastify";

/**
 * Answers a request with what Apollo makes of it. The request's own host is never looked at: what a client
 * writes there may be no host at all.
 */
export async function answerWithApollo<Context extends BaseContext>(
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
  // Apollo sends parts of an answer for @defer and @stream alone, which this schema does not have.
  if (body.kind !== "complete") throw new TypeError("An answer in parts.");
  // What may be kept of an answer that is made for one caller is not Apollo's to say.
  headers.delete("cache-control");
  reply.code(status).headers(Object.fromEntries(headers));
  return body.string;
}

/** All that Apollo and the plugins here look at. */
const relevantHeaders = ["accept", "content-type", "apollo-require-preflight", "x-apollo-operation-name"];

function toApolloRequest({ method, url, headers: given, body }: FastifyRequest): HTTPGraphQLRequest {
  const headers = new HeaderMap();
  for (const name of relevantHeaders) {
    const value = given[name];
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  const question = url.indexOf("?");
  return { method, headers, search: question === -1 ? "" : url.slice(question), body };
}
