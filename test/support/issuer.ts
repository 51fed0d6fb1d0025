import { createServer } from "node:http";
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";
import { listenOnLoopback, stopListening } from "./listening.ts";

export const audience = "valetkey-tests";

/** An identity provider on loopback: a JWKS, and tokens signed with its newest key. */
export interface Issuer {
  /** The `iss` of its tokens. */
  readonly url: string;
  readonly jwksUrl: string;
  /** A token that is good for five minutes, unless `claims` say otherwise. */
  token(claims: JWTPayload & { sub: string }): Promise<string>;
  /** From now on tokens are signed with a new key. The old one stays in the JWKS. */
  rotate(): Promise<void>;
  close(): Promise<void>;
}

export async function startIssuer(): Promise<Issuer> {
  const published: JWK[] = [];
  let newest = await publishKey();
  async function publishKey() {
    const kid = `key-${published.length + 1}`;
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    published.push({ ...(await exportJWK(publicKey)), kid, alg: "ES256", use: "sig" });
    return { kid, privateKey };
  }

  const server = createServer((_request, response) => {
    response.setHeader("content-type", "application/jwk-set+json");
    response.end(JSON.stringify({ keys: published }));
  });
  const url = await listenOnLoopback(server);

  return {
    url,
    jwksUrl: `${url}/jwks.json`,
    token: (claims) =>
      new SignJWT({ iss: url, aud: audience, ...claims })
        .setProtectedHeader({ alg: "ES256", kid: newest.kid })
        .setIssuedAt()
        .setExpirationTime(claims.exp ?? "5m")
        .sign(newest.privateKey),
    rotate: async () => {
      newest = await publishKey();
    },
    close: () => stopListening(server),
  };
}
