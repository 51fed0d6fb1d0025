import { badUserInput, ValetKeyError } from "../core/errors.ts";
import type { Principal } from "../core/principal.ts";
import type { CredentialsScope } from "./authorize-credentials.ts";
import { KeyedQueue } from "./keyed-queue.ts";
import type { ProtectedSts } from "./protected-sts.ts";
import type { RoleSession } from "./role-session.ts";
import { SessionPolicyTooLargeError } from "./session-policy.ts";
import { type SessionRequest, type SessionRequestOptions, toSessionRequest } from "./session-request.ts";

export interface CredentialsIssuerOptions extends SessionRequestOptions {
  readonly sts: ProtectedSts;
}

/** How many requests for credentials one caller may have in progress. They run one after the other. */
const maxPendingOfCaller = 20;

/**
 * Role sessions for the clients themselves. Each one is assumed anew and given away: it is kept nowhere, and the server
 * never uses it. It shares only the protection of STS with the sessions of the server.
 */
export class CredentialsIssuer {
  readonly #options: CredentialsIssuerOptions;
  readonly #queue = new KeyedQueue();
  readonly #pendingByCaller = new Map<string, number>();

  constructor(options: CredentialsIssuerOptions) {
    this.#options = options;
  }

  /** The longest lifetime that may be requested of the role. */
  get maxSeconds(): number {
    return this.#options.role.sessionSeconds;
  }

  /**
   * Assumes the role for exactly this scope. The caller has to be authorized for it before.
   * @throws {ValetKeyError} CREDENTIALS_UNAVAILABLE, OVERLOADED, BAD_USER_INPUT (prefix)
   */
  async issue(principal: Principal, scope: CredentialsScope, durationSeconds: number): Promise<RoleSession> {
    const request = this.#requestFor(principal, scope, durationSeconds);
    const caller = request.sessionName;
    const pending = this.#pendingByCaller.get(caller) ?? 0;
    if (pending >= maxPendingOfCaller) {
      throw new ValetKeyError("OVERLOADED", "Too many of your requests for credentials are in progress.");
    }
    this.#pendingByCaller.set(caller, pending + 1);
    try {
      return await this.#queue.run(caller, () => this.#options.sts.assume(request));
    } finally {
      const others = (this.#pendingByCaller.get(caller) ?? 1) - 1;
      if (others === 0) this.#pendingByCaller.delete(caller);
      else this.#pendingByCaller.set(caller, others);
    }
  }

  #requestFor(principal: Principal, scope: CredentialsScope, durationSeconds: number): SessionRequest {
    try {
      return toSessionRequest({ principal, grants: [scope] }, "credentials", this.#options, durationSeconds);
    } catch (error) {
      if (!(error instanceof ValetKeyError && error.cause instanceof SessionPolicyTooLargeError)) throw error;
      throw badUserInput(
        "prefix",
        "The prefix is too long for a session policy, which has at most 2,048 characters. Characters outside of ASCII count 6.",
      );
    }
  }
}
