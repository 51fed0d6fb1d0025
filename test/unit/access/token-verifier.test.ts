import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { inspect } from "node:util";
import { CompactSign, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT, UnsecuredJWT } from "jose";
import type { Logger } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import {
  anonymousOnly,
  TokenVerifier,
  type TokenVerifierOptions,
} from "../../../src/access/token-verifier.ts";
import { listenOnLoopback, stopListening } from "../../support/listening.ts";

const issuer = "https://issuer.example";
const audience = "valet-key";
type KeyPair = Awaited<ReturnType<typeof newKey>>;

async function newKey(kid: string | undefined, alg = "ES256") {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk: JWK = {
    ...(await exportJWK(publicKey)),
    alg,
    use: "sig",
    ...(kid === undefined ? {} : { kid }),
  };
  return { kid, alg, publicKey, privateKey, jwk };
}

const nowSeconds = () => Math.floor(Date.now() / 1_000);

function tokenOf(
  key: KeyPair,
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): Promise<string> {
  const standard = { iss: issuer, aud: audience, sub: "alice", exp: nowSeconds() + 300 };
  // A claim that is undefined is left out.
  return new SignJWT({ ...standard, ...claims })
    .setProtectedHeader({ alg: key.alg, ...(key.kid === undefined ? {} : { kid: key.kid }), ...header })
    .sign(key.privateKey);
}

/** Signs claims that JSON.stringify would not write. */
function signed(key: KeyPair, claims: string): Promise<string> {
  return new CompactSign(new TextEncoder().encode(claims))
    .setProtectedHeader({ alg: key.alg, kid: key.kid ?? "" })
    .sign(key.privateKey);
}

const claimsWith = (times: string) => `{"iss":"${issuer}","aud":"${audience}","sub":"alice",${times}}`;

const published: JWK[] = [];
let fetches = 0;
let answer: "keys" | "500" | "garbage" | "endless" | "silence" = "keys";
const server = createServer((request, response) => {
  // A fetch in the background may come when its test is over.
  if (request.url === jwksUrl.pathname) fetches += 1;
  response.setHeader("connection", "close");
  if (answer === "silence") return;
  if (answer === "500") response.writeHead(500).end();
  else if (answer === "garbage") response.end('{"keys": "none"}');
  else if (answer === "endless") response.end(" ".repeat(300_000));
  else response.end(JSON.stringify({ keys: published }));
});
let origin: string;
let jwksUrl: URL;
let tests = 0;
let key: KeyPair;
let rsaKey: KeyPair;

beforeAll(async () => {
  origin = await listenOnLoopback(server);
  key = await newKey("first");
  rsaKey = await newKey("rsa", "RS256");
});
beforeEach(() => {
  published.splice(0, Infinity, key.jwk, rsaKey.jwk);
  tests += 1;
  jwksUrl = new URL(`/${tests}/jwks.json`, origin);
  fetches = 0;
  answer = "keys";
});
afterAll(() => stopListening(server));

function verifierWith(options: Partial<TokenVerifierOptions> = {}): TokenVerifier {
  return new TokenVerifier({
    issuers: [{ issuer, jwksUrl, audiences: [audience] }],
    algorithms: ["RS256", "ES256", "EdDSA"],
    ...options,
  });
}

const unauthenticated = expect.objectContaining({ name: "ValetKeyError", code: "UNAUTHENTICATED" });

describe("the caller", () => {
  test("is anonymous without a header", async () => {
    expect(await verifierWith().verify(undefined)).toEqual({ authenticated: false });
    expect(await verifierWith().verify("")).toEqual({ authenticated: false });
    expect(fetches).toBe(0);
  });

  test("is anonymous without a trusted issuer, and the first token is logged", async () => {
    const warnings: unknown[] = [];
    const { verify } = anonymousOnly({ warn: (...line: unknown[]) => warnings.push(line) });
    for (const header of [undefined, "", "Bearer x", "Bearer y", "Basic z"]) {
      expect(await verify(header)).toEqual({ authenticated: false });
    }
    expect(warnings).toEqual([[expect.stringContaining("VALETKEY_JWKS_URL is not set")]]);
  });

  test("is the token's subject with its claims, and the same object while the token is cached", async () => {
    const verifier = verifierWith();
    const header = `Bearer ${await tokenOf(key, { groups: ["staff"] })}`;
    const principal = await verifier.verify(header);
    expect(principal).toMatchObject({
      authenticated: true,
      subject: "alice",
      claims: { groups: ["staff"], iss: issuer },
    });
    expect(await verifier.verify(header)).toBe(principal);
    expect(await verifier.verify(header.replace("Bearer", "bearer  "))).toBe(principal);
    expect(await verifier.verify(`Bearer ${await tokenOf(rsaKey)}`)).toMatchObject({ subject: "alice" });
    expect(fetches).toBe(1);
  });

  test("is recognized by a token without a key id if several keys fit", async () => {
    const [one, other] = [await newKey(undefined), await newKey(undefined)];
    published.push(one.jwk, other.jwk);
    expect(await verifierWith().verify(`Bearer ${await tokenOf(other)}`)).toMatchObject({ subject: "alice" });
    await expect(verifierWith().verify(`Bearer ${await tokenOf(await newKey(undefined))}`)).rejects.toEqual(
      unauthenticated,
    );
  });
});

