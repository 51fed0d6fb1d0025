import { createServer } from "node:http";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { listenOnLoopback, stopListening } from "./listening.ts";

export const audience = "valetkey-tests";

/** An identity provider on loopback: a JWKS with one key, and tokens signed with it. */
export interface Issuer {
  /** The `iss` of its tokens. */
  readonly url: string;
  readonly jwksUrl: string;
  /** A token that is good for five minutes, unless `claims` say otherwise. */
  token(claims: JWTPayload & { sub: string }): Promise<string>;
  close(): Promise<void>;
}

export async function startIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const kid = "key-1";
  const keys = [{ ...(await exportJWK(publicKey)), kid, alg: "ES256", use: "sig" }];
  const server = createServer((_request, response) => {
    response.setHeader("content-type", "application/jwk-set+json");
    response.end(JSON.stringify({ keys }));
  });
  const url = await listenOnLoopback(server);

  return {
    url,
    jwksUrl: `${url}/jwks.json`,
    token: (claims) =>
      new SignJWT({ iss: url, aud: audience, ...claims })
        .setProtectedHeader({ alg: "ES256", kid })
        .setIssuedAt()
        .setExpirationTime(claims.exp ?? "5m")
        .sign(privateKey),
    close: () => stopListening(server),
  };
}
