import { type Principal, service } from "../core/principal.ts";
import { claimOf } from "./claims.ts";

export type ClaimValue = string | number | boolean;

/**
 * The callers that a rule applies to. `anonymous` means only callers without a token, `authenticated` all
 * callers with one, and `service` the server's own jobs, which no token can match. A mapping names claims, and all of them
 * must match. A claim matches if it equals one of the values, or if it is a list (`groups`, `roles`) that contains one of
 * them.
 */
export type Who = "anonymous" | "authenticated" | "service" | ReadonlyMap<string, readonly ClaimValue[]>;

export function matches(who: Who, principal: Principal): boolean {
  if (who === "service" || principal === service) return who === "service" && principal === service;
  if (who === "anonymous") return !principal.authenticated;
  if (!principal.authenticated) return false;
  if (who === "authenticated") return true;
  return [...who].every(([name, values]) => {
    const claim = claimOf(principal, name);
    const held: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
    return values.some((value) => held.includes(value));
  });
}
