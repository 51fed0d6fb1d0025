/** A caller as a verified token describes them, or nobody in particular. */
export type Principal = AnonymousPrincipal | AuthenticatedPrincipal;

export interface AnonymousPrincipal {
  readonly authenticated: false;
}

export interface AuthenticatedPrincipal {
  readonly authenticated: true;
  /** The token's `sub`. */
  readonly subject: string;
  /** Every claim of the verified token, `sub` and `iss` included. Values are the issuer's, so not to be trusted in paths or patterns. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export const anonymous: AnonymousPrincipal = { authenticated: false };
