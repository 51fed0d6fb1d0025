/** The caller: anonymous, or described by a verified token. */
export type Principal = AnonymousPrincipal | AuthenticatedPrincipal;

export interface AnonymousPrincipal {
  readonly authenticated: false;
}

export interface AuthenticatedPrincipal {
  readonly authenticated: true;
  /** The token's `sub`. */
  readonly subject: string;
  /** All claims of the verified token, including `sub` and `iss`. The issuer chooses the values: escape or check them before they become part of a path or a pattern. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export const anonymous: AnonymousPrincipal = { authenticated: false };

/** The server's own jobs. They are recognized by this object itself, so no token and no other code can pass for them. */
export const service: AuthenticatedPrincipal = Object.freeze({
  authenticated: true,
  subject: "valetkey-service",
  claims: Object.freeze({}),
});

/** The same principal object serves all requests with a token. */
const keys = new WeakMap<AuthenticatedPrincipal, string>();

/** A text that is unique for the issuer and the subject, whatever characters they contain. */
export function principalKey(principal: AuthenticatedPrincipal): string {
  let key = keys.get(principal);
  if (key === undefined) {
    key = JSON.stringify([principal.claims.iss, principal.subject]);
    keys.set(principal, key);
  }
  return key;
}
