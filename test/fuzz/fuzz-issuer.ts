import { createECDH, createHash, createPrivateKey, type KeyObject, sign } from "node:crypto";
import { startHttpServer } from "../support/listening.ts";
import type { Closable } from "../support/resources.ts";

export const fuzzIssuerName = "https://issuer.fuzz.example";

/** A key pair that is always the same, so that tokens of the corpus stay valid. */
export interface FuzzKey {
  readonly kid: string;
  readonly alg: "ES256" | "EdDSA";
  readonly privateKey: KeyObject;
  readonly publicJwk: Readonly<Record<string, string>>;
}

const base64url = (bytes: Buffer) => bytes.toString("base64url");

function ecKey(kid: string): FuzzKey {
  const ecdh = createECDH("prime256v1");
  const d = createHash("sha256").update(kid).digest();
  ecdh.setPrivateKey(d);
  const point = ecdh.getPublicKey();
  const publicJwk = {
    kty: "EC",
    crv: "P-256",
    x: base64url(point.subarray(1, 33)),
    y: base64url(point.subarray(33)),
  };
  const privateKey = createPrivateKey({ key: { ...publicJwk, d: base64url(d) }, format: "jwk" });
  return { kid, alg: "ES256", privateKey, publicJwk };
}

function edKey(kid: string): FuzzKey {
  // RFC 8410: the prefix of a private key of Ed25519 in DER.
  const der = Buffer.concat([
    Buffer.from("302e020100300506032b657004220420", "hex"),
    createHash("sha256").update(kid).digest(),
  ]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const { kty = "", crv = "", x = "" } = privateKey.export({ format: "jwk" });
  return { kid, alg: "EdDSA", privateKey, publicJwk: { kty, crv, x } };
}

/** Published by the issuer. */
export const publishedKeys: readonly FuzzKey[] = [ecKey("ec-1"), ecKey("ec-2"), edKey("ed-1")];
/** Never published. */
export const foreignKey: FuzzKey = ecKey("foreign");

export const publishedJwks = publishedKeys.map(({ kid, alg, publicJwk }) => ({
  ...publicJwk,
  kid,
  alg,
  use: "sig",
}));

export function signatureOf({ alg, privateKey }: FuzzKey, input: string): string {
  const data = Buffer.from(input);
  return base64url(
    alg === "EdDSA"
      ? sign(null, data, privateKey)
      : sign("sha256", data, { key: privateKey, dsaEncoding: "ieee-p1363" }),
  );
}

export function encodedJson(value: unknown): string {
  return base64url(Buffer.from(typeof value === "string" ? value : JSON.stringify(value)));
}

export function signedToken(key: FuzzKey, header: unknown, payload: unknown): string {
  const input = `${encodedJson(header)}.${encodedJson(payload)}`;
  return `${input}.${signatureOf(key, input)}`;
}

/** Publishes the keys. */
export async function startFuzzIssuer(): Promise<Closable & { readonly jwksUrl: string }> {
  const server = await startHttpServer((_request, response) => {
    response.setHeader("content-type", "application/jwk-set+json");
    // A shared secret that was published by mistake is among them.
    const secret = {
      kty: "oct",
      kid: "oct-1",
      k: base64url(Buffer.from("a secret that everybody knows")),
      alg: "HS256",
    };
    response.end(JSON.stringify({ keys: [...publishedJwks, secret] }));
  });
  return {
    jwksUrl: `${server.url}/jwks.json`,
    close: () => server.close(),
    [Symbol.asyncDispose]: () => server.close(),
  };
}
