import type { FastifyServerOptions } from "fastify";

/** The addresses and CIDR blocks of proxies whose headers `X-Forwarded-…` are believed, or how many proxies there are. */
export type TrustedProxies = readonly string[] | number;

/**
 * Fastify's option `trustProxy`. Fastify ignores a number, because it cannot tell a proxy from a client that connects
 * directly. The operator who sets one says that no client can.
 */
export function trustProxyOption(
  trusted: TrustedProxies | undefined,
): NonNullable<FastifyServerOptions["trustProxy"]> {
  if (trusted === undefined) return false;
  return typeof trusted === "number" ? (_address, hop) => hop < trusted : [...trusted];
}
