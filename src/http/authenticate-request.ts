import type { IncomingHttpHeaders } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Principal } from "../core/principal.ts";
import { stateOf } from "./request-state.ts";
import type { TokenCookie } from "./token-cookie.ts";

/** Returns the caller of a request with these headers. Throws UNAUTHENTICATED. */
export type Authenticate = (headers: IncomingHttpHeaders) => Promise<Principal>;

/**
 * A token in the Authorization header is used instead of one in a cookie. Keeps the error of a token that is not valid,
 * so that the rate limit can count the request first.
 */
export async function authenticateRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  identify: Authenticate,
  tokenCookie: TokenCookie | undefined,
): Promise<void> {
  if (tokenCookie !== undefined) addVary(reply, "Cookie");
  const state = stateOf(request);
  try {
    state.principal = await identify(tokenCookie?.withToken(request) ?? request.headers);
    // It depends on the principal.
    state.callerKey = undefined;
  } catch (error) {
    state.tokenError = error as Error;
  }
}

function addVary(reply: FastifyReply, name: string): void {
  const others = reply.getHeader("vary");
  reply.header("vary", others === undefined ? name : `${others}, ${name}`);
}