describe("an invalid token is refused", () => {
  test.each<[string, () => Promise<string>]>([
    [
      "alg none",
      async () =>
        new UnsecuredJWT({ sub: "alice", iss: issuer, aud: audience }).setExpirationTime("5m").encode(),
    ],
    [
      "alg none, in capitals",
      async () => `${btoa('{"alg":"NONE"}')}.${btoa('{"sub":"alice"}')}.`.replaceAll("=", ""),
    ],
    [
      "HMAC with the public key",
      async () =>
        new SignJWT({ sub: "alice", iss: issuer, aud: audience, exp: nowSeconds() + 300 })
          .setProtectedHeader({ alg: "HS256", kid: "rsa" })
          .sign(new TextEncoder().encode(await exportSPKI(rsaKey.publicKey))),
    ],
    ["another issuer", () => tokenOf(key, { iss: "https://issuer.example.evil" })],
    ["no issuer", () => tokenOf(key, { iss: undefined })],
    ["another audience", () => tokenOf(key, { aud: "other" })],
    ["no audience", () => tokenOf(key, { aud: undefined })],
    ["expired", () => tokenOf(key, { exp: nowSeconds() - 61 })],
    ["no expiry", () => tokenOf(key, { exp: undefined })],
    ["an expiry that is no number", () => tokenOf(key, { exp: "never" })],
    ["an expiry that is too large for a number", () => signed(key, claimsWith('"exp":1e400'))],
    ["a start that is too small for a number", () => signed(key, claimsWith('"exp":9e9,"nbf":-1e400'))],
    ["a time of issue that is no time", () => signed(key, claimsWith('"exp":9e9,"iat":1e400'))],
    ["not yet valid", () => tokenOf(key, { nbf: nowSeconds() + 90 })],
    ["no subject", () => tokenOf(key, { sub: undefined })],
    ["an empty subject", () => tokenOf(key, { sub: "" })],
    ["a subject that is no text", () => tokenOf(key, { sub: { $ne: "" } })],
    ["an unknown key", async () => tokenOf(await newKey("unknown"))],
    ["another key under a known name", async () => tokenOf(await newKey("first"))],
    [
      "a key that it brings along",
      async () => {
        const own = await newKey("mine");
        return tokenOf(own, {}, { jwk: own.jwk, jku: "https://evil.example/jwks" });
      },
    ],
    [
      "an extension nobody understands",
      async () => {
        const [, claims, signature] = (await tokenOf(key)).split(".");
        return `${btoa('{"alg":"ES256","kid":"first","crit":["x"],"x":1}')}.${claims}.${signature}`.replaceAll(
          "=",
          "",
        );
      },
    ],
    ["a changed claim", async () => (await tokenOf(key)).replace(/\.(.{20})./, ".$1A")],
    ["garbage", async () => "garbage"],
    ["five parts", async () => "a.b.c.d.e"],
    ["more than 16 KB", () => tokenOf(key, { padding: "x".repeat(13_000) })],
  ])("%s", async (_, token) => {
    await expect(verifierWith().verify(`Bearer ${await token()}`)).rejects.toEqual(unauthenticated);
  });

  test.each(["Bearer", "Bearer ", "Basic YWxpY2U6eA==", "Bearer a b", "Bearer \u0000", "x".repeat(100_000)])(
    "the header %j",
    async (header) => {
      await expect(verifierWith().verify(header)).rejects.toEqual(unauthenticated);
      expect(fetches).toBe(0);
    },
  );

  test.each<[reason: string, () => Promise<string>]>([
    ["ERR_JWT_CLAIM_VALIDATION_FAILED aud check_failed", () => tokenOf(key, { aud: "alices" })],
    [
      "ERR_JWT_CLAIM_VALIDATION_FAILED iss check_failed",
      () => tokenOf(key, { iss: "https://alice.example" }),
    ],
    ["ERR_JWT_CLAIM_VALIDATION_FAILED sub missing", () => tokenOf(key, { sub: undefined, email: "alice" })],
    ["ERR_JWT_CLAIM_VALIDATION_FAILED nbf check_failed", () => tokenOf(key, { nbf: nowSeconds() + 90 })],
    ["ERR_JWT_EXPIRED exp check_failed", () => tokenOf(key, { exp: nowSeconds() - 61 })],
    ["ERR_JWKS_NO_MATCHING_KEY", async () => tokenOf(await newKey("alice"))],
    ["ERR_JWS_SIGNATURE_VERIFICATION_FAILED", async () => tokenOf(await newKey("first"))],
    ["ERR_JOSE_ALG_NOT_ALLOWED", async () => tokenOf(await newKey("alice", "PS256"))],
    ["ERR_JWS_INVALID", async () => "alice"],
  ])("and the log has the reason %s and nothing of the token", async (reason, token) => {
    const error = await verifierWith()
      .verify(`Bearer ${await token()}`)
      .catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: "UNAUTHENTICATED", reason });
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain("alice");
  });

  test.each(["HS256", "none", "dir", ""])("the algorithm %j cannot even be configured", (algorithm) => {
    expect(() => verifierWith({ algorithms: ["RS256", algorithm] })).toThrow(TypeError);
  });
});

