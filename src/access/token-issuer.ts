import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWTPayload,
  type JWTVerifyOptions,
  jwtVerify,
} from "jose";
import type { Clock } from "../core/clock.ts";
import { ValetKeyError } from "../core/errors.ts";
import { JwksFetch, type JwksFetchOptions, type KeyLocation } from "./jwks-fetch.ts";

/** An issuer whose tokens are accepted, with its own keys and audiences. */
export interface TrustedIssuer extends KeyLocation {
  /** A token must have one of them in its `aud`. Undefined accepts any. */
  readonly audiences?: readonly string[] | undefined;
}

export interface TokenIssuerOptions extends JwksFetchOptions {
  /** Asymmetric JWS algorithms: RS256, ES256, EdDSA, … */
  readonly algorithms: readonly string[];
  readonly clock?: Clock | undefined;
  /** Keys older than this are fetched again before they are used. If that fails, the old keys are used. */
  readonly keysMaxAgeMs?: number | undefined;
  /** After a fetch, tokens with an unknown key do not cause another one for this long. */
  readonly unknownKeyCooldownMs?: number | undefined;
  /** For the discovery and the keys together. */
  readonly fetchTimeoutMs?: number | undefined;
}

const clockToleranceSeconds = 60;

/** Verifies the tokens of one issuer against the keys that it publishes. */
export class TokenIssuer {
  readonly #trusted: TrustedIssuer;
  readonly #options: TokenIssuerOptions;
  readonly #jwksFetch: JwksFetch;
  readonly #keys: ReturnType<typeof createRemoteJWKSet>;

  constructor(trusted: TrustedIssuer, options: TokenIssuerOptions) {
    this.#trusted = trusted;
    this.#options = options;
    this.#jwksFetch = new JwksFetch(trusted, options);
    this.#keys = createRemoteJWKSet(this.#jwksFetch.url, {
      [customFetch]: this.#jwksFetch.fetch,
      timeoutDuration: options.fetchTimeoutMs ?? 3_000,
      // With a shorter time, newly rotated keys are accepted earlier. With a longer one, invented key ids cause fewer
      // fetches.
      cooldownDuration: options.unknownKeyCooldownMs ?? 5_000,
      // jose would drop keys that it cannot refresh. `#refreshKeys` keeps them.
      cacheMaxAge: Infinity,
    });
  }

  /** Fetches the keys. If that fails, it is logged, and the first token causes another attempt. */
  async prepare(): Promise<void> {
    await this.#keys.reload().catch(() => undefined);
  }

  /** @throws {ValetKeyError} UNAUTHENTICATED, which is retryable while the issuer's keys cannot be fetched */
  async claimsOf(token: string): Promise<JWTPayload> {
    const { issuer, audiences } = this.#trusted;
    const { algorithms, clock = Date.now } = this.#options;
    const verification: JWTVerifyOptions = {
      algorithms: [...algorithms],
      requiredClaims: ["sub", "exp"],
      clockTolerance: clockToleranceSeconds,
      currentDate: new Date(clock()),
      ...(issuer === undefined ? {} : { issuer }),
      ...(audiences === undefined ? {} : { audience: [...audiences] }),
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

/** `ERR_JWT_CLAIM_VALIDATION_FAILED aud check_failed`. jose's errors and messages also contain parts of the token. */
function reasonOf(error: errors.JOSEError & { readonly claim?: string; readonly reason?: string }): string {
  return [error.code, error.claim, error.reason].filter(Boolean).join(" ");
}

/** @param reason is only logged, because it is more precise than the message for clients */
export function unauthenticated(message: string, reason = message): ValetKeyError {
  return new ValetKeyError("UNAUTHENTICATED", message, { reason });
}
