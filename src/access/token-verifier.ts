import { hash } from "node:crypto";
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWTPayload,
  type JWTVerifyOptions,
  jwtVerify,
} from "jose";
import { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import type { Clock } from "../core/clock.ts";
import { ValetKeyError } from "../core/errors.ts";
import { type AuthenticatedPrincipal, anonymous, type Principal } from "../core/principal.ts";
import { JwksFetch, type JwksFetchOptions } from "./jwks-fetch.ts";

/** Identifies the caller by the Authorization header. */
export interface Authenticator {
  /** @throws {ValetKeyError} UNAUTHENTICATED for a header without a valid token */
  verify(authorizationHeader: string | undefined): Promise<Principal>;
}

/** Without a trusted issuer, every caller is anonymous. The first request with a token is logged. */
export function anonymousOnly(log: Pick<Logger, "warn">): Authenticator {
  let isLogged = false;
  return {
    async verify(authorizationHeader) {
      if (authorizationHeader && !isLogged) {
        isLogged = true;
        log.warn(
          "a request has an Authorization header, which is ignored: every caller is anonymous, because VALETKEY_JWKS_URL is not set",
        );
      }
      return anonymous;
    },
  };
}

export interface TokenVerifierOptions extends JwksFetchOptions {
  readonly jwksUrl: URL;
  /** The `iss` and `aud` that a token must have. Undefined accepts any. */
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
  /** Asymmetric JWS algorithms: RS256, ES256, EdDSA, … */
  readonly algorithms: readonly string[];
  readonly clock?: Clock | undefined;
  /** Keys older than this are fetched again before they are used. If that fails, the old keys are used. */
  readonly keysMaxAgeMs?: number | undefined;
  /** After a fetch, tokens with an unknown key do not cause another one for this long. */
  readonly unknownKeyCooldownMs?: number | undefined;
  readonly fetchTimeoutMs?: number | undefined;
}

interface VerifiedToken {
  readonly principal: AuthenticatedPrincipal;
  readonly expiresAtMs: number;
}

const maxTokenCharacters = 16 * 1024;
const clockToleranceSeconds = 60;
/** A withdrawn key is accepted for at most this long plus the maximum age of the keys. */
const verifiedForMs = 5 * 60_000;
const keyPairAlgorithm = /^(?:RS|PS|ES)(?:256|384|512)$|^EdDSA$|^Ed25519$/;
// RFC 6750, section 2.1
const bearerShape = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/** Verifies bearer tokens (JWT) against the issuer's published keys. */
export class TokenVerifier implements Authenticator {
  readonly #options: TokenVerifierOptions;
  readonly #clock: Clock;
  readonly #jwksFetch: JwksFetch;
  readonly #keys: ReturnType<typeof createRemoteJWKSet>;
  // Keyed by hash, so the cache does not contain tokens. Only valid tokens are cached.
  readonly #verified = new LRUCache<string, VerifiedToken>({ max: 10_000 });

  /** @throws {TypeError} on an algorithm without a key pair */
  constructor(options: TokenVerifierOptions) {
    const unsupported = options.algorithms.find((algorithm) => !keyPairAlgorithm.test(algorithm));
    if (unsupported !== undefined || options.algorithms.length === 0) {
      throw new TypeError(`Tokens cannot be verified with the algorithm ${unsupported}.`);
    }
    this.#options = options;
    this.#clock = options.clock ?? Date.now;
    this.#jwksFetch = new JwksFetch(options);
    this.#keys = createRemoteJWKSet(options.jwksUrl, {
      [customFetch]: this.#jwksFetch.fetch,
      timeoutDuration: options.fetchTimeoutMs ?? 3_000,
      // With a shorter time, newly rotated keys are accepted earlier. With a longer one, invented key ids cause fewer
      // fetches.
      cooldownDuration: options.unknownKeyCooldownMs ?? 5_000,
      // jose would drop keys that it cannot refresh. `#refreshKeys` keeps them.
      cacheMaxAge: Infinity,
    });
  }

  async verify(authorizationHeader: string | undefined): Promise<Principal> {
    // Pages without a token often send an empty header, from `token ?? ""`.
    if (authorizationHeader === undefined || authorizationHeader === "") return anonymous;
    const token = bearerToken(authorizationHeader);
    const tokenHash = hash("sha256", token, "base64url");
    const known = this.#verified.get(tokenHash);
    if (known !== undefined && this.#clock() < known.expiresAtMs) return known.principal;

    const claims = await this.#claimsOf(token);
    const { sub: subject, exp } = claims;
    if (typeof subject !== "string" || subject === "" || exp === undefined) {
      throw unauthenticated("The bearer token does not name a subject.");
    }
    assertFiniteTimes(claims);
    const principal: AuthenticatedPrincipal = { authenticated: true, subject, claims };
    const expiresAtMs = Math.min(exp * 1_000, this.#clock() + verifiedForMs);
    this.#verified.set(tokenHash, { principal, expiresAtMs });
    return principal;
  }

  async #claimsOf(token: string): Promise<JWTPayload> {
    const { issuer, audience, algorithms } = this.#options;
    const verification: JWTVerifyOptions = {
      algorithms: [...algorithms],
      requiredClaims: ["sub", "exp"],
      clockTolerance: clockToleranceSeconds,
      currentDate: new Date(this.#clock()),
      ...(issuer === undefined ? {} : { issuer }),
      ...(audience === undefined ? {} : { audience }),
    };
    try {
      await this.#refreshKeys();
      return await verifyWithAnyKey(token, this.#keys, verification);
    } catch (error) {
      const isUndecided = !(error instanceof errors.JOSEError) || error instanceof errors.JWKSTimeout;
      if (!isUndecided) {
        const fault = error instanceof errors.JWTExpired ? "has expired" : "is not valid";
        throw unauthenticated(`The bearer token ${fault}.`, reasonOf(error));
      }
      throw new ValetKeyError("UNAUTHENTICATED", "The bearer token cannot be verified at the moment.", {
        retryable: true,
        cause: error,
      });
    }
  }

  /** Refreshes the keys when they are old. If the issuer is unreachable, the old keys remain in use. */
  async #refreshKeys(): Promise<void> {
    const { keysMaxAgeMs = 10 * 60_000 } = this.#options;
    const { ageMs, failing, coolingDown } = this.#jwksFetch;
    // Before the first fetch, jose fetches the keys itself.
    if (ageMs === Infinity || ageMs < keysMaxAgeMs / 2 || coolingDown) return;
    const refreshed = this.#keys.reload().catch(() => undefined);
    if (ageMs >= keysMaxAgeMs && !failing) await refreshed;
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

/** A token without `kid` may fit several keys of the set. Each of them is tried. */
async function verifyWithAnyKey(
  token: string,
  keys: ReturnType<typeof createRemoteJWKSet>,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return (await jwtVerify(token, key, options)).payload;
      } catch (keyError) {
        if (!(keyError instanceof errors.JWSSignatureVerificationFailed)) throw keyError;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/** @throws {ValetKeyError} UNAUTHENTICATED */
function bearerToken(header: string): string {
  if (header.length > maxTokenCharacters) throw unauthenticated("The bearer token is too long.");
  const token = bearerShape.exec(header)?.[1];
  if (token === undefined) throw unauthenticated("The Authorization header does not contain a bearer token.");
  return token;
}

/** `ERR_JWT_CLAIM_VALIDATION_FAILED aud check_failed`. jose's errors and messages also contain parts of the token. */
function reasonOf(error: errors.JOSEError & { readonly claim?: string; readonly reason?: string }): string {
  return [error.code, error.claim, error.reason].filter(Boolean).join(" ");
}

/** @param reason is only logged, because it is more precise than the message for clients */
function unauthenticated(message: string, reason = message): ValetKeyError {
  return new ValetKeyError("UNAUTHENTICATED", message, { reason });
}
