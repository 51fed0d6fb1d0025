import type { AuthenticatedPrincipal } from "../core/principal.ts";

/**
 * The claim `name`, or the nested claim `a.b`. A claim whose own name has dots, such as
 * `https://example.com/groups`, is looked up by its whole name first.
 * @returns undefined when the token has no such claim
 */
export function claimOf(principal: AuthenticatedPrincipal, name: string): unknown {
  return lookUp(principal.claims, name);
}

function lookUp(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const own = ownValue(value, name);
  if (own !== undefined) return own;
  for (let dot = name.indexOf("."); dot !== -1; dot = name.indexOf(".", dot + 1)) {
    const found = lookUp(ownValue(value, name.slice(0, dot)), name.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

// Own properties only: `{constructor.name}` is not a claim.
function ownValue(value: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}
