import { hash } from "node:crypto";
import { decodeJwt, type JWTPayload } from "jose";
import type { Logger } from "pino";
import { type AuthenticatedPrincipal, anonymous, type Principal } from "../core/principal.ts";
import { PurgedCache } from "../core/purged-cache.ts";
import { TokenIssuer, type TokenIssuerOptions, type TrustedIssuer, unauthenticated } from "./token-issuer.ts";

/** Identifies the caller by the Authorization header. */
export interface Authenticator {
  /** @throws {ValetKeyError} UNAUTHENTICATED for a header without a valid token */
  verify(authorizationHeader: string | undefined): Promise<Principal>;
}

/**
 * Without a trusted issuer, every caller is anonymous. The first request with a token is logged.
 * @param settings the names of the settings for trusted issuers
 */
export function anonymousOnly(
  log: Pick<Logger, "warn">,
  settings: readonly string[] = ["VALETKEY_JWT_ISSUER", "VALETKEY_JWKS_URL"],
): Authenticator {
  let isLogged = false;
  return {
    async verify(authorizationHeader) {
      if (authorizationHeader && !isLogged) {
        isLogged = true;
        log.warn(
          `a request has an Authorization header, which is ignored: every caller is anonymous, because ${settings.map((setting) => `${setting} is not set`).join(" and ")}`,
        );
      }
      return anonymous;
    },
  };
}

export interface TokenVerifierOptions extends TokenIssuerOptions {
  /** One, or several with different names. */
  readonly issuers: readonly TrustedIssuer[];
}

interface VerifiedToken {
  readonly principal: AuthenticatedPrincipal;
  readonly expiresAtMs: number;
}

const maxTokenCharacters = 16 * 1024;
/** Limits what the claims of verified tokens take, and what is derived from them: grants and session policies. */
const maxVerifiedBytes = 64 * 2 ** 20;
/** The approximate memory of a verified token without its claims. */
const tokenOverheadBytes = 4_000;
/** A withdrawn key is accepted for at most this long plus the maximum age of the keys. */
const verifiedForMs = 5 * 60_000;
const keyPairAlgorithm = /^(?:RS|PS|ES)(?:256|384|512)$|^EdDSA$|^Ed25519$/;
// RFC 6750, section 2.1
const bearerShape = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/** Verifies bearer tokens (JWT), each with the keys of its own issuer. */
export class TokenVerifier implements Authenticator {
  readonly #clock: () => number;
  readonly #issuers: ReadonlyMap<string | undefined, TokenIssuer>;
  /** Undefined with several issuers. */
  readonly #onlyIssuer: TokenIssuer | undefined;
  // Keyed by hash, so the cache does not contain tokens. Only valid tokens are cached.
  readonly #verified: PurgedCache<VerifiedToken>;

  /** @throws {TypeError} on an algorithm without a key pair, and on issuers that cannot be told apart */
  constructor(options: TokenVerifierOptions) {
    const { issuers, algorithms } = options;
    const unsupported = algorithms.find((algorithm) => !keyPairAlgorithm.test(algorithm));
    if (unsupported !== undefined || algorithms.length === 0) {
      throw new TypeError(`Tokens cannot be verified with the algorithm ${unsupported}.`);
    }
    const names = new Set(issuers.map(({ issuer }) => issuer));
    if (names.size !== issuers.length || (names.size !== 1 && names.has(undefined)) || names.size === 0) {
      throw new TypeError("Several issuers need different names.");
    }
    this.#clock = options.clock ?? Date.now;
    this.#verified = new PurgedCache({ max: 10_000, maxSize: maxVerifiedBytes, now: this.#clock });
    this.#issuers = new Map(issuers.map((trusted) => [trusted.issuer, new TokenIssuer(trusted, options)]));
    this.#onlyIssuer = this.#issuers.size === 1 ? [...this.#issuers.values()][0] : undefined;
  }

  /** For tests: the number of tokens that are cached. */
  get size(): number {
    return this.#verified.size;
  }

  /** Fetches all keys, so that the log says early which issuer cannot be reached. */
  async prepare(): Promise<void> {
    await Promise.all([...this.#issuers.values()].map((issuer) => issuer.prepare()));
  }

  async verify(authorizationHeader: string | undefined): Promise<Principal> {
    // Pages without a token often send an empty header, from `token ?? ""`.
    if (authorizationHeader === undefined || authorizationHeader === "") return anonymous;
    const token = bearerToken(authorizationHeader);
    const tokenHash = hash("sha256", token, "base64url");
    const known = this.#verified.get(tokenHash);
    if (known !== undefined && this.#clock() < known.expiresAtMs) return known.principal;

    const claims = await this.#issuerOf(token).claimsOf(token);
    const { sub: subject, exp } = claims;
    if (typeof subject !== "string" || subject === "" || exp === undefined) {
      throw unauthenticated("The bearer token does not name a subject.");
    }
    assertFiniteTimes(claims);
    const principal: AuthenticatedPrincipal = { authenticated: true, subject, claims };
    const expiresAtMs = Math.min(exp * 1_000, this.#clock() + verifiedForMs);
    const ttl = Math.max(expiresAtMs - this.#clock(), 1);
    this.#verified.set(
      tokenHash,
      { principal, expiresAtMs },
      { ttl, size: token.length + tokenOverheadBytes },
    );
    return principal;
  }

  /** Nothing of the token has been verified yet. The issuer that it names then verifies it, this name included. */
  #issuerOf(token: string): TokenIssuer {
    const issuer = this.#onlyIssuer ?? this.#issuers.get(unverifiedIssuer(token));
    if (issuer === undefined) throw unauthenticated("The bearer token is not valid.", "unknown issuer");
    return issuer;
  }
}

function unverifiedIssuer(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

/** JavaScript reads a JSON number such as 1e400 as Infinity, so the token would never expire. */
function assertFiniteTimes(claims: JWTPayload): void {
  for (const name of ["exp", "nbf", "iat"] as const) {
    if (claims[name] !== undefined && !Number.isFinite(claims[name])) {
      throw unauthenticated("The bearer token is not valid.", `${name} is not a finite number`);
    }
  }
}

/** @throws {ValetKeyError} UNAUTHENTICATED */
function bearerToken(header: string): string {
  if (header.length > maxTokenCharacters) throw unauthenticated("The bearer token is too long.");
  const token = bearerShape.exec(header)?.[1];
  if (token === undefined) throw unauthenticated("The Authorization header does not contain a bearer token.");
  return token;
}