describe("keys that cannot verify anything", () => {
  /** Jose makes no key this small. */
  function weakKey(kid?: string): JWK {
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
    return {
      ...publicKey.export({ format: "jwk" }),
      use: "sig",
      ...(kid === undefined ? {} : { kid }),
    } as JWK;
  }
  const unusable: readonly (readonly [string, () => JWK])[] = [
    ["an RSA key of 1,024 bits", () => weakKey()],
    ["an RSA key of 1,024 bits with an algorithm", () => ({ ...weakKey(), alg: "RS256" })],
    ["an RSA key without a modulus", () => ({ kty: "RSA", e: "AQAB" })],
    ["an RSA key whose modulus is no text", () => ({ kty: "RSA", e: "AQAB", n: 5 }) as unknown as JWK],
    ["a point that is not on its curve", () => ({ kty: "EC", crv: "P-256", x: "AAAA", y: "AAAA" })],
    ["a curve that nobody knows", () => ({ kty: "EC", crv: "P-1", x: "AAAA", y: "AAAA" })],
    ["a shared secret", () => ({ kty: "oct", k: "c2VjcmV0" })],
    ["a type that nobody knows", () => ({ kty: "future" })],
    ["no type", () => ({}) as JWK],
  ];

  test.each(unusable)("are skipped: %s", async (_, unusableKey) => {
    const [rsa, ec] = [await newKey(undefined, "RS256"), await newKey(undefined)];
    published.splice(0, Infinity, unusableKey(), rsa.jwk, ec.jwk);
    for (const each of [rsa, ec]) {
      const verified = verifierWith().verify(`Bearer ${await tokenOf(each)}`);
      await expect(verified).resolves.toMatchObject({ subject: "alice" });
    }
  });

  test("are logged", async () => {
    const warnings: unknown[] = [];
    published.unshift(weakKey("old"));
    const log = { warn: (fields: unknown) => void warnings.push(fields) } as unknown as Logger;
    await verifierWith({ log }).verify(`Bearer ${await tokenOf(key)}`);
    expect(warnings).toEqual([{ unusable: [{ kid: "old", reason: expect.stringContaining("2048") }] }]);
  });

  test("make tokens that name them invalid, which is not retryable", async () => {
    published.unshift(weakKey("weak"));
    const token = await tokenOf({ ...rsaKey, kid: "weak" });
    await expect(verifierWith().verify(`Bearer ${token}`)).rejects.toMatchObject({
      code: "UNAUTHENTICATED",
      retryable: false,
      reason: "ERR_JWKS_NO_MATCHING_KEY",
    });
  });
});

