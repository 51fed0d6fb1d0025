import { decodeJwt, exportJWK, generateKeyPair, importJWK, type JWK_EC_Private, SignJWT } from "jose";
import type { Logger } from "pino";
import type { Principal } from "../core/principal.ts";
import { type Authenticator, anonymousOnly, TokenVerifier } from "./token-verifier.ts";

export interface IssuedToken {
  readonly token: string;
  readonly expiresAt: Date;
}

type PrivateKey = Awaited<ReturnType<typeof importJWK>>;

/** A private key, as text. */
export type DevelopmentKey = JWK_EC_Private;

export async function createDevelopmentKey(): Promise<DevelopmentKey> {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  return (await exportJWK(privateKey)) as DevelopmentKey;
}

const issuer = "valetkey-development";
const keyId = "development";
const lifetimeMs = 60 * 60_000;

/**
 * Issues tokens for made-up callers, so that grants can be tried without an identity provider. Only for the embedded
 * store. The key is made when the server starts and never leaves its processes, so tokens end with them.
 */
export class DevelopmentIssuer implements Authenticator {
  /** The subjects that tokens are issued for. */
  readonly callers: readonly string[] = ["alice", "bob"];
  readonly #privateKey: PrivateKey;
  readonly #ownTokens: Authenticator;
  readonly #otherTokens: Authenticator;

  private constructor(privateKey: PrivateKey, ownTokens: Authenticator, log: Pick<Logger, "warn">) {
    this.#privateKey = privateKey;
    this.#ownTokens = ownTokens;
    this.#otherTokens = anonymousOnly(log);
  }

  /** @param key what `createDevelopmentKey` has returned, for several processes. Default: a new one. */
  static async create(log: Logger, key?: DevelopmentKey): Promise<DevelopmentIssuer> {
    const { d, ...publicKey } = key ?? (await createDevelopmentKey());
    const privateKey = await importJWK({ ...publicKey, d }, "ES256");
    const keys = [{ ...publicKey, kid: keyId, alg: "ES256", use: "sig" }];
    const verifier = new TokenVerifier({
      // The keys are in this process: nothing is fetched from this address.
      issuers: [{ issuer, jwksUrl: new URL(`https://${issuer}.invalid/jwks.json`) }],
      fetch: async () => Response.json({ keys }),
      algorithms: ["ES256"],
      log,
    });
    return new DevelopmentIssuer(privateKey, verifier, log);
  }

  /** @param subject one of `callers` */
  async issue(subject: string): Promise<IssuedToken> {
    const expiresAt = new Date(Math.floor((Date.now() + lifetimeMs) / 1000) * 1000);
    const token = await new SignJWT({ iss: issuer, sub: subject })
      .setProtectedHeader({ alg: "ES256", kid: keyId })
      .setIssuedAt()
      .setExpirationTime(expiresAt)
      .sign(this.#privateKey);
    return { token, expiresAt };
  }

  /** Verifies tokens of this issuer. Callers with any other token are anonymous, as without this issuer. */
  verify(authorizationHeader: string | undefined): Promise<Principal> {
    return (isOwn(authorizationHeader) ? this.#ownTokens : this.#otherTokens).verify(authorizationHeader);
  }
}

function isOwn(authorizationHeader: string | undefined): boolean {
  try {
    return decodeJwt(authorizationHeader?.replace(/^Bearer +/i, "") ?? "").iss === issuer;
  } catch {
    return false;
  }
}
