import { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import type { Clock } from "../core/clock.ts";
import { ConcurrencyLimit } from "../core/concurrency-limit.ts";
import { badUserInput, ValetKeyError } from "../core/errors.ts";
import type { Metrics } from "../core/metrics.ts";
import { type AssumeRole, AssumeRoleError } from "./assume-role.ts";
import { CircuitBreaker } from "./circuit-breaker.ts";
import { Refusals } from "./refusals.ts";
import type { RoleSession } from "./role-session.ts";
import type { SessionPurpose } from "./session-policy.ts";
import {
  type SessionCaller,
  type SessionRequest,
  type SessionRequestOptions,
  SessionRequests,
} from "./session-request.ts";
import type { UrlLifetime } from "./url-lifetime.ts";

export interface RoleSessionsOptions extends SessionRequestOptions {
  readonly assumeRole: AssumeRole;
  /** AWS's time. */
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, "roleSessions">;
  readonly log: Pick<Logger, "info" | "warn">;
  /** The least recently used sessions above either of these are forgotten. */
  readonly maxSessions?: number | undefined;
  readonly maxSessionBytes?: number | undefined;
  /** AssumeRole calls under way at once. */
  readonly maxConcurrent?: number | undefined;
  /** How many callers have to be refused, and none served, before the role is taken for refused. Default: 5. */
  readonly deniedCallersToReport?: number | undefined;
  /** Milliseconds that only grow. */
  readonly monotonicNow?: (() => number) | undefined;
}

export type Health = { readonly ok: true } | { readonly ok: false; readonly reason: string };

interface HeldSession {
  readonly session: RoleSession;
  readonly assumedAtMs: number;
  /** The one before it, for who goes on with what was held at a moment. */
  readonly previous?: RoleSession | undefined;
}

/** Which of a caller's sessions to return. */
export interface SessionOptions extends Partial<Pick<UrlLifetime, "asOf" | "mayShorten">> {
  /** Default: objects. */
  readonly purpose?: SessionPurpose | undefined;
}

/** Of a session's lifetime, what nobody is promised: it passes until the answer has come and is used. */
const reserveSeconds = 30;
/** How long the lifetime that STS gave last is taken for the one that it would give next. */
const observationMs = 30_000;
const longestRefreshLeadMs = 120_000;
const purgeEveryMs = 60_000;
const maxWaiting = 10_000;
/** How long a denial is held against the role, and a caller who was served speaks for it. */
const latelyMs = 30_000;
/** How long a failure of STS is held against it, unless a caller was served since. */
const failedLatelyMs = 10_000;
/** Of a session beside its token: keys, name, dates and the cache's own entry, roughly. */
const sessionOverheadBytes = 700;

/**
 * The role sessions of the process: one for each caller, policy and role, handed out only while it
 * outlives what it is asked for. However many ask for a caller's sessions, one AssumeRole is under way.
 */
export class RoleSessions {
  readonly #options: RoleSessionsOptions;
  readonly #requests: SessionRequests;
  readonly #held: LRUCache<string, HeldSession>;
  readonly #pending = new Map<string, Promise<RoleSession>>();
  /** The AssumeRole of a caller that comes last, by session name. */
  readonly #lastOf = new Map<string, Promise<RoleSession>>();
  readonly #refusals: Refusals;
  readonly #breaker: CircuitBreaker;
  readonly #limit: ConcurrencyLimit;
  readonly #monotonicNow: () => number;
  #purgedAtMs = 0;
  #shortLived: { readonly seconds: number; readonly until: number } | undefined;
  /** By session name; so many as are reported. */
  readonly #denied = new Set<string>();
  #deniedAtMs = -Infinity;
  #servedAtMs = -Infinity;
  /** When the last AssumeRole failed other than by a refusal. */
  #failedAtMs = -Infinity;

  constructor(options: RoleSessionsOptions) {
    this.#options = options;
    this.#requests = new SessionRequests(options);
    this.#monotonicNow = options.monotonicNow ?? (() => performance.now());
    this.#refusals = new Refusals(this.#monotonicNow);
    this.#breaker = new CircuitBreaker({ monotonicNow: this.#monotonicNow });
    this.#limit = new ConcurrencyLimit({
      maxRunning: options.maxConcurrent ?? 64,
      maxWaiting,
      message: "Too many callers are waiting for credentials.",
    });
    this.#held = new LRUCache({
      max: options.maxSessions ?? 100_000,
      maxSize: options.maxSessionBytes ?? 256 * 2 ** 20,
      sizeCalculation: ({ session, previous }) => bytesOf(session) + (previous ? bytesOf(previous) : 0),
      perf: { now: options.clock },
      ttlResolution: 0,
    });
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
   * A session that lives at least `mustOutliveSeconds` from now on. The same object as long as it serves.
   * @throws {ValetKeyError} FORBIDDEN without any grant; CREDENTIALS_UNAVAILABLE; OVERLOADED;
   * BAD_USER_INPUT (expiresIn), which says the maximum, when not even a fresh session lives that long (unless mayShorten)
   */
  async get(
    caller: SessionCaller,
    mustOutliveSeconds: number,
    { purpose = "objects", asOf, mayShorten = false }: SessionOptions = {},
  ): Promise<RoleSession> {
    const request = this.#requests.of(caller, purpose);
    if (mustOutliveSeconds > this.#nominalSeconds) throw beyond(this.#nominalSeconds);
    const nowMs = this.#monotonicNow();
    this.#purgeNowAndThen(nowMs);
    const held = this.#held.get(request.key);
    const serving = held && this.#servingFrom(held, mustOutliveSeconds, asOf?.getTime());
    if (held !== undefined && serving !== undefined) {
      this.#servedAtMs = nowMs;
      // With `asOf`, do not refresh early: a new session would change the URL.
      if (asOf === undefined) this.#refreshAhead(request, held, mustOutliveSeconds);
      return serving;
    }
    if (!mayShorten && mustOutliveSeconds > this.maxUrlSeconds) throw beyond(this.maxUrlSeconds);
    const fresh = await this.#assumeOnce(request);
    if (!mayShorten && this.#lifeMs(fresh) < mustOutliveSeconds * 1_000) throw beyond(this.maxUrlSeconds);
    return fresh;
  }

  /** What is known of STS without asking it. Heals by itself, so that traffic comes back and finds out. */
  health(): Health {
    const unanswered =
      this.#servedAtMs < this.#failedAtMs && this.#monotonicNow() - this.#failedAtMs < failedLatelyMs;
    if (unanswered || this.#breaker.isOpen) {
      return { ok: false, reason: "STS cannot be reached, fails or throttles" };
    }
    // A few callers whom STS refuses say nothing of the others.
    const manyDenied = this.#denied.size >= this.#deniedToReport && this.#wasLately(this.#deniedAtMs);
    return manyDenied && !this.#wasLately(this.#servedAtMs)
      ? { ok: false, reason: "STS refuses the role" }
      : { ok: true };
  }

  #wasLately(atMs: number): boolean {
    return this.#monotonicNow() - atMs < latelyMs;
  }

  get #deniedToReport(): number {
    return this.#options.deniedCallersToReport ?? 5;
  }

  get #nominalSeconds(): number {
    return this.#options.role.sessionSeconds - reserveSeconds;
  }

  #lifeMs(session: RoleSession): number {
    return session.expiresAt.getTime() - this.#options.clock();
  }

  /** The newest session that serves; of those that were there at a moment, or else the first that came after. */
  #servingFrom(
    { session, assumedAtMs, previous }: HeldSession,
    mustOutliveSeconds: number,
    asOfMs = Infinity,
  ): RoleSession | undefined {
    const serves = (each: RoleSession) => this.#lifeMs(each) >= mustOutliveSeconds * 1_000;
    const isNewestServing = serves(session);
    if (isNewestServing && assumedAtMs <= asOfMs) return session;
    if (previous !== undefined && serves(previous)) return previous;
    return isNewestServing ? session : undefined;
  }

  /** Nobody waits for this: it starts while the session at hand still serves requests like the present one. */
  #refreshAhead(request: SessionRequest, held: HeldSession, mustOutliveSeconds: number): void {
    const outlivesMs = mustOutliveSeconds * 1_000;
    const lifetimeMs = held.session.expiresAt.getTime() - held.assumedAtMs;
    // A share of what is to spare, or a session that is asked for its whole life would be refreshed at every use.
    const leadMs = Math.min(longestRefreshLeadMs, (lifetimeMs - outlivesMs) / 4);
    if (this.#lifeMs(held.session) - outlivesMs >= leadMs) return;
    if (this.#breaker.isOpen || this.#refusals.of(request.key) !== undefined) return;
    this.#assumeOnce(request).catch((error: unknown) => {
      this.#options.log.warn(
        { err: error, sessionName: request.sessionName },
        "could not refresh a role session",
      );
    });
  }

  #assumeOnce(request: SessionRequest): Promise<RoleSession> {
    const pending = this.#pending.get(request.key);
    if (pending !== undefined) return pending;
    const assumed = this.#inTurn(request).finally(() => this.#pending.delete(request.key));
    this.#pending.set(request.key, assumed);
    return assumed;
  }

  /** After the same caller's sessions for other purposes, and under other grants. */
  async #inTurn(request: SessionRequest): Promise<RoleSession> {
    const { sessionName } = request;
    const assume = () => this.#limit.run(() => this.#assume(request));
    const before = this.#lastOf.get(sessionName);
    const assumed = before === undefined ? assume() : before.then(assume, assume);
    this.#lastOf.set(sessionName, assumed);
    try {
      return await assumed;
    } finally {
      if (this.#lastOf.get(sessionName) === assumed) this.#lastOf.delete(sessionName);
    }
  }

  async #assume(request: SessionRequest): Promise<RoleSession> {
    const refusal = this.#refusals.of(request.key);
    if (refusal !== undefined) throw unavailable(refusal, false);
    const permit = this.#breaker.tryEnter();
    if (permit === undefined) throw unavailable(new Error("The circuit breaker of STS is open."), true);
    try {
      const session = await this.#options.assumeRole(request);
      permit.succeeded();
      this.#hold(request, session);
      return session;
    } catch (error) {
      const refused = error instanceof AssumeRoleError && error.failure === "refused";
      if (!refused) {
        permit.failed();
        this.#failedAtMs = this.#monotonicNow();
        throw unavailable(error, true);
      }
      // A service that says no is there.
      permit.succeeded();
      this.#failedAtMs = -Infinity;
      this.#refusals.add(request.key, error);
      this.#countDenied(request.sessionName);
      throw unavailable(error, false);
    }
  }

  #countDenied(sessionName: string): void {
    if (!this.#wasLately(this.#deniedAtMs)) this.#denied.clear();
    this.#deniedAtMs = this.#monotonicNow();
    if (this.#denied.size < this.#deniedToReport) this.#denied.add(sessionName);
  }

  #hold(request: SessionRequest, session: RoleSession): void {
    const { clock, log, metrics } = this.#options;
    const lifeMs = this.#lifeMs(session);
    const wholeSeconds = Math.floor(lifeMs / 1_000);
    // One second less, as expirations are cut to whole seconds: the next session may seem shorter.
    this.#shortLived =
      wholeSeconds < this.#nominalSeconds
        ? { seconds: Math.max(wholeSeconds - 1, 0), until: this.#monotonicNow() + observationMs }
        : undefined;
    this.#denied.clear();
    this.#servedAtMs = this.#monotonicNow();
    this.#refusals.forget(request.key);
    const before = this.#held.peek(request.key);
    const held = { session, assumedAtMs: clock(), previous: before?.session };
    this.#held.set(request.key, held, { ttl: Math.max(lifeMs, 1) });
    metrics.roleSessions.set(this.#held.size);
    const { sessionName, expiresAt, credentials } = session;
    log.info({ sessionName, expiresAt, accessKeyId: credentials.accessKeyId }, "assumed the role");
  }

  #purgeNowAndThen(nowMs: number): void {
    if (nowMs - this.#purgedAtMs < purgeEveryMs) return;
    this.#purgedAtMs = nowMs;
    this.#held.purgeStale();
    this.#options.metrics.roleSessions.set(this.#held.size);
  }
}

function bytesOf({ credentials }: RoleSession): number {
  return credentials.sessionToken.length + sessionOverheadBytes;
}

function beyond(maxUrlSeconds: number): ValetKeyError {
  return badUserInput("expiresIn", `At most ${maxUrlSeconds} seconds: the credentials live no longer.`);
}

function unavailable(cause: unknown, retryable: boolean): ValetKeyError {
  const message = retryable
    ? "Credentials cannot be had at present."
    : "Credentials were refused: the operator has to look into it.";
  return new ValetKeyError("CREDENTIALS_UNAVAILABLE", message, { cause, retryable });
}
