import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { startHttpServer } from "./listening.ts";
import type { Closable } from "./resources.ts";

export const audience = "valetkey-tests";

/** An identity provider: it publishes a JWKS with one key and signs tokens with that key. */
export interface Issuer extends Closable {
  /** The `iss` of its tokens. */
  readonly url: string;
  readonly jwksUrl: string;
  /** Signs a token. It is valid for five minutes, unless `claims` has an `exp`. */
  token(claims: JWTPayload & { sub: string }): Promise<string>;
}

export async function startIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const kid = "key-1";
  const keys = [{ ...(await exportJWK(publicKey)), kid, alg: "ES256", use: "sig" }];
  const server = await startHttpServer((_request, response) => {
    response.setHeader("content-type", "application/jwk-set+json");
    response.end(JSON.stringify({ keys }));
  });
  const { url } = server;

  return {
    url,
    jwksUrl: `${url}/jwks.json`,
    token: (claims) =>
      new SignJWT({ iss: url, aud: audience, ...claims })
        .setProtectedHeader({ alg: "ES256", kid })
        .setIssuedAt()
        .setExpirationTime(claims.exp ?? "5m")
        .sign(privateKey),
    close: () => server.close(),
    [Symbol.asyncDispose]: () => server.close(),
  };
}
