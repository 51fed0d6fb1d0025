import type { Principal } from "../core/principal.ts";
import { claimOf } from "./claims.ts";

export type ClaimValue = string | number | boolean;

/**
 * Whom a rule is for. `anonymous` means callers without a token and only them, `authenticated` everybody
 * with one. A mapping asks for claims, and all of them must hold: a claim holds when it equals one of the
 * values, or is a list (`groups`, `roles`) that contains one.
 */
export type Who = "anonymous" | "authenticated" | ReadonlyMap<string, readonly ClaimValue[]>;

export function matches(who: Who, principal: Principal): boolean {
  if (who === "anonymous") return !principal.authenticated;
  if (!principal.authenticated) return false;
  if (who === "authenticated") return true;
  return [...who].every(([name, values]) => {
    const claim = claimOf(principal, name);
    const held: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
    return values.some((value) => held.includes(value));
  });
}
