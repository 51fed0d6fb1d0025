import { describe, expect, test } from "vitest";
import { startIssuer } from "../../support/issuer.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { type GrantRule, startTestServer } from "../../support/test-server.ts";

const name = "__Host-token";
const page = "https://app.example.com";
const issuer = await shareInFile(startIssuer());
const grants: GrantRule[] = [{ who: "authenticated", bucket: "demo", allow: ["UPLOAD", "LIST"] }];
const env = { VALETKEY_TOKEN_COOKIE: name, VALETKEY_ORIGINS: page };
const server = await shareInFile(startTestServer({ issuer, grants, env }));
const alice = await issuer.token({ sub: "alice" });
const bob = await issuer.token({ sub: "bob" });
const expired = await issuer.token({ sub: "alice", exp: 1_000_000_000 });
const ofAnother = await issuer.token({ sub: "alice", aud: "another" });

type Headers = Readonly<Record<string, string>>;
const query = "{ viewer { subject } }";
const json = { "content-type": "application/json" };
const preflighted = { "apollo-require-preflight": "1" };

const post = (headers: Headers, url = server.url) =>
  fetch(`${url}/graphql`, {
    method: "POST",
    headers: { ...json, ...headers },
    body: JSON.stringify({ query }),
  });
const get = (headers: Headers) =>
  fetch(`${server.url}/graphql?${new URLSearchParams({ query })}`, { headers });
const form = (headers: Headers) => {
  const body = new FormData();
  body.set("operations", JSON.stringify({ query }));
  body.set("map", "{}");
  return fetch(`${server.url}/graphql`, { method: "POST", headers, body });
};
async function subjectOf(response: Response): Promise<unknown> {
  const { data } = (await response.json()) as { data?: { viewer: { subject: string | null } } };
  return data?.viewer.subject;
}
async function errorOf(response: Response) {
  const { data, errors } = (await response.json()) as {
    data?: unknown;
    errors: { message: string; extensions: { code: string } }[];
  };
  expect(data).toBeUndefined();
  return { status: response.status, code: errors[0]?.extensions.code, message: errors[0]?.message ?? "" };
}
const cookie = (token: string) => `${name}=${token}`;

describe("the token in the cookie", () => {
  test("identifies the caller of JSON, a query by GET and a form", async () => {
    expect(await subjectOf(await post({ cookie: cookie(alice) }))).toBe("alice");
    expect(await subjectOf(await get({ cookie: cookie(alice), ...preflighted }))).toBe("alice");
    expect(await subjectOf(await form({ cookie: cookie(alice), ...preflighted }))).toBe("alice");
  });

  test("is found among other cookies, in quotes of other cookies, and only under its exact name", async () => {
    const others = `a=1; theme="dark"; =x; novalue; ${cookie(alice)}; z=%E0%A4%A`;
    expect(await subjectOf(await post({ cookie: others }))).toBe("alice");
    for (const header of [
      `__host-token=${alice}`,
      `x${cookie(alice)}`,
      `${name}x=${alice}`,
      `a="${cookie(alice)}"`,
      `a=${cookie(alice)}`,
      `${name}=`,
      name,
    ]) {
      expect(await subjectOf(await post({ cookie: header }))).toBeNull();
    }
  });

  test("gives way to the Authorization header, unless that is empty", async () => {
    const both = { cookie: cookie(alice), authorization: `Bearer ${bob}` };
    expect(await subjectOf(await post(both))).toBe("bob");
    expect(await subjectOf(await post({ cookie: cookie(alice), authorization: "" }))).toBe("alice");
    expect(await errorOf(await post({ ...both, authorization: "Bearer garbage" }))).toMatchObject({
      status: 401,
      code: "UNAUTHENTICATED",
    });
    // The header needs a preflight by itself, so the page may be any that CORS allows to send it.
    expect(await subjectOf(await post({ ...both, "sec-fetch-site": "cross-site" }))).toBe("bob");
  });

  test.each<[what: string, token: string]>([
    ["garbage", "garbage"],
    ["spaces", "a b c"],
    ["a token that has expired", expired],
    ["a token for another audience", ofAnother],
    ["16 KiB", "a".repeat(15_000)],
  ])("that is %s is refused as in the header", async (_what, token) => {
    const response = await post({ cookie: cookie(token) });
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/);
    expect(await errorOf(response)).toMatchObject({ status: 401, code: "UNAUTHENTICATED" });
  });

  test.each([
    ["different tokens", `${cookie(alice)}; ${cookie(bob)}`],
    ["garbage after the token", `${cookie(alice)}; ${cookie("garbage")}`],
    ["the same token twice", `${cookie(alice)}; ${cookie(alice)}`],
  ])("is refused if several cookies have its name: %s", async (_what, header) => {
    const error = await errorOf(await post({ cookie: header }));
    expect(error).toMatchObject({ status: 401, code: "UNAUTHENTICATED" });
    expect(error.message).toContain("several cookies");
  });

  test("makes caches distinguish responses by the cookie", async () => {
    const vary = (await post({ cookie: cookie(alice) })).headers.get("vary") ?? "";
    expect(vary.split(/, */).map((each) => each.toLowerCase())).toEqual(
      expect.arrayContaining(["origin", "cookie"]),
    );
    expect((await post({ cookie: cookie(alice) })).headers.get("cache-control")).toBe("no-store");
  });

  test("is ignored without VALETKEY_TOKEN_COOKIE", async () => {
    await using other = await startTestServer({ issuer, grants, env: { VALETKEY_ORIGINS: page } });
    const response = await post({ cookie: cookie(alice), origin: page }, other.url);
    expect(response.headers.get("access-control-allow-credentials")).toBeNull();
    expect(await subjectOf(response)).toBeNull();
  });
});

