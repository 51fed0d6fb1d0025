import type { Logger } from "pino";
import type { Clock } from "../core/clock.ts";
import type { Metrics } from "../core/metrics.ts";
import { noSharedMemory, type SharedMemory } from "../core/shared-memory.ts";
import { KeyedQueue } from "./keyed-queue.ts";
import type { ProtectedSts } from "./protected-sts.ts";
import type { RoleSession } from "./role-session.ts";
import { type CachedSession, SessionCache, type SessionCacheOptions } from "./session-cache.ts";
import { sessionTooShort } from "./session-errors.ts";
import type { SessionPurpose } from "./session-policy.ts";
import {
  type SessionCaller,
  type SessionRequest,
  type SessionRequestOptions,
  SessionRequests,
} from "./session-request.ts";
import { type SharedSession, SharedSessions } from "./shared-sessions.ts";
import { SingleFlight } from "./single-flight.ts";
import type { Health } from "./sts-health.ts";
import type { UrlLifetime } from "./url-lifetime.ts";

export interface RoleSessionPoolOptions
  extends SessionRequestOptions,
    Pick<SessionCacheOptions, "maxSessions" | "maxSessionBytes"> {
  readonly sts: ProtectedSts;
  /** Where replicas share their sessions. Default: nowhere. */
  readonly sharedMemory?: SharedMemory | undefined;
  /** AWS's time. */
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, "roleSessions" | "sharedSessionsFound">;
  readonly log: Pick<Logger, "info" | "warn">;
  /** In milliseconds. */
  readonly monotonicNow?: (() => number) | undefined;
}

/** Which of a caller's sessions to return. */
export interface SessionOptions extends Partial<Pick<UrlLifetime, "asOf" | "mayShorten">> {
  /** Default: objects. */
  readonly purpose?: SessionPurpose | undefined;
}

/**
 * A part of a session's lifetime that URLs cannot use, because it passes while STS's response is transferred and
 * processed.
 */
const reserveSeconds = 30;
/** After a session that was shorter than requested, the next one is expected to be as short for this long. */
const observationMs = 30_000;
const maxRefreshLeadMs = 120_000;

/**
 * The role sessions of the process: one for each caller, policy and role. A session is returned only if it
 * lives long enough. At most one AssumeRole runs for a caller at a time, however many requests wait for it. A session that
 * another replica shares is used like one of this process.
 */
export class RoleSessionPool {
  readonly #options: RoleSessionPoolOptions;
  readonly #monotonicNow: () => number;
  readonly #requests: SessionRequests;
  readonly #cache: SessionCache;
  readonly #searches = new SingleFlight<SharedSession | undefined>();
  readonly #flights = new SingleFlight<RoleSession>();
  /** Keyed by session name, so that one caller's sessions for several purposes are assumed one after the other. */
  readonly #queue = new KeyedQueue();
  readonly #sts: ProtectedSts;
  readonly #shared: SharedSessions;
  #shortLived: { readonly seconds: number; readonly until: number } | undefined;

