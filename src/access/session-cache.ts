import { LRUCache } from "lru-cache";
import type { Clock } from "../core/clock.ts";
import type { RoleSession } from "./role-session.ts";

export interface CachedSession {
  readonly session: RoleSession;
  readonly assumedAtMs: number;
  /** The session before it, for URLs that have to stay the same although the session was renewed. */
  readonly previous?: RoleSession | undefined;
}

export interface SessionCacheOptions {
  /** AWS's time. */
  readonly clock: Clock;
  /** In milliseconds. */
  readonly monotonicNow: () => number;
  /** Above either limit, the least recently used sessions are removed. */
  readonly maxSessions?: number | undefined;
  readonly maxSessionBytes?: number | undefined;
  /** Called with the number of sessions that were added, or removed if it is negative. */
  readonly onSizeChange: (change: number) => void;
}

const purgeEveryMs = 60_000;
/** The approximate memory of a session without its token: keys, name, dates and the cache's own entry. */
const sessionOverheadBytes = 700;

/** Role sessions by the key of their request. Expired ones are removed. */
export class SessionCache {
  readonly #options: SessionCacheOptions;
  readonly #sessions: LRUCache<string, CachedSession>;
  #purgedAtMs = 0;
  #reportedSize = 0;

  constructor(options: SessionCacheOptions) {
    this.#options = options;
    this.#sessions = new LRUCache({
      max: options.maxSessions ?? 100_000,
      maxSize: options.maxSessionBytes ?? 256 * 2 ** 20,
      sizeCalculation: ({ session, previous }) => bytesOf(session) + (previous ? bytesOf(previous) : 0),
      perf: { now: options.clock },
      ttlResolution: 0,
    });
  }

  get(key: string): CachedSession | undefined {
    this.#purgeSometimes();
    return this.#sessions.get(key);
  }

  /** @param assumedAtMs default: now */
  set(key: string, session: RoleSession, assumedAtMs = this.#options.clock()): void {
    const now = this.#options.clock();
    const previous = this.#sessions.peek(key)?.session;
    const ttl = Math.max(session.expiresAt.getTime() - now, 1);
    this.#sessions.set(key, { session, assumedAtMs, previous }, { ttl });
    this.#reportSize();
  }

  /**
   * The newest session that lives long enough. With `asOf`, the session of that moment, or else the first
   * one after it.
   */
  find(
    { session, assumedAtMs, previous }: CachedSession,
    mustOutliveSeconds: number,
    asOf: Date | undefined,
  ): RoleSession | undefined {
    const livesUntilMs = this.#options.clock() + mustOutliveSeconds * 1_000;
    const serves = (each: RoleSession) => each.expiresAt.getTime() >= livesUntilMs;
    const doesNewestServe = serves(session);
    if (doesNewestServe && assumedAtMs <= (asOf?.getTime() ?? Infinity)) return session;
    if (previous !== undefined && serves(previous)) return previous;
    return doesNewestServe ? session : undefined;
  }

  clear(): void {
    this.#sessions.clear();
    this.#reportSize();
  }

  #reportSize(): void {
    const { size } = this.#sessions;
    if (size !== this.#reportedSize) this.#options.onSizeChange(size - this.#reportedSize);
    this.#reportedSize = size;
  }

  #purgeSometimes(): void {
    const now = this.#options.monotonicNow();
    if (now - this.#purgedAtMs < purgeEveryMs) return;
    this.#purgedAtMs = now;
    this.#sessions.purgeStale();
    this.#reportSize();
  }
}

function bytesOf({ credentials }: RoleSession): number {
  return credentials.sessionToken.length + sessionOverheadBytes;
}
