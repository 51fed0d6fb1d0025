import { anonymous, type Principal } from "../core/principal.ts";
import type { Principal as GivenPrincipal } from "./types.ts";

/**
 * The caller, as code describes it. The claims always have the subject as `sub`, so that `{sub}` in a prefix cannot mean
 * anything else.
 * @throws {TypeError} for anything but a principal
 */
export function parsePrincipal(given: GivenPrincipal): Principal {
  if (typeof given !== "object" || given === null || typeof given.authenticated !== "boolean") {
    throw new TypeError("A principal is { authenticated: false }, or { authenticated: true, subject: … }.");
  }
  if (!given.authenticated) return anonymous;
  const { subject, claims = {} } = given;
  if (typeof subject !== "string" || subject === "" || !subject.isWellFormed()) {
    throw new TypeError("The subject of a principal is a text that is not empty.");
  }
  if (typeof claims !== "object" || claims === null || Array.isArray(claims)) {
    throw new TypeError("The claims of a principal are an object.");
  }
  // Only values of JSON: what callers are compared by has to be all that there is.
  const known = JSON.parse(JSON.stringify(claims)) as Record<string, unknown>;
  return { authenticated: true, subject, claims: { ...known, sub: subject } };
}

/** The caller, as the operator's functions get it. */
export function toPublicPrincipal(principal: Principal): GivenPrincipal {
  if (!principal.authenticated) return { authenticated: false };
  const { subject, claims } = principal;
  return { authenticated: true, subject, claims };
}
