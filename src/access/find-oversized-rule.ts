import type { Buckets } from "../core/bucket-settings.ts";
import type { Grant, GrantRule } from "./grants.ts";
import { SessionPolicyTooLargeError, sessionPolicy } from "./session-policy.ts";

/** The shortest claim has one character. */
const shortestClaim = "x";

/**
 * Finds a rule that can never fit into a session policy, before it affects a caller. It checks the rules that all anonymous or all authenticated callers share, and each other rule by itself. Callers with long
 * claims, or with claims that match many rules, can still exceed the limit.
 * @returns the index of the first rule that does not fit
 */
export function findOversizedRule(
  rules: readonly GrantRule[],
  buckets: Buckets,
): { readonly index: number; readonly message: string } | undefined {
  const shared = { anonymous: [] as Grant[], authenticated: [] as Grant[], service: [] as Grant[] };
  for (const [index, { who, prefix: template, ...limits }] of rules.entries()) {
    const prefix = template.map((piece) => (typeof piece === "string" ? piece : shortestClaim)).join("");
    const grant: Grant = { ...limits, prefix };
    const together = typeof who === "string" ? shared[who] : [];
    together.push(grant);
    try {
      sessionPolicy(together, { partition: "aws", buckets });
    } catch (error) {
      if (!(error instanceof SessionPolicyTooLargeError)) throw error;
      return { index, message: error.message };
    }
  }
  return undefined;
}
