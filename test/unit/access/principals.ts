import type { AuthenticatedPrincipal } from "../../../src/core/principal.ts";

export function principalOf(subject: string, claims: Record<string, unknown> = {}): AuthenticatedPrincipal {
  return { authenticated: true, subject, claims: { sub: subject, ...claims } };
}
