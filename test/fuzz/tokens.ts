import { createHmac, createPublicKey } from "node:crypto";
import { Random } from "../support/random.ts";
import { changeBytes } from "./forms.ts";
import { type FuzzCase, type Fuzzer, renderRequest } from "./fuzz-case.ts";
import {
  encodedJson,
  type FuzzKey,
  foreignKey,
  fuzzIssuerName,
  publishedJwks,
  publishedKeys,
  signatureOf,
  signedToken,
} from "./fuzz-issuer.ts";
import { hostileText, hostileValue, prototypeNames, toJson } from "./hostile-values.ts";
import { fuzzAudience } from "./token-check.ts";

const farFuture = 4_102_444_800;
const query = "{ viewer { authenticated subject grants { bucket prefix actions } } }";

interface Draft {
  key: FuzzKey;
  header: Record<string, unknown>;
  payload: Record<string, unknown>;
}

type Change = (draft: Draft, random: Random) => void;

const times = (random: Random) =>
  random.pick<unknown>([
    0,
    -1,
    1,
    farFuture,
    farFuture * 1_000,
    1e308,
    "4102444800",
    null,
    true,
    [farFuture],
    { $date: 1 },
    1.5,
    "never",
  ]);

/** Claims that are signed by a published key: what they say is hostile. */
const claimChanges: Readonly<Record<string, Change>> = {
  sub: ({ payload }, random) => {
    payload.sub = random.pick<() => unknown>([() => hostileValue(random), () => shortText(random)])();
  },
  "nested claim": ({ payload }, random) => {
    payload.org = random.pick<() => unknown>([
      () => ({ team: hostileValue(random) }),
      () => ({ team: shortText(random) }),
      () => [{ team: "a" }],
      () => ({ team: { team: "a" } }),
      () => "team",
      () => hostileValue(random),
    ])();
    if (random.chance(0.3)) payload["org.team"] = shortText(random);
    if (random.chance(0.2)) payload[random.pick(prototypeNames)] = { team: "inherited", role: "admin" };
  },
  role: ({ payload }, random) => {
    payload.role = random.pick<unknown>([
      "admin",
      ["admin"],
      [["admin"]],
      { admin: true },
      "ADMIN",
      "admin ",
      ["user"],
      { 0: "admin", length: 1 },
      "user,admin",
    ]);
  },
  exp: ({ payload }, random) => {
    payload.exp = times(random);
  },
  nbf: ({ payload }, random) => {
    payload.nbf = times(random);
  },
  iat: ({ payload }, random) => {
    payload.iat = times(random);
  },
  aud: ({ payload }, random) => {
    payload.aud = random.pick<unknown>([
      [fuzzAudience, "other"],
      ["other"],
      [[fuzzAudience]],
      { 0: fuzzAudience },
      `${fuzzAudience} other`,
      null,
      "",
      hostileValue(random),
    ]);
  },
  iss: ({ payload }, random) => {
    payload.iss = random.pick<unknown>([
      `${fuzzIssuerName}/`,
      [fuzzIssuerName],
      "",
      null,
      fuzzIssuerName.toUpperCase(),
      hostileValue(random),
    ]);
  },
  "a claim less": ({ payload }, random) => void delete payload[random.pick(Object.keys(payload))],
  "many claims": ({ payload }, random) => {
    for (let count = random.magnitude(1, 1_000); count > 0; count -= 1) payload[`c${count}`] = count;
  },
};

const headerChanges: Readonly<Record<string, Change>> = {
  alg: ({ header }, random) => {
    header.alg = random.pick<unknown>([
      "none",
      "None",
      "NONE",
      "",
      "HS256",
      "RS256",
      "ES256",
      "EdDSA",
      "ES384",
      "es256",
      "ES256K",
      "PS256",
      "Ed25519",
      null,
      ["ES256"],
      1,
    ]);
  },
  kid: ({ header }, random) => {
    header.kid = random.pick<unknown>([
      "ec-1",
      "ec-2",
      "ed-1",
      "oct-1",
      "foreign",
      "../../dev/null",
      "' OR 1=1 --",
      "",
      null,
      1,
      hostileText(random).slice(0, 3_000),
      random.pick(prototypeNames),
    ]);
  },
  "embedded key": (draft, random) => {
    draft.key = foreignKey;
    draft.header.jwk = foreignKey.publicJwk;
    if (random.chance(0.5)) draft.header.jku = "http://127.0.0.1:1/jwks.json";
  },
  crit: ({ header }, random) => {
    header.crit = random.pick<unknown>([["exp"], ["b64"], [], "exp", ["x"], [1], null]);
  },
  b64: ({ header }) => Object.assign(header, { b64: false, crit: ["b64"] }),
  typ: ({ header }, random) => {
    header.typ = random.pick<unknown>(["at+jwt", "JWE", 1, null, hostileText(random).slice(0, 1_000)]);
  },
  "foreign key": (draft) => {
    draft.key = foreignKey;
  },
  "another key": (draft, random) => {
    draft.key = random.pick(publishedKeys);
  },
  "hostile header": ({ header }, random) => {
    header[random.pick(["enc", "zip", "x5c", "x5u", ...prototypeNames])] = hostileValue(random);
  },
};

