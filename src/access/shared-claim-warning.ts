import type { GrantRule } from "./grants.ts";

/**
 * The warning about a rule that depends on claims, but not on the issuer. Each issuer chooses the values of its claims,
 * so two of them may give the same `sub` or the same group to different people.
 */
export function sharedClaimWarning({ who, prefix }: GrantRule): string | undefined {
  const matched = typeof who === "string" ? [] : [...who.keys()];
  if (matched.includes("iss")) return undefined;
  const [claim] = [...prefix.flatMap((piece) => (typeof piece === "string" ? [] : piece.claim)), ...matched];
  if (claim === undefined) return undefined;
  return `callers of every issuer match: add iss to who, because another issuer may give the same ${claim} to somebody else`;
}
