import type { SessionRequest } from "./session-request.ts";

export type Health = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** How long a refusal counts against the role, and a success in its favor. */
const recentlyMs = 30_000;
/** How long a failure of STS counts, unless a caller was served after it. */
const failureMs = 10_000;
const defaultRefusedCallersToReport = 5;

export interface StsHealthOptions {
  /** In milliseconds. */
  readonly monotonicNow: () => number;
  /** How many callers have to be refused, and none served, until the role counts as refused. Default: 5. */
  readonly refusedCallersToReport?: number | undefined;
}

/**
 * The health of STS according to recent AssumeRole calls. Failures expire, so that traffic returns and STS is tried
 * again.
 */
export class StsHealth {
  readonly #now: () => number;
  readonly #refusedCallersToReport: number;
  /** By session name. At most as many as are reported. */
  readonly #refused = new Set<string>();
  /** Whether callers who share a session were refused. They count as many callers. */
  #isGroupRefused = false;
  #refusedAtMs = -Infinity;
  #servedAtMs = -Infinity;
  /** When the last AssumeRole failed for another reason than a refusal. */
  #failedAtMs = -Infinity;

  constructor({ monotonicNow, refusedCallersToReport }: StsHealthOptions) {
    this.#now = monotonicNow;
    this.#refusedCallersToReport = refusedCallersToReport ?? defaultRefusedCallersToReport;
  }

  /** A caller got a session that was assumed earlier. */
  served(): void {
    this.#servedAtMs = this.#now();
  }

  assumed(): void {
    this.#forgetRefusals();
    this.served();
  }

  /** STS is reachable but refuses this caller, or all callers who share the session. */
  refused({ sessionName, isShared }: Pick<SessionRequest, "sessionName" | "isShared">): void {
    this.#failedAtMs = -Infinity;
    if (!this.#isRecent(this.#refusedAtMs)) this.#forgetRefusals();
    this.#refusedAtMs = this.#now();
    if (isShared) this.#isGroupRefused = true;
    else if (this.#refused.size < this.#refusedCallersToReport) this.#refused.add(sessionName);
  }

  failed(): void {
    this.#failedAtMs = this.#now();
  }

  check(): Health {
    const isFailing = this.#servedAtMs < this.#failedAtMs && this.#now() - this.#failedAtMs < failureMs;
    if (isFailing) return { ok: false, reason: "STS cannot be reached, fails or throttles" };
    // A few refused callers do not mean that the role itself is refused.
    const areManyRefused =
      (this.#isGroupRefused || this.#refused.size >= this.#refusedCallersToReport) &&
      this.#isRecent(this.#refusedAtMs);
    return areManyRefused && !this.#isRecent(this.#servedAtMs)
      ? { ok: false, reason: "STS refuses the role" }
      : { ok: true };
  }

  #forgetRefusals(): void {
    this.#refused.clear();
    this.#isGroupRefused = false;
  }

  #isRecent(atMs: number): boolean {
    return this.#now() - atMs < recentlyMs;
  }
}
