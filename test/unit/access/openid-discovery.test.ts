import type { ServerResponse } from "node:http";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import type { Logger } from "pino";
import { beforeEach, describe, expect, test } from "vitest";
import { isDiscoverable } from "../../../src/access/openid-discovery.ts";
import { TokenVerifier, type TokenVerifierOptions } from "../../../src/access/token-verifier.ts";
import { startHttpServer } from "../../support/listening.ts";
import { shareInFile } from "../../support/share-in-file.ts";

const { publicKey, privateKey } = await generateKeyPair("ES256");
const keys = [{ ...(await exportJWK(publicKey)), kid: "key", alg: "ES256", use: "sig" }];

type Respond = (response: ServerResponse) => void;
const json =
  (value: unknown): Respond =>
  (response) =>
    response.end(JSON.stringify(value));

/** What the server sends for each path. Other paths are 404. */
let routes: Record<string, Respond> = {};
let requested: string[] = [];
const server = await shareInFile(
  startHttpServer((request, response) => {
    response.setHeader("connection", "close");
    const path = request.url ?? "";
    requested.push(path);
    const respond = routes[path];
    if (respond === undefined) response.writeHead(404).end();
    else respond(response);
  }),
);
const issuer = server.url;
const documentPath = "/.well-known/openid-configuration";
const goodDocument = json({ issuer, jwks_uri: `${issuer}/jwks` });

beforeEach(() => {
  routes = { [documentPath]: goodDocument, "/jwks": json({ keys }) };
  requested = [];
});

const token = (iss = issuer, jti = "1") =>
  new SignJWT({ iss, sub: "alice", jti })
    .setProtectedHeader({ alg: "ES256", kid: "key" })
    .setExpirationTime("5m")
    .sign(privateKey);

let nowMs = 0;
const warnings: { err?: Error; issuer?: string }[] = [];
const log = { warn: (line: object) => void warnings.push(line) } as unknown as Logger;
function verifierOf(name = issuer, options: Partial<TokenVerifierOptions> = {}): TokenVerifier {
  nowMs = 0;
  warnings.length = 0;
  const monotonicNow = () => nowMs;
  return new TokenVerifier({
    issuers: [{ issuer: name }],
    algorithms: ["ES256"],
    monotonicNow,
    log,
    ...options,
  });
}
const outcome = async (verifier: TokenVerifier, iss?: string, jti?: string) =>
  verifier.verify(`Bearer ${await token(iss, jti)}`).then(
    () => "accepted",
    ({ code, retryable }) => `${code}${retryable ? ", retryable" : ""}`,
  );
const undecided = "UNAUTHENTICATED, retryable";

describe("an issuer without a JWKS URL", () => {
  test("is discovered once for all tokens that arrive at the same time", async () => {
    const verifier = verifierOf();
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, index) => outcome(verifier, issuer, `${index}`)),
    );
    expect(new Set(outcomes)).toEqual(new Set(["accepted"]));
    expect(requested).toEqual([documentPath, "/jwks"]);
  });

  test.each([
    ["a path", "/tenant", "/tenant/.well-known/openid-configuration"],
    ["a path that ends in a slash", "/tenant/", "/tenant/.well-known/openid-configuration"],
    ["nothing but a slash", "/", documentPath],
  ])("may have %s", async (_what, path, document) => {
    const name = issuer + path;
    routes[document] = json({ issuer: name, jwks_uri: `${issuer}/jwks` });
    expect(await outcome(verifierOf(name), name)).toBe("accepted");
    expect(requested).toEqual([document, "/jwks"]);
  });

  test("keeps the URL of its keys for an hour", async () => {
    const verifier = verifierOf(issuer, { keysMaxAgeMs: 1_000 });
    for (const [index, ms] of [0, 1_000, 3_599_000, 3_601_000].entries()) {
      nowMs = ms;
      expect(await outcome(verifier, issuer, `${index}`)).toBe("accepted");
    }
    expect(requested.filter((path) => path === documentPath)).toHaveLength(2);
    expect(requested.filter((path) => path === "/jwks")).toHaveLength(4);
  });

  test("is discovered again at once when its keys have moved", async () => {
    const verifier = verifierOf(issuer, { keysMaxAgeMs: 1_000 });
    expect(await outcome(verifier)).toBe("accepted");
    routes = { [documentPath]: json({ issuer, jwks_uri: `${issuer}/moved` }), "/moved": json({ keys }) };
    nowMs = 1_000;
    expect(await outcome(verifier, issuer, "2")).toBe("accepted");
    nowMs = 10_000;
    expect(await outcome(verifier, issuer, "3")).toBe("accepted");
    await expect.poll(() => requested).toContain("/moved");
  });

  test("is still trusted while its document cannot be fetched, if its keys can", async () => {
    const verifier = verifierOf(issuer, { keysMaxAgeMs: 1_000 });
    expect(await outcome(verifier)).toBe("accepted");
    delete routes[documentPath];
    nowMs = 3_601_000;
    expect(await outcome(verifier, issuer, "2")).toBe("accepted");
    expect(requested).toEqual([documentPath, "/jwks", documentPath, "/jwks"]);
  });
});

