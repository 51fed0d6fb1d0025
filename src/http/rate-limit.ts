import type { RateLimitPluginOptions } from "@fastify/rate-limit";
import { ValetKeyError } from "../core/errors.ts";
import type { SharedMemory } from "../core/shared-memory.ts";
import { callerKey } from "./caller-key.ts";
import { sharedRequestCounts } from "./shared-request-counts.ts";

export interface RateLimit {
  readonly requests: number;
  readonly windowMs: number;
}

/** @param memory where replicas count requests together */
export function rateLimitOptions(memory: SharedMemory): RateLimitPluginOptions {
  return { global: false, addHeadersOnExceeding: {}, addHeaders: {}, store: sharedRequestCounts(memory) };
}

/** The limit of one route. Callers without a valid token are counted by their address. */
export function rateLimitConfig(limit: RateLimit | undefined) {
  if (limit === undefined) return {};
  return {
    rateLimit: {
      max: limit.requests,
      timeWindow: limit.windowMs,
      keyGenerator: callerKey,
      errorResponseBuilder: () => new ValetKeyError("RATE_LIMITED", "Too many requests: try again later."),
    },
  };
}
