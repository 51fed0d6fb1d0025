import { minCredentialsSeconds } from "./authorize-credentials.ts";
import type { GrantRule } from "./grants.ts";

/** The warning about a rule that names CREDENTIALS but never allows any. */
export function unusableCredentialsWarning({ actions, maxExpiresSeconds }: GrantRule): string | undefined {
  if (!actions.includes("CREDENTIALS")) return undefined;
  if (actions.length === 1) {
    return "CREDENTIALS allows nothing by itself: add the actions that may be done with credentials to the same grant";
  }
  if (maxExpiresSeconds === undefined || maxExpiresSeconds >= minCredentialsSeconds) return undefined;
  return `CREDENTIALS allows nothing here: credentials live at least ${minCredentialsSeconds} seconds, and maxExpiresSeconds is ${maxExpiresSeconds}`;
}