describe("time", () => {
  test("a cached token is never accepted after its exp plus the tolerated skew", async () => {
    let nowMs = Date.now();
    const verifier = verifierWith({ clock: () => nowMs });
    const header = `Bearer ${await tokenOf(key, { exp: nowSeconds() + 30 })}`;
    await verifier.verify(header);
    nowMs += 89_000;
    await verifier.verify(header);
    nowMs += 2_000;
    await expect(verifier.verify(header)).rejects.toThrow("expired");
  });

  test("tokens that cannot be used any more are forgotten", async () => {
    let nowMs = Date.now();
    const verifier = verifierWith({ clock: () => nowMs });
    for (const sub of ["alice", "bob"]) await verifier.verify(`Bearer ${await tokenOf(key, { sub })}`);
    expect(verifier.size).toBe(2);
    nowMs += 301_000;
    await verifier.verify(`Bearer ${await tokenOf(key, { exp: nowSeconds() + 600 })}`);
    expect(verifier.size).toBe(1);
  });

  test("a clock that is up to a minute behind is tolerated", async () => {
    const header = `Bearer ${await tokenOf(key, { nbf: nowSeconds() + 50 })}`;
    await expect(verifierWith().verify(header)).resolves.toBeDefined();
  });
});

describe("the issuer's keys", () => {
  test("10,000 unknown key ids cost a handful of fetches, and garbage none", async () => {
    const verifier = verifierWith();
    const [, claims, signature] = (await tokenOf(key)).split(".");
    const attempts = Array.from({ length: 10_000 }, (_, index) => {
      const header = Buffer.from(JSON.stringify({ alg: "ES256", kid: `kid-${index}` })).toString("base64url");
      return verifier.verify(`Bearer ${header}.${claims}.${signature}`).then(
        () => "accepted",
        () => "refused",
      );
    });
    expect(new Set(await Promise.all(attempts))).toEqual(new Set(["refused"]));
    expect(fetches).toBeLessThanOrEqual(2);
  });

  test("nor do they while the issuer cannot be reached", async () => {
    answer = "500";
    const verifier = verifierWith();
    for (let attempt = 0; attempt < 200; attempt += 1) {
      await expect(verifier.verify(`Bearer ${await tokenOf(key)}`)).rejects.toMatchObject({
        code: "UNAUTHENTICATED",
        retryable: true,
      });
    }
    expect(fetches).toBeLessThanOrEqual(2);
  });

  test("a rotated key is found", async () => {
    const verifier = verifierWith({ unknownKeyCooldownMs: 0 });
    await verifier.verify(`Bearer ${await tokenOf(key)}`);
    const next = await newKey("next");
    published.push(next.jwk);
    await expect(verifier.verify(`Bearer ${await tokenOf(next)}`)).resolves.toMatchObject({
      subject: "alice",
    });
    expect(fetches).toBe(2);
  });

  test("a rotated key is found five seconds after the last keys", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const verifier = verifierWith();
      await verifier.verify(`Bearer ${await tokenOf(key)}`);
      const next = await newKey("next");
      published.push(next.jwk);
      vi.setSystemTime(Date.now() + 4_900);
      await expect(verifier.verify(`Bearer ${await tokenOf(next)}`)).rejects.toEqual(unauthenticated);
      vi.setSystemTime(Date.now() + 200);
      await expect(verifier.verify(`Bearer ${await tokenOf(next)}`)).resolves.toBeDefined();
      expect(fetches).toBe(2);
    } finally {
      vi.useRealTimers();
    }
  });

  test("a withdrawn key is refused once the cached keys are too old", async () => {
    let ms = 0;
    const verifier = verifierWith({ monotonicNow: () => ms, keysMaxAgeMs: 1_000 });
    await verifier.verify(`Bearer ${await tokenOf(key)}`);
    published.shift();
    ms = 1_000;
    await expect(verifier.verify(`Bearer ${await tokenOf(key, { jti: "other" })}`)).rejects.toEqual(
      unauthenticated,
    );
  });

  test.each(["500", "garbage", "endless", "silence"] as const)(
    "an issuer that answers %s ends nothing",
    async (fault) => {
      let ms = 0;
      const verifier = verifierWith({ monotonicNow: () => ms, keysMaxAgeMs: 1_000, fetchTimeoutMs: 100 });
      await verifier.verify(`Bearer ${await tokenOf(key)}`);
      answer = fault;
      for (const later of [1_000, 10_000, 1_000_000]) {
        ms = later;
        const header = `Bearer ${await tokenOf(key, { jti: String(later) })}`;
        await expect(verifier.verify(header)).resolves.toMatchObject({ subject: "alice" });
      }
      expect(fetches).toBeGreaterThan(1);
    },
  );
});
