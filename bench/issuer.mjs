import { once } from "node:events";
import { createServer } from "node:http";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

const audience = "valetkey-bench";

/**
 * An identity provider on loopback, in the load generator's process: its keys are fetched once.
 * @param {"RS256" | "ES256"} alg ES256 signs many tokens faster
 * @returns {Promise<{ env: Record<string, string>, token(subject: string): Promise<string>, stop(): Promise<void> }>}
 */
export async function startIssuer(alg = "RS256") {
  const { publicKey, privateKey } = await generateKeyPair(alg);
  const keys = [{ ...(await exportJWK(publicKey)), kid: "1", alg, use: "sig" }];
  const server = createServer((_request, response) => {
    response.setHeader("content-type", "application/jwk-set+json").end(JSON.stringify({ keys }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${server.address().port}`;
  return {
    env: {
      VALETKEY_JWKS_URL: `${issuer}/jwks.json`,
      VALETKEY_JWT_ISSUER: issuer,
      VALETKEY_JWT_AUDIENCE: audience,
    },
    token: (subject) =>
      new SignJWT({ iss: issuer, aud: audience, sub: subject })
        .setProtectedHeader({ alg, kid: "1" })
        .setIssuedAt()
        .setExpirationTime("2h")
        .sign(privateKey),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
