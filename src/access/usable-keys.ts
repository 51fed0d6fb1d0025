import { importJWK, type JWK } from "jose";

export interface UsableKeys {
  readonly usable: readonly JWK[];
  readonly unusable: readonly { readonly kid: string | undefined; readonly reason: string }[];
}

/** The number of keys is limited, because a token without `kid` is verified with every key that fits. */
const maxKeys = 100;
/** https://www.rfc-editor.org/rfc/rfc7518#section-3.3 */
const minRsaBits = 2048;

/** Separates the keys that can verify tokens from those that cannot, such as RSA keys that are too small. */
export async function usableKeysOf(keys: readonly JWK[]): Promise<UsableKeys> {
  const checked = await Promise.all(
    keys.slice(0, maxKeys).map(async (jwk) => ({ jwk, reason: await reasonUnusable(jwk) })),
  );
  return {
    usable: checked.filter(({ reason }) => reason === undefined).map(({ jwk }) => jwk),
    unusable: checked.flatMap(({ jwk: { kid }, reason }) => (reason === undefined ? [] : [{ kid, reason }])),
  };
}

async function reasonUnusable(jwk: JWK): Promise<string | undefined> {
  const algorithm = jwk.alg ?? defaultAlgorithm(jwk);
  if (algorithm === undefined) return "The key type or curve is not supported.";
  try {
    const key = await importJWK(jwk, algorithm);
    if (key instanceof Uint8Array) return "A shared secret cannot be published.";
    const bits = (key.algorithm as { readonly modulusLength?: number }).modulusLength;
    return bits !== undefined && bits < minRsaBits
      ? `The RSA key has ${bits} bits; at least ${minRsaBits} are needed.`
      : undefined;
  } catch (error) {
    return `The key cannot be read: ${(error as Error).message}`;
  }
}

function defaultAlgorithm({ kty, crv }: JWK): string | undefined {
  if (kty === "RSA") return "RS256";
  if (kty === "OKP") return "EdDSA";
  return kty === "EC" ? { "P-256": "ES256", "P-384": "ES384", "P-521": "ES512" }[String(crv)] : undefined;
}
