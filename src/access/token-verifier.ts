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
import type { Clock } from "../core/clock.ts";
import { ValetKeyError } from "../core/errors.ts";
import { type AuthenticatedPrincipal, anonymous, type Principal } from "../core/principal.ts";
import { JwksFetch, type JwksFetchOptions } from "./jwks-fetch.ts";

/** Tells who the caller is by the Authorization header. */
export interface Authenticator {
  /** @throws {ValetKeyError} UNAUTHENTICATED when a header was sent that proves nothing */
  verify(authorizationHeader: string | undefined): Promise<Principal>;
}

/** Where no issuer is trusted, a token says nothing: everybody is anonymous. */
export const anonymousOnly: Authenticator = { verify: async () => anonymous };

export interface TokenVerifierOptions extends JwksFetchOptions {
  readonly jwksUrl: URL;
  /** `iss` and `aud` that a token must have. Undefined: any. */
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
  /** JWS algorithms with a key pair: RS256, ES256, EdDSA, … */
  readonly algorithms: readonly string[];
  readonly clock?: Clock | undefined;
  /** Older keys are fetched anew before they are used, and used if that fails. */
  readonly keysMaxAgeMs?: number | undefined;
  /** After keys have come, a token with an unknown key makes nobody fetch for so long. */
  readonly unknownKeyCooldownMs?: number | undefined;
  readonly fetchTimeoutMs?: number | undefined;
}

interface VerifiedToken {
  readonly principal: AuthenticatedPrincipal;
  readonly expiresAtMs: number;
}

const maxTokenCharacters = 16 * 1024;
const clockToleranceSeconds = 60;
/** A key that the issuer withdraws ends to count at the latest after this and the keys' own age. */
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
  // By hash: the cache holds nothing that opens anything. Only tokens that are valid get into it.
  readonly #verified = new LRUCache<string, VerifiedToken>({ max: 10_000 });

  /** @throws {TypeError} on an algorithm without a key pair */
  constructor(options: TokenVerifierOptions) {
    const refused = options.algorithms.find((algorithm) => !keyPairAlgorithm.test(algorithm));
    if (refused !== undefined || options.algorithms.length === 0) {
      throw new TypeError(`Tokens cannot be verified with the algorithm ${refused}.`);
    }
    this.#options = options;
    this.#clock = options.clock ?? Date.now;
    this.#jwksFetch = new JwksFetch(options);
    this.#keys = createRemoteJWKSet(options.jwksUrl, {
      [customFetch]: this.#jwksFetch.fetch,
      timeoutDuration: options.fetchTimeoutMs ?? 3_000,
      // So long nobody with a key that was rotated in is let in; so often made-up key ids can make us fetch.
      cooldownDuration: options.unknownKeyCooldownMs ?? 5_000,
      // jose would drop keys that it cannot renew; `#renewKeys` keeps them.
      cacheMaxAge: Infinity,
    });
  }

  async verify(authorizationHeader: string | undefined): Promise<Principal> {
    // Empty is how a page without a token sends `token ?? ""`.
    if (authorizationHeader === undefined || authorizationHeader === "") return anonymous;
    const token = bearerToken(authorizationHeader);
    const tokenHash = hash("sha256", token, "base64url");
    const known = this.#verified.get(tokenHash);
    if (known !== undefined && this.#clock() < known.expiresAtMs) return known.principal;

    const claims = await this.#claimsOf(token);
    const { sub: subject, exp } = claims;
    if (typeof subject !== "string" || subject === "" || exp === undefined) {
      throw unauthenticated("The bearer token names no subject.");
    }
    const principal: AuthenticatedPrincipal = { authenticated: true, subject, claims };
    const expiresAtMs = Math.min(exp * 1_000, this.#clock() + verifiedForMs);
    this.#verified.set(tokenHash, { principal, expiresAtMs });
    return principal;
  }

  async #claimsOf(token: string): Promise<JWTPayload> {
    const { issuer, audience, algorithms } = this.#options;
    const demands: JWTVerifyOptions = {
      algorithms: [...algorithms],
      requiredClaims: ["sub", "exp"],
      clockTolerance: clockToleranceSeconds,
      currentDate: new Date(this.#clock()),
      ...(issuer === undefined ? {} : { issuer }),
      ...(audience === undefined ? {} : { audience }),
    };
    try {
      await this.#renewKeys();
      return await verifyWithAnyKey(token, this.#keys, demands);
    } catch (error) {
      const undecided = !(error instanceof errors.JOSEError) || error instanceof errors.JWKSTimeout;
      if (!undecided) {
        const fault = error instanceof errors.JWTExpired ? "has expired" : "is not valid";
        throw unauthenticated(`The bearer token ${fault}.`, reasonOf(error));
      }
      throw new ValetKeyError("UNAUTHENTICATED", "The bearer token cannot be verified at present.", {
        retryable: true,
        cause: error,
      });
    }
  }

  /** Withdrawn keys are noticed in time; an issuer that is away ends nothing, and delays one request. */
  async #renewKeys(): Promise<void> {
    const { keysMaxAgeMs = 10 * 60_000 } = this.#options;
    const { ageMs, failing, coolingDown } = this.#jwksFetch;
    // Without any keys jose fetches by itself.
    if (ageMs === Infinity || ageMs < keysMaxAgeMs / 2 || coolingDown) return;
    const renewed = this.#keys.reload().catch(() => undefined);
    if (ageMs >= keysMaxAgeMs && !failing) await renewed;
  }
}

/** A token without `kid` may fit several keys of the set: then each is tried. */
async function verifyWithAnyKey(
  token: string,
  keys: ReturnType<typeof createRemoteJWKSet>,
  demands: JWTVerifyOptions,
): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys, demands)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return (await jwtVerify(token, key, demands)).payload;
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
  if (token === undefined) throw unauthenticated("The Authorization header holds no bearer token.");
  return token;
}

/** `ERR_JWT_CLAIM_VALIDATION_FAILED aud check_failed`. jose's errors hold the claims, and their messages header values. */
function reasonOf(error: errors.JOSEError & { readonly claim?: string; readonly reason?: string }): string {
  return [error.code, error.claim, error.reason].filter(Boolean).join(" ");
}

/** @param reason where the message does not say it */
function unauthenticated(message: string, reason = message): ValetKeyError {
  return new ValetKeyError("UNAUTHENTICATED", message, { reason });
}