describe("CORS with credentials", () => {
  test.each(["OPTIONS", "POST"])("is allowed for VALETKEY_ORIGINS only: %s", async (method) => {
    const ask = (origin: string) =>
      fetch(`${server.url}/graphql`, {
        method,
        headers: { origin, ...json, "access-control-request-method": "POST" },
        body: method === "POST" ? JSON.stringify({ query }) : null,
      });
    const allowed = await ask(page);
    expect(allowed.headers.get("access-control-allow-origin")).toBe(page);
    expect(allowed.headers.get("access-control-allow-credentials")).toBe("true");
    for (const origin of [
      "http://localhost:5173",
      "https://studio.apollographql.com",
      "https://evil.example",
      `${page}.evil.example`,
      "null",
    ]) {
      expect((await ask(origin)).headers.get("access-control-allow-credentials")).toBeNull();
    }
  });
});

/** The headers of requests from different places, and whether a request may act on the cookie. */
const own = server.url;
const places: readonly (readonly [where: string, headers: Headers, acts: boolean])[] = [
  ["a program that is no browser", {}, true],
  ["a page of the server itself", { origin: own, "sec-fetch-site": "same-origin" }, true],
  ["a page of the server itself, in an old browser", { origin: own }, true],
  [
    "a page of the server itself, behind a proxy that changes Host",
    { origin: "https://files.example.com", "sec-fetch-site": "same-origin" },
    true,
  ],
  ["an allowed page", { origin: page, "sec-fetch-site": "cross-site" }, true],
  ["an allowed page of the same site", { origin: page, "sec-fetch-site": "same-site" }, true],
  ["an allowed page, in an old browser", { origin: page }, true],
  ["another site", { origin: "https://evil.example", "sec-fetch-site": "cross-site" }, false],
  ["another site, in an old browser", { origin: "https://evil.example" }, false],
  ["another site, without Origin", { "sec-fetch-site": "cross-site" }, false],
  ["a sibling host", { origin: "https://blog.example.com", "sec-fetch-site": "same-site" }, false],
  ["another port of this machine", { origin: "http://localhost:1", "sec-fetch-site": "same-site" }, false],
  ["another port, in an old browser", { origin: "http://127.0.0.1:1" }, false],
  ["Apollo Sandbox", { origin: "https://studio.apollographql.com", "sec-fetch-site": "cross-site" }, false],
  ["a sandboxed frame", { origin: "null", "sec-fetch-site": "cross-site" }, false],
  ["a sandboxed frame, in an old browser", { origin: "null" }, false],
  ["an origin that is no URL", { origin: "://" }, false],
  ["a browser extension", { origin: "chrome-extension://abc", "sec-fetch-site": "none" }, false],
  ["two values of Sec-Fetch-Site", { "sec-fetch-site": "cross-site, same-origin" }, false],
];

