import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Clock } from "../core/clock.ts";
import type { Metrics } from "../core/metrics.ts";
import type { Lease, SharedMemory } from "../core/shared-memory.ts";
import type { RoleSession } from "./role-session.ts";
import type { SessionRequest } from "./session-request.ts";

export interface SharedSessionsOptions {
  readonly memory: SharedMemory;
  /** AWS's time. */
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, "sharedSessionsFound">;
}

/** A session with the time at which a replica assumed it. */
export interface SharedSession {
  readonly session: RoleSession;
  readonly assumedAtMs: number;
}

/** A replica that has ended keeps its lease for at most this long. One that is still asking STS renews it. */
const leaseMs = 3_000;
const renewEveryMs = 1_000;
/** How long to wait for a session that another replica is assuming. */
const maxWaitMs = 5_000;
const minPauseMs = 20;
const maxPauseMs = 300;
/** An entry disappears this long before its session expires, because nothing can use the rest of it. */
const unusedMs = 30_000;

const entrySchema = z.object({
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  sessionToken: z.string(),
  expiresAtMs: z.number(),
  assumedAtMs: z.number(),
  sessionName: z.string(),
});

/**
 * The role sessions that replicas share, by the key of their request. That key is a hash of the role, the policy and the
 * caller, so a caller can only find sessions that STS would give to this caller for this request.
 */
export class SharedSessions {
  readonly #options: SharedSessionsOptions;

  constructor(options: SharedSessionsOptions) {
    this.#options = options;
  }

  /** The session that a replica shared last, if it has not expired. */
  async find({ key }: SessionRequest): Promise<SharedSession | undefined> {
    const entry = parseEntry(await this.#options.memory.read("session", key));
    return entry !== undefined && entry.session.expiresAt.getTime() > this.#options.clock()
      ? entry
      : undefined;
  }

  /** To be called when a session of another replica is used. */
  used(): void {
    this.#options.metrics.sharedSessionsFound.inc();
  }

  /**
   * Assumes the role and shares the session, while no other replica does the same. If another replica is doing it, waits
   * for its session, but not for long.
   * @param known a session that is not good enough. An older one is not returned.
   */
  async assumeOnce(
    request: SessionRequest,
    known: RoleSession | undefined,
    assume: () => Promise<RoleSession>,
  ): Promise<SharedSession> {
    const waitUntilMs = performance.now() + maxWaitMs;
    for (let pauseMs = minPauseMs; ; pauseMs = Math.min(pauseMs * 1.5, maxPauseMs)) {
      const lease = await this.#options.memory.tryLease("session-lease", request.key, leaseMs);
      if (lease === "unavailable") return await this.#assumeAlone(request, assume);
      if (lease !== "held") return await this.#assumeWith(lease, request, known, assume);
      if (performance.now() >= waitUntilMs) return await this.#assumeAlone(request, assume);
      await sleep(pauseMs * (0.5 + Math.random()));
      const found = await this.#findNewer(request, known);
      if (found !== undefined) return found;
    }
  }

  async #assumeWith(
    lease: Lease,
    request: SessionRequest,
    known: RoleSession | undefined,
    assume: () => Promise<RoleSession>,
  ): Promise<SharedSession> {
    const renewing = setInterval(() => void lease.renew(), renewEveryMs);
    let written: Promise<void> | undefined;
    try {
      // Another replica may have shared one and ended its lease just before.
      const found = await this.#findNewer(request, known);
      if (found !== undefined) return found;
      const session = await assume();
      const shared = { session, assumedAtMs: this.#options.clock() };
      written = this.#share(request, shared);
      return shared;
    } finally {
      clearInterval(renewing);
      // The caller does not wait for either, but replicas that get the lease have to find the session.
      void Promise.resolve(written).then(() => lease.release());
    }
  }

  async #assumeAlone(request: SessionRequest, assume: () => Promise<RoleSession>): Promise<SharedSession> {
    const session = await assume();
    const shared = { session, assumedAtMs: this.#options.clock() };
    void this.#share(request, shared);
    return shared;
  }

  #share({ key }: SessionRequest, shared: SharedSession): Promise<void> {
    const ttlMs = shared.session.expiresAt.getTime() - shared.assumedAtMs - unusedMs;
    return this.#options.memory.write("session", key, entryOf(shared), ttlMs);
  }

  async #findNewer(
    request: SessionRequest,
    known: RoleSession | undefined,
  ): Promise<SharedSession | undefined> {
    const found = await this.find(request);
    const isNewer =
      found !== undefined && found.session.expiresAt.getTime() > (known?.expiresAt.getTime() ?? 0);
    if (!isNewer) return undefined;
    this.used();
    return found;
  }
}

function entryOf({ session, assumedAtMs }: SharedSession): string {
  const { credentials, expiresAt, sessionName } = session;
  const entry: z.input<typeof entrySchema> = {
    ...credentials,
    expiresAtMs: expiresAt.getTime(),
    assumedAtMs,
    sessionName,
  };
  return JSON.stringify(entry);
}

/** Another version of this program may have written something else. */
function parseEntry(text: string | undefined): SharedSession | undefined {
  if (text === undefined) return undefined;
  try {
    const { expiresAtMs, assumedAtMs, sessionName, ...credentials } = entrySchema.parse(JSON.parse(text));
    return { session: { credentials, expiresAt: new Date(expiresAtMs), sessionName }, assumedAtMs };
  } catch {
    return undefined;
  }
}
