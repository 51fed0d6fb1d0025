/** `unknown`: the doctor may not look, or the store has no such thing. */
export type Verdict = "ok" | "warning" | "fault" | "unknown";

/** What one check has found. It holds no secret: neither keys, tokens nor external IDs. */
export interface Finding {
  /** The check: `role`, `bucket.cors`. */
  readonly check: string;
  /** The role, the bucket or the issuer that was checked. */
  readonly subject?: string | undefined;
  readonly verdict: Verdict;
  /** What was seen. */
  readonly saw: string;
  /** What follows from it. */
  readonly means?: string | undefined;
  /** What to do about it. */
  readonly mend?: string | undefined;
}

/** A check: its findings, and what later checks need of it. */
export type Findings<Result = void> = AsyncGenerator<Finding, Result>;
