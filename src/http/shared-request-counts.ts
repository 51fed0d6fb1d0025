import type { FastifyRateLimitStore, FastifyRateLimitStoreCtor } from "@fastify/rate-limit";
import { LRUCache } from "lru-cache";
import type { SharedMemory } from "../core/shared-memory.ts";

/** As many callers as @fastify/rate-limit counts by default. */
const maxCallers = 5_000;

interface Window {
  count: number;
  readonly endsAtMs: number;
}

/**
 * A store for @fastify/rate-limit that counts the requests of all replicas. It counts those of this process too, and uses
 * that count while the shared memory cannot be reached.
 */
export function sharedRequestCounts(memory: SharedMemory): FastifyRateLimitStoreCtor {
  return class SharedRequestCounts implements FastifyRateLimitStore {
    readonly #windows = new LRUCache<string, Window>({ max: maxCallers });

    incr(
      caller: string,
      done: (error: Error | null, result?: { current: number; ttl: number }) => void,
      windowMs = 0,
    ): void {
      const own = this.#count(caller, windowMs);
      memory.count("requests", `${windowMs} ${caller}`, windowMs).then(
        (shared) => done(null, shared ? { current: shared.count, ttl: shared.remainingMs } : own),
        (error: Error) => done(error),
      );
    }

    /** Only one route has a limit, so its counts need no store of their own. */
    child(): this {
      return this;
    }

    #count(caller: string, windowMs: number): { current: number; ttl: number } {
      const nowMs = performance.now();
      const present = this.#windows.get(caller);
      const window =
        present !== undefined && nowMs < present.endsAtMs
          ? present
          : { count: 0, endsAtMs: nowMs + windowMs };
      window.count += 1;
      this.#windows.set(caller, window);
      return { current: window.count, ttl: window.endsAtMs - nowMs };
    }
  };
}