function shortText(random: Random): string {
  return random.pick([
    "a",
    "a/b",
    "/",
    ".",
    "..",
    "../other",
    "a ",
    " ",
    "{sub}",
    "*",
    "?",
    "${aws:username}",
    "%2e%2e",
    "A".repeat(255),
    "A".repeat(256),
    "é",
    "e\u0301",
    "\u200b",
    "\u202e",
    "\ud800",
    "a\u0000",
    "\u2028",
    "\ue000",
    "\u0378",
    "😀",
    "a\\b",
    '"',
    "\u00ad",
  ]);
}

/** Signed with the HMAC of something that everybody knows. */
function confusedToken(draft: Draft, random: Random): string {
  const key = random.pick(publishedKeys);
  const pem = createPublicKey({ key: key.publicJwk, format: "jwk" }).export({ type: "spki", format: "pem" });
  const secret = random.pick<Buffer | string>([
    String(pem),
    JSON.stringify(key.publicJwk),
    JSON.stringify({ keys: publishedJwks }),
    "",
    "a secret that everybody knows",
  ]);
  const alg = random.pick(["HS256", "HS512"]);
  const input = `${encodedJson({ alg, kid: random.pick([key.kid, "oct-1"]) })}.${encodedJson(draft.payload)}`;
  return `${input}.${createHmac(alg === "HS256" ? "sha256" : "sha512", secret)
    .update(input)
    .digest("base64url")}`;
}

/** Changes a token that was valid. */
function changedToken(token: string, random: Random): string {
  const [header = "", payload = "", signature = ""] = token.split(".");
  return random.pick<() => string>([
    () => `${header}.${payload}.`,
    () => `${header}.${payload}`,
    () => `${header}.${payload}.${signature}.${signature}`,
    () =>
      `${header}.${encodedJson({ ...(JSON.parse(Buffer.from(payload, "base64url").toString()) as object), sub: "admin" })}.${signature}`,
    () => `${encodedJson({ alg: "none" })}.${payload}.${signature}`,
    () => `${header}.${payload}.${"A".repeat(86)}`,
    () => `${header}.${payload}.${signature}==`,
    () => `${header}..${signature}`,
    () => `${header}.${payload}.${Buffer.alloc(64).toString("base64url")}`,
    () =>
      changeBytes(Buffer.from(token), random)
        .toString("latin1")
        .replace(/[^\x20-\x7e]/g, "_"),
    () => token.repeat(random.magnitude(2, 40)),
    () => "a".repeat(random.magnitude(1, 15_000)),
    () => `${header}.${encodedJson(hostileText(random)).slice(0, 10_000)}.${signature}`,
    () => encodedJson(toJson({ protected: header, payload, signature })),
    () => `${header}.${payload}...`,
  ])();
}

/** Bearer tokens: valid ones whose claims are hostile, and such as no issuer would sign. */
export class TokenFuzzer implements Fuzzer {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  next(): FuzzCase {
    const random = this.#random;
    const key = random.pick(publishedKeys);
    const draft: Draft = {
      key,
      header: { alg: key.alg, kid: key.kid },
      payload: {
        iss: fuzzIssuerName,
        aud: fuzzAudience,
        sub: "alice",
        exp: farFuture,
        org: { team: "blue" },
        role: "user",
      },
    };
    const [shape, token] = random.pick<() => [string, string]>([
      () => this.#changed("claims", claimChanges, draft),
      () => this.#changed("claims", claimChanges, draft),
      () => this.#changed("header", headerChanges, draft),
      () => ["confused algorithm", confusedToken(draft, random)],
      () => ["changed token", changedToken(signedToken(key, draft.header, draft.payload), random)],
      () => ["payload that is no object", signedToken(key, draft.header, toJson(hostileValue(random)))],
      () => ["valid", signedToken(key, draft.header, draft.payload)],
    ])();
    const scheme = random.chance(0.9)
      ? "Bearer "
      : random.pick(["bearer ", "BEARER  ", "Bearer\t", "Basic ", "", "Bearer a, Bearer "]);
    // Longer headers are a matter of the fuzzer of bytes.
    const authorization = `${scheme}${token}`.slice(0, 15_500);
    const headers = { "content-type": "application/json", authorization };
    return { shape, bytes: renderRequest(JSON.stringify({ query }), headers), isWellFramed: true };
  }

  #changed(kind: string, changes: Readonly<Record<string, Change>>, draft: Draft): [string, string] {
    const random = this.#random;
    const names = Array.from({ length: 1 + random.below(2) }, () => random.pick(Object.keys(changes)));
    for (const name of names) changes[name]?.(draft, random);
    const input = `${encodedJson(toJson(draft.header))}.${encodedJson(toJson(draft.payload))}`;
    const shape = names.length === 1 ? `${kind}: ${names[0]}` : `${kind}: several`;
    return [shape, `${input}.${signatureOf(draft.key, input)}`];
  }
}
