import { partitionOf } from "../core/aws-names.ts";
import { type Buckets, roleKey } from "../core/bucket-settings.ts";
import type { Grant, GrantRule } from "./grants.ts";
import { type Partition, SessionPolicyTooLargeError, sessionPolicy } from "./session-policy.ts";

/** The shortest claim has one character. */
const shortestClaim = "x";

/**
 * Finds a rule that can never fit into a session policy, before it affects a caller. It checks the rules that all
 * anonymous or all authenticated callers share, and each other rule by itself. A policy holds only the buckets of one
 * role, so rules for buckets of different roles are counted apart. Callers with long claims, or with claims that match
 * many rules, can still exceed the limit.
 *
 * @param defaultPartition that of the role of buckets that name none
 * @returns the index of the first rule that does not fit
 */
export function findOversizedRule(
  rules: readonly GrantRule[],
  buckets: Buckets,
  defaultPartition: Partition = "aws",
): { readonly index: number; readonly message: string } | undefined {
  /** By the callers who share the grants, and the role that the grants are used with. */
  const shared = new Map<string, Grant[]>();
  const sharedGrants = (who: string, role: string): Grant[] => {
    const key = `${who} ${role}`;
    const grants = shared.get(key) ?? [];
    shared.set(key, grants);
    return grants;
  };
  for (const [index, { who, prefix: template, ...limits }] of rules.entries()) {
    const prefix = template.map((piece) => (typeof piece === "string" ? piece : shortestClaim)).join("");
    const { role } = buckets.of(limits.bucket);
    const together =
      typeof who === "string" ? sharedGrants(who, role === undefined ? "" : roleKey(role)) : [];
    together.push({ ...limits, prefix });
    try {
      sessionPolicy(together, {
        partition: role === undefined ? defaultPartition : partitionOf(role.arn),
        buckets,
      });
    } catch (error) {
      if (!(error instanceof SessionPolicyTooLargeError)) throw error;
      return { index, message: error.message };
    }
  }
  return undefined;
}
