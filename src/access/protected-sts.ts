import { ConcurrencyLimit } from "../core/concurrency-limit.ts";
import { type AssumeRole, AssumeRoleError } from "./assume-role.ts";
import { CircuitBreaker } from "./circuit-breaker.ts";
import { NegativeCache } from "./negative-cache.ts";
import type { RoleSession } from "./role-session.ts";
import { sessionUnavailable } from "./session-errors.ts";
import type { SessionRequest } from "./session-request.ts";
import { type Health, StsHealth, type StsHealthOptions } from "./sts-health.ts";

export interface ProtectedStsOptions extends Pick<StsHealthOptions, "refusedCallersToReport"> {
  readonly assumeRole: AssumeRole;
  /** How many AssumeRole calls run at the same time. */
  readonly maxConcurrent?: number | undefined;
  /** In milliseconds. */
  readonly monotonicNow?: (() => number) | undefined;
}

const maxWaiting = 10_000;

/**
 * AssumeRole of one role, with a limit on parallel calls, a circuit breaker, and a negative cache of refused requests.
 * It keeps no sessions.
 */
export class ProtectedSts {
  readonly #assumeRole: AssumeRole;
  readonly #refusals: NegativeCache;
  readonly #breaker: CircuitBreaker;
  readonly #limit: ConcurrencyLimit;
  readonly #health: StsHealth;

  constructor(options: ProtectedStsOptions) {
    const { assumeRole, maxConcurrent = 64, monotonicNow = () => performance.now() } = options;
    this.#assumeRole = assumeRole;
    this.#refusals = new NegativeCache(monotonicNow);
    this.#breaker = new CircuitBreaker({ monotonicNow });
    this.#health = new StsHealth({ ...options, monotonicNow });
    this.#limit = new ConcurrencyLimit({
      maxRunning: maxConcurrent,
      maxWaiting,
      message: "Too many callers are waiting for credentials.",
    });
  }

  /** @throws {ValetKeyError} CREDENTIALS_UNAVAILABLE, OVERLOADED */
  assume(request: SessionRequest): Promise<RoleSession> {
    return this.#limit.run(() => this.#assume(request));
  }

  /** Whether a request would fail without a call to STS. */
  wouldRefuse({ key }: SessionRequest): boolean {
    return this.#breaker.isOpen || this.#refusals.get(key) !== undefined;
  }

  /** Whether STS is not called now, because it has failed. */
  get isBreakerOpen(): boolean {
    return this.#breaker.isOpen;
  }

  /** To be called when a request was served without a call to STS. */
  served(): void {
    this.#health.served();
  }

  /** The health of STS, without a call to STS. */
  health(): Health {
    return this.#breaker.isOpen
      ? { ok: false, reason: "STS cannot be reached, fails or throttles" }
      : this.#health.check();
  }

  async #assume(request: SessionRequest): Promise<RoleSession> {
    const refusal = this.#refusals.get(request.key);
    if (refusal !== undefined) throw sessionUnavailable(refusal, false);
    const permit = this.#breaker.tryEnter();
    if (permit === undefined)
      throw sessionUnavailable(new Error("The circuit breaker of STS is open."), true);
    try {
      const session = await this.#assumeRole(request);
      permit.succeeded();
      this.#health.assumed();
      this.#refusals.delete(request.key);
      return session;
    } catch (error) {
      const isRefused = error instanceof AssumeRoleError && error.failure === "refused";
      if (!isRefused) {
        permit.failed();
        this.#health.failed();
        throw sessionUnavailable(error, true);
      }
      // STS has responded, so it is reachable.
      permit.succeeded();
      this.#health.refused(request);
      this.#refusals.add(request.key, error);
      throw sessionUnavailable(error, false);
    }
  }
}
