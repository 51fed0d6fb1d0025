import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { badUserInput, ValetKeyError } from "../errors.ts";
import type { Metrics } from "../metrics.ts";
import type { Principal } from "../principal.ts";
import { type AssumeRole, AssumeRoleError, type AssumeRoleRequest, type RoleToAssume } from "./assume-role.ts";
import { CircuitBreaker } from "./circuit-breaker.ts";
import { ConcurrencyLimit } from "./concurrency-limit.ts";
import type { Grant } from "./grants.ts";
import { Refusals } from "./refusals.ts";
import type { RoleSession } from "./role-session.ts";
import { sessionName, sessionTags } from "./session-name.ts";
import { type SessionPurpose, sessionPolicy } from "./session-policy.ts";

export interface Caller {
  readonly principal: Principal;
  readonly grants: readonly Grant[];
}

export interface RoleSessionsOptions {
  readonly role: RoleToAssume;
  readonly assumeRole: AssumeRole;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, "roleSessions">;
  readonly log: Pick<Logger, "info" | "warn">;
  /** The one issuer whose subjects are session names as they are. */
  readonly trustedIssuer?: string | undefined;
  /** Send `valetkey:sub` and `valetkey:iss`; the trust policy must allow sts:TagSession. */
  readonly sendSessionTags?: boolean | undefined;
  /** Send the session name as SourceIdentity; the trust policy must allow sts:SetSourceIdentity. */
  readonly sendSourceIdentity?: boolean | undefined;
  readonly maxSessions?: number | undefined;
  readonly maxSessionBytes?: number | undefined;
  /** AssumeRole calls under way at once. */
  readonly maxConcurrent?: number | undefined;
  /** Milliseconds that only grow. */
  readonly monotonicNow?: (() => number) | undefined;
}

export type Health = { readonly ok: true } | { readonly ok: false; readonly reason: string };

interface HeldSession {
  readonly session: RoleSession;
  readonly assumedAtMs: number;
}

interface PreparedRequest extends AssumeRoleRequest {
  readonly key: string;
}

/** A session's first seconds that nobody is promised: it takes time until the answer is here and used. */
const reserveSeconds = 30;
const maxWaiting = 10_000;
const purgeEveryMs = 60_000;
const longestRefreshLeadMs = 120_000;
/** How long one answer of STS is taken for what the next one would be. */
const observationMs = 30_000;
const deniedInARowToReport = 5;

/**
 * The role sessions of the process: one for each caller, role and policy, handed out only while it
 * outlives what it is asked for. One AssumeRole is under way for each, however many ask.
 */
export class RoleSessions {
  readonly #options: RoleSessionsOptions;
  readonly #now: Clock;
  readonly #monotonicNow: () => number;
  readonly #partition: string;
  readonly #held: LRUCache<string, HeldSession>;
  readonly #pending = new Map<string, Promise<HeldSession>>();
  readonly #prepared = new WeakMap<Principal, Prepared>();
  readonly #refusals: Refusals;
  readonly #breaker: CircuitBreaker;
  readonly #limit: ConcurrencyLimit;
  #purgedAt = 0;
  #shortLived: { readonly seconds: number; readonly until: number } | undefined;
  #denials = { inARow: 0, lastAt: 0 };
}
