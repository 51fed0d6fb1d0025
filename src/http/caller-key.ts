import type { FastifyRequest } from "fastify";
import { principalKey } from "../core/principal.ts";
import { stateOf } from "./request-state.ts";

/**
 * Identifies the client whose limits a request counts against. It is the token's subject, or the address of a caller
 * without a valid token.
 */
export function callerKey(request: FastifyRequest): string {
  const { principal } = stateOf(request);
  return principal.authenticated ? `principal:${principalKey(principal)}` : `ip:${addressOf(request)}`;
}

/** Express knows which proxies its application trusts. */
function addressOf(request: FastifyRequest): string {
  return (request.raw as { ip?: string | undefined }).ip ?? request.ip;
}