const redirectTo =
  (location: string): Respond =>
  (response) =>
    response.writeHead(302, { location }).end();
const breakOff: Respond = (response) => {
  response.writeHead(200, { "content-length": "100" }).write("{", () => response.destroy());
};
const faults: readonly (readonly [string, Respond, RegExp])[] = [
  ["has the status 500", (response) => response.writeHead(500).end("{}"), /status 500/],
  ["redirects", redirectTo(`${issuer}/other`), /status 302.*Redirects are not followed/],
  ["redirects to http", redirectTo("http://issuer.example/"), /status 302/],
  ["is not JSON", (response) => response.end("<html>secret</html>"), /is not JSON/],
  ["is null", json(null), /no issuer/],
  ["is a list", json([]), /no issuer/],
  ["is huge", (response) => response.end(`{"x":"${"x".repeat(300_000)}"}`), /more than 262144 bytes/],
  ["never ends", (response) => void response.write("{"), /timeout/i],
  ["never begins", () => {}, /timeout/i],
  ["breaks off", breakOff, /terminated/],
  [
    "has another issuer",
    json({ issuer: "https://evil.example", jwks_uri: `${issuer}/jwks` }),
    /evil\.example/,
  ],
  [
    "has the issuer with a slash",
    json({ issuer: `${issuer}/`, jwks_uri: `${issuer}/jwks` }),
    /exactly the same/,
  ],
  ["has the issuer in a list", json({ issuer: [issuer], jwks_uri: `${issuer}/jwks` }), /no issuer/],
  ["has no jwks_uri", json({ issuer }), /no jwks_uri/],
  ["has a jwks_uri that is no text", json({ issuer, jwks_uri: { a: 1 } }), /no jwks_uri/],
  ["has a relative jwks_uri", json({ issuer, jwks_uri: "/jwks" }), /no jwks_uri/],
  ["has a jwks_uri with http", json({ issuer, jwks_uri: "http://issuer.example/jwks" }), /no jwks_uri/],
  [
    "has a jwks_uri with a password",
    json({ issuer, jwks_uri: "https://a:b@issuer.example/jwks" }),
    /no jwks_uri/,
  ],
  ["has a jwks_uri on disk", json({ issuer, jwks_uri: "file:///etc/passwd" }), /no jwks_uri/],
  [
    "has a jwks_uri with data",
    json({ issuer, jwks_uri: `data:,${JSON.stringify({ keys })}` }),
    /no jwks_uri/,
  ],
  [
    "names keys that redirect",
    (response) => {
      routes["/jwks"] = redirectTo(`${issuer}/other`);
      goodDocument(response);
    },
    /key set has the status 302/,
  ],
];

describe.each(faults)("a discovery document that %s", (_what, respond, reason) => {
  test("makes tokens fail for now, is logged, and is asked for with growing pauses", async () => {
    routes = {
      ...routes,
      "/other": json({ issuer, jwks_uri: `${issuer}/jwks`, keys }),
      [documentPath]: respond,
    };
    const verifier = verifierOf(issuer, { fetchTimeoutMs: 300 });
    expect(await outcome(verifier)).toBe(undecided);
    expect(await outcome(verifier)).toBe(undecided);
    expect(warnings).toMatchObject([{ issuer, err: { message: expect.stringMatching(reason) } }]);
    expect(JSON.stringify(warnings.map(({ err }) => err?.message))).not.toContain("secret");
    const attemptsAt = [];
    for (nowMs = 1_000; nowMs <= 120_000; nowMs += 1_000) {
      const before = warnings.length;
      if (nowMs % 5_000 === 0) await outcome(verifier);
      if (warnings.length > before) attemptsAt.push(nowMs / 1_000);
    }
    expect(attemptsAt).toEqual([5, 15, 35, 75]);
    expect(requested).not.toContain("/other");

    routes = { [documentPath]: goodDocument, "/jwks": json({ keys }) };
    nowMs = 200_000;
    expect(await outcome(verifier)).toBe("accepted");
  });
});

test.each([
  ["https://issuer.example", true],
  ["https://issuer.example/", true],
  ["https://issuer.example:8443/realms/a", true],
  ["http://localhost:8080/realms/a", true],
  ["http://127.0.0.1", true],
  ["http://[::1]:1", true],
  ["http://issuer.example", false],
  ["http://localhost.evil.example", false],
  ["https://user@issuer.example", false],
  ["https://user:password@issuer.example", false],
  ["http://user@localhost", false],
  ["https://issuer.example/?tenant=a", false],
  ["https://issuer.example/#a", false],
  ["https://issuer.example/a b", false],
  ["ftp://localhost", false],
  ["issuer.example", false],
  ["valetkey", false],
  ["", false],
])("%j can be discovered: %s", (name, expected) => {
  expect(isDiscoverable(name)).toBe(expected);
});
