import type { Grant, GrantRule } from "./grants.ts";
import { SessionPolicyTooLargeError, sessionPolicy } from "./session-policy.ts";

/** The shortest that a claim can be. */
const shortestClaim = "x";

/**
 * Finds, before any caller does, the rules that can never fit into one session policy: those that every
 * anonymous, or every authenticated, caller has, and any one by itself. Callers with long claims, or with
 * claims that match many rules at once, can still get beyond the limit.
 * @returns the first rule that is too much, by its place in the list
 */
export function oversizeOf(
  rules: readonly GrantRule[],
): { readonly index: number; readonly message: string } | undefined {
  const everybodys = { anonymous: [] as Grant[], authenticated: [] as Grant[] };
  for (const [index, { who, prefix: template, ...limits }] of rules.entries()) {
    const prefix = template.map((piece) => (typeof piece === "string" ? piece : shortestClaim)).join("");
    const grant: Grant = { ...limits, prefix };
    const together = typeof who === "string" ? everybodys[who] : [];
    together.push(grant);
    try {
      sessionPolicy(together, { partition: "aws" });
    } catch (error) {
      if (!(error instanceof SessionPolicyTooLargeError)) throw error;
      return { index, message: error.message };
    }
  }
  return undefined;
}
