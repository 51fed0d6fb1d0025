import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";
import { type Principal, principalKey } from "../core/principal.ts";
import { stateOf } from "./request-state.ts";

/**
 * Identifies the client whose limits a request counts against. It is the token's subject, or the address of a caller
 * without a valid token.
 */
export function callerKey(request: FastifyRequest): string {
  const state = stateOf(request);
  state.callerKey ??= keyOf(request, state.principal);
  return state.callerKey;
}

function keyOf(request: FastifyRequest, principal: Principal): string {
  return principal.authenticated ? `principal:${principalKey(principal)}` : `ip:${addressOf(request)}`;
}

/**
 * The address of the client, from X-Forwarded-For where the peer is a trusted proxy. A header that names no address
 * there is ignored: a client behind the proxy may have written it.
 */
export function addressOf(request: FastifyRequest): string {
  // Express knows which proxies its application trusts.
  const address = (request.raw as { ip?: string | undefined }).ip ?? request.ip;
  return isIP(address) === 0 ? (request.socket.remoteAddress ?? "") : address;
}