describe.each(places)("a request with the cookie from %s", (_where, headers, acts) => {
  const all = { ...headers, cookie: cookie(alice) };
  const requests: readonly (readonly [string, () => Promise<Response>])[] = [
    ["JSON", () => post(all)],
    ["a query by GET", () => get({ ...all, ...preflighted })],
    ["a query by GET of type JSON", () => get({ ...all, ...json })],
    ["a form", () => form({ ...all, ...preflighted })],
  ];

  test.each(requests)(acts ? "acts as the caller: %s" : "is not executed: %s", async (_what, send) => {
    const response = await send();
    if (acts) return expect(await subjectOf(response)).toBe("alice");
    const error = await errorOf(response);
    expect(error).toMatchObject({ status: 403, code: "FORBIDDEN" });
    expect(error.message).toContain("VALETKEY_ORIGINS");
  });

  const withoutPreflight: readonly (readonly [string, () => Promise<Response>])[] = [
    ["a query by GET", () => get(all)],
    [
      "a query by GET that accepts GraphQL",
      () => get({ ...all, accept: "application/graphql-response+json" }),
    ],
    ["a query by GET of type text/plain", () => get({ ...all, "content-type": "text/plain" })],
    ["a form", () => form(all)],
    [
      "a form in the URL's encoding",
      () => post({ ...all, "content-type": "application/x-www-form-urlencoded" }),
    ],
    ["JSON as text", () => post({ ...all, "content-type": "text/plain" })],
    ["JSON without a type", () => post({ ...all, "content-type": "" })],
    ["JSON as another type", () => post({ ...all, "content-type": "text/plain; application/json" })],
    ["a list of types", () => post({ ...all, "content-type": "text/plain, application/json" })],
  ];
  test.each(withoutPreflight)("is not executed without a preflight: %s", async (_what, send) => {
    const { status, code } = await errorOf(await send());
    expect([400, 415]).toContain(status);
    expect(code).toBe("BAD_USER_INPUT");
  });
});

describe("a page of another site", () => {
  test("does not use up its visitor's rate limit", async () => {
    await using limited = await startTestServer({
      issuer,
      grants,
      env: { ...env, VALETKEY_RATE_LIMIT: "3/1h" },
    });
    const evil = { origin: "https://evil.example", "sec-fetch-site": "cross-site", cookie: cookie(alice) };
    for (let count = 0; count < 5; count += 1) await post(evil, limited.url);
    expect((await post(evil, limited.url)).status).toBe(429);
    expect(await subjectOf(await post({ cookie: cookie(alice) }, limited.url))).toBe("alice");
  });

  test("executes nothing by HEAD, which needs no preflight", async () => {
    const ask = (headers: Headers) =>
      fetch(`${server.url}/graphql?${new URLSearchParams({ query })}`, {
        method: "HEAD",
        headers: { cookie: cookie(alice), ...headers },
      });
    for (const headers of [{}, preflighted, json, { accept: "text/html" }]) {
      expect((await ask({ ...headers, "sec-fetch-site": "cross-site" })).status).toBeGreaterThanOrEqual(400);
    }
  });

  test("gains nothing by filling the header with other cookies", async () => {
    const bomb = `${"a=1;".repeat(3_500)}${name}`;
    expect(await subjectOf(await post({ cookie: bomb }))).toBeNull();
    expect(await subjectOf(await post({ cookie: `${bomb}x=1;${cookie(alice)}` }))).toBe("alice");
    expect((await post({ cookie: "a=1;".repeat(10_000) })).status).toBe(431);
  });

  test("can link to the explorer, which does not depend on the cookie", async () => {
    const accept = "text/html,application/xhtml+xml,*/*;q=0.8";
    for (const token of [alice, "garbage"]) {
      const headers = { accept, cookie: cookie(token), "sec-fetch-site": "cross-site" };
      const response = await get(headers);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toMatch(/^text\/html/);
    }
  });

  test("learns nothing about the cookie from the paths that do not act on it", async () => {
    for (const path of ["/", "/web-config.json", "/healthz", "/readyz", "/metrics"]) {
      const ask = async (headers: Headers) => {
        const response = await fetch(server.url + path, { headers });
        return { status: response.status, vary: response.headers.get("vary") };
      };
      expect(await ask({ cookie: cookie("garbage") })).toEqual(await ask({}));
    }
    const development = await fetch(`${server.url}/dev/token`, {
      method: "POST",
      headers: { ...json, cookie: cookie(alice) },
      body: '{"subject":"alice"}',
    });
    expect(development.status).toBe(404);
  });
});