  constructor(options: RoleSessionPoolOptions) {
    const { metrics, sts, monotonicNow = () => performance.now() } = options;
    this.#options = options;
    this.#monotonicNow = monotonicNow;
    this.#requests = new SessionRequests(options);
    this.#cache = new SessionCache({
      ...options,
      monotonicNow,
      // Every role has a pool, and all of them count together.
      onSizeChange: (change) => metrics.roleSessions.inc(change),
    });
    this.#sts = sts;
    this.#shared = new SharedSessions({ ...options, memory: options.sharedMemory ?? noSharedMemory });
  }

  /** The longest lifetime of a URL that a fresh session can sign without expiring first. */
  get maxUrlSeconds(): number {
    const nominal = this.#nominalSeconds;
    const observed = this.#shortLived;
    return observed !== undefined && this.#monotonicNow() < observed.until
      ? Math.min(nominal, observed.seconds)
      : nominal;
  }

  /**
   * Returns a session that lives for at least `mustOutliveSeconds` from now on. It is the same object as long as it
   * does.
   * @throws {ValetKeyError} FORBIDDEN without any grant; CREDENTIALS_UNAVAILABLE; OVERLOADED; BAD_USER_INPUT
   * (expiresIn), with the maximum, if even a fresh session does not live long enough and `mayShorten` is not set
   */
  async get(
    caller: SessionCaller,
    mustOutliveSeconds: number,
    { purpose = "objects", asOf, mayShorten = false }: SessionOptions = {},
  ): Promise<RoleSession> {
    const request = this.#requests.of(caller, purpose);
    if (mustOutliveSeconds > this.#nominalSeconds) throw sessionTooShort(this.#nominalSeconds);
    const cached = this.#cache.get(request.key);
    const serving = cached && this.#cache.find(cached, mustOutliveSeconds, asOf);
    if (cached !== undefined && serving !== undefined) {
      this.#sts.served();
      // With `asOf`, do not refresh early: a new session would change the URL.
      if (asOf === undefined) this.#refreshAhead(request, cached, mustOutliveSeconds);
      return serving;
    }
    if (!mayShorten && mustOutliveSeconds > this.maxUrlSeconds) throw sessionTooShort(this.maxUrlSeconds);
    const fresh = await this.#obtain(request, (each) => this.#lifeMs(each) >= mustOutliveSeconds * 1_000);
    if (!mayShorten && this.#lifeMs(fresh) < mustOutliveSeconds * 1_000)
      throw sessionTooShort(this.maxUrlSeconds);
    return fresh;
  }

  /** The health of STS, without a call to STS. */
  health(): Health {
    return this.#sts.health();
  }

  /** Forgets all sessions. */
  close(): void {
    this.#cache.clear();
  }

  get #nominalSeconds(): number {
    return this.#options.role.sessionSeconds - reserveSeconds;
  }

  #lifeMs(session: RoleSession): number {
    return session.expiresAt.getTime() - this.#options.clock();
  }

  /** Starts a new session in the background, while the present one still serves requests like this one. */
  #refreshAhead(request: SessionRequest, cached: CachedSession, mustOutliveSeconds: number): void {
    const mustOutliveMs = mustOutliveSeconds * 1_000;
    const lifetimeMs = cached.session.expiresAt.getTime() - cached.assumedAtMs;
    // A fraction of the time that is not needed. Otherwise each request for the whole lifetime would refresh the
    // session.
    const leadMs = Math.min(maxRefreshLeadMs, (lifetimeMs - mustOutliveMs) / 4);
    if (this.#lifeMs(cached.session) - mustOutliveMs >= leadMs) return;
    if (this.#sts.wouldRefuse(request)) return;
    const { expiresAt } = cached.session;
    this.#obtain(request, (each) => each.expiresAt > expiresAt).catch((error: unknown) => {
      this.#options.log.warn(
        { err: error, sessionName: request.sessionName },
        "could not refresh a role session",
      );
    });
  }

  /** Returns a session that another replica shares, if it is good enough, or else a new one. */
  async #obtain(
    request: SessionRequest,
    isGoodEnough: (session: RoleSession) => boolean,
  ): Promise<RoleSession> {
    const found = await this.#searches.run(request.key, () => this.#shared.find(request));
    if (found === undefined || !isGoodEnough(found.session))
      return await this.#assumeOnce(request, found?.session);
    this.#shared.used();
    this.#keepShared(request, found);
    return found.session;
  }

  /** @param known a shared session that is not good enough */
  #assumeOnce(request: SessionRequest, known: RoleSession | undefined): Promise<RoleSession> {
    return this.#flights.run(request.key, () =>
      this.#queue.run(request.sessionName, async () => {
        let isOwn = false;
        const obtained = await this.#shared.assumeOnce(request, known, () => {
          isOwn = true;
          return this.#sts.assume(request);
        });
        if (isOwn) this.#keep(request, obtained);
        else this.#keepShared(request, obtained);
        return obtained.session;
      }),
    );
  }

  #keepShared(request: SessionRequest, shared: SharedSession): void {
    const { session, assumedAtMs } = shared;
    this.#sts.served();
    // An older session says nothing about the lifetime of the next one.
    if (this.#options.clock() - assumedAtMs < observationMs) this.#observeLifetime(shared);
    const cached = this.#cache.get(request.key);
    const isNewer = cached === undefined || session.expiresAt > cached.session.expiresAt;
    if (isNewer) this.#cache.set(request.key, session, assumedAtMs);
  }

  #keep(request: SessionRequest, assumed: SharedSession): void {
    const { session } = assumed;
    this.#cache.set(request.key, session);
    this.#observeLifetime(assumed);
    const { sessionName, expiresAt, credentials } = session;
    const { accessKeyId } = credentials;
    this.#options.log.info({ sessionName, expiresAt, accessKeyId }, "assumed the role");
  }

  #observeLifetime({ session, assumedAtMs }: SharedSession): void {
    const wholeSeconds = Math.floor((session.expiresAt.getTime() - assumedAtMs) / 1_000);
    // One second less, because expirations are rounded down: the next session may seem shorter.
    this.#shortLived =
      wholeSeconds < this.#nominalSeconds
        ? { seconds: Math.max(wholeSeconds - 1, 0), until: this.#monotonicNow() + observationMs }
        : undefined;
  }
}
