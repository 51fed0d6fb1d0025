import { type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, test } from "vitest";
import type { GraphQLClient } from "../support/graphql-client.ts";
import { startIssuer } from "../support/issuer.ts";
import { shareInFile } from "../support/share-in-file.ts";
import {
  anyoneMayDoAnything,
  bucket,
  type GrantRule,
  otherBucket,
  startTestServer,
  versionedBucket,
} from "../support/test-server.ts";

const issuer = await shareInFile(startIssuer());
const server = await shareInFile(
  startTestServer({
    issuer,
    grants: [
      ...anyoneMayDoAnything,
      { who: "authenticated", bucket: "demo", allow: ["UPLOAD", "DOWNLOAD", "LIST", "DELETE"] },
    ],
    env: { VALETKEY_RATE_LIMIT: "20/1h" },
  }),
);

const ask = (authorization?: string, url = server.url) =>
  fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(authorization && { authorization }) },
    body: JSON.stringify({ query: "{ viewer { subject } }" }),
  });
const claims = { iss: issuer.url, aud: "valetkey-tests", sub: "alice", exp: 9_999_999_999 };
const shared = new TextEncoder().encode("the text of a public key, taken for a shared secret");

describe("a token", () => {
  test("is accepted with any case of the scheme's name", async () => {
    const token = await issuer.token({ sub: "alice" });
    for (const scheme of ["Bearer", "bearer", "BEARER"]) {
      expect(await (await ask(`${scheme} ${token}`)).json()).toEqual({
        data: { viewer: { subject: "alice" } },
      });
    }
  });

  test.each<[string, () => string | Promise<string>]>([
    ["garbage", () => "Bearer garbage"],
    ["nothing", () => "Bearer"],
    ["a password", () => "Basic YWxpY2U6c2VjcmV0"],
    ["no algorithm", () => `Bearer ${new UnsecuredJWT(claims).encode()}`],
    [
      "a shared secret",
      async () => `Bearer ${await new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(shared)}`,
    ],
    ["another issuer", async () => `Bearer ${await issuer.token({ sub: "a", iss: "https://evil.example" })}`],
    ["another audience", async () => `Bearer ${await issuer.token({ sub: "a", aud: "another" })}`],
    ["the past", async () => `Bearer ${await issuer.token({ sub: "a", exp: 1_000_000_000 })}`],
    ["the future", async () => `Bearer ${await issuer.token({ sub: "a", nbf: 9_000_000_000 })}`],
    ["a changed claim", async () => `Bearer ${changed(await issuer.token({ sub: "a" }))}`],
    ["10,000 letters", () => `Bearer ${"a".repeat(10_000)}`],
  ])("of %s is 401", async (_what, authorization) => {
    const response = await ask(await authorization());
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/);
    expect(response.headers.get("cache-control")).toBe("no-store");
    const { errors, data } = (await response.json()) as { errors: unknown[]; data?: unknown };
    expect(data).toBeUndefined();
    expect(errors).toEqual([
      { message: expect.any(String), extensions: { code: "UNAUTHENTICATED", retryable: false } },
    ]);
  });

  test("that is empty, as pages without a token send it, counts as no token", async () => {
    const response = await fetch(`${server.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "" },
      body: JSON.stringify({ query: "{ viewer { authenticated } }" }),
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ data: { viewer: { authenticated: false } } });
  });

  test("that is invalid ends a form before it is read", async () => {
    const response = await fetch(`${server.url}/graphql`, {
      method: "POST",
      headers: {
        authorization: "Bearer garbage",
        "apollo-require-preflight": "1",
        "content-type": "multipart/form-data; boundary=x",
      },
      body: "this is no form",
    });
    expect(response.status).toBe(401);
  });
});

describe("the rate limit", () => {
  test("counts each caller separately, and says when to try again", async () => {
    const carol = `Bearer ${await issuer.token({ sub: "carol" })}`;
    const statuses = [];
    for (let count = 0; count < 20; count += 1) statuses.push((await ask(carol)).status);
    expect(new Set(statuses)).toEqual(new Set([200]));
    const over = await ask(carol);
    expect(over.status).toBe(429);
    expect(Number(over.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(over.headers.get("cache-control")).toBe("no-store");
    expect(await over.json()).toEqual({
      errors: [{ message: expect.any(String), extensions: { code: "RATE_LIMITED", retryable: true } }],
    });
    // Another token of the same caller is the same caller; another caller and nobody are not.
    expect((await ask(`Bearer ${await issuer.token({ sub: "carol", jti: "2" })}`)).status).toBe(429);
    expect((await ask(`Bearer ${await issuer.token({ sub: "dave" })}`)).status).toBe(200);
    expect((await ask()).status).toBe(200);
    for (const path of ["/healthz", "/readyz", "/metrics"])
      expect((await fetch(server.url + path)).status).toBe(200);
  });

  test("distinguishes callers whose issuer and subject are the same text when joined", async () => {
    await using anyIssuer = await startTestServer({
      issuer,
      env: { VALETKEY_RATE_LIMIT: "1/1h", VALETKEY_JWT_ISSUER: "" },
    });
    const callers = [
      { iss: "a:b", sub: "c" },
      { iss: "a", sub: "b:c" },
      { iss: '"a","b', sub: "c" },
      { iss: "a", sub: '"b","c' },
      { sub: "c" },
      { iss: "undefined", sub: "c" },
    ];
    for (const caller of callers) {
      const authorization = `Bearer ${await issuer.token({ iss: undefined, ...caller } as JWTPayload & { sub: string })}`;
      expect((await ask(authorization, anyIssuer.url)).status).toBe(200);
      expect((await ask(authorization, anyIssuer.url)).status).toBe(429);
    }
  });

  test("counts an invalid token against the address that sent it", async () => {
    await using strict = await startTestServer({ issuer, env: { VALETKEY_RATE_LIMIT: "5/1h" } });
    const statuses = [];
    for (const token of ["", "garbage", changed(await issuer.token({ sub: "a" })), "a.b.c", "x", "y", "z"])
      statuses.push((await ask(`Bearer ${token}`, strict.url)).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429]);
    expect((await ask(undefined, strict.url)).status).toBe(429);
    expect((await ask(`Bearer ${await issuer.token({ sub: "erin" })}`, strict.url)).status).toBe(200);
  });
});

describe("a caller without a token", () => {
  const grants: GrantRule[] = [
    { who: "anonymous", bucket, prefix: "public/", allow: ["DOWNLOAD"] },
    { who: "authenticated", bucket, prefix: "users/{sub}/", allow: ["DOWNLOAD", "LIST"] },
    { who: { role: "editor" }, bucket, allow: ["UPLOAD"] },
    { who: "anonymous", bucket: versionedBucket, allow: ["DOWNLOAD"] },
  ];
  const download = (key: string, from = bucket) =>
    `downloadUrl(bucket: "${from}", key: "${key}", verify: false) { key }`;
  const codes = async ({ client }: { client: GraphQLClient }, query: string) => {
    const { status, data, errors = [] } = await client.request(query);
    return { status, data, codes: errors.map(({ extensions }) => extensions?.code) };
  };

  test("is asked for a token where a token could help", async () => {
    await using believing = await startTestServer({ issuer, grants });
    expect(await codes(believing, `{ ${download("public/a")} }`)).toMatchObject({ codes: [] });
    expect(
      await codes(believing, `{ yes: ${download("public/a")} no: ${download("users/alice/a")} }`),
    ).toEqual({
      status: 200,
      data: null,
      codes: ["UNAUTHENTICATED"],
    });
    expect(await codes(believing, `{ objects(bucket: "${bucket}") { folders } }`)).toMatchObject({
      codes: ["UNAUTHENTICATED"],
    });
    const upload = `mutation { requestUpload(input: { bucket: "${bucket}", key: "a" }, size: 1) { __typename } }`;
    expect(await codes(believing, upload)).toMatchObject({ codes: ["UNAUTHENTICATED"] });
    const { errors } = await believing.client.request(`{ ${download("users/alice/a")} }`);
    expect(errors).toMatchObject([{ extensions: { retryable: false } }]);
  });

  test("is not asked for a token where no token would help", async () => {
    await using believing = await startTestServer({ issuer, grants });
    const remove = `mutation { deleteObjects(objects: [{ bucket: "${bucket}", key: "a" }]) { key } }`;
    expect(await codes(believing, remove)).toMatchObject({ codes: ["FORBIDDEN"] });
    for (const other of [otherBucket, "no-bucket-of-ours"]) {
      expect(await codes(believing, `{ ${download("a", other)} }`)).toMatchObject({ codes: ["FORBIDDEN"] });
    }
    const list = `{ objects(bucket: "${versionedBucket}") { folders } }`;
    expect(await codes(believing, list)).toMatchObject({ codes: ["FORBIDDEN"] });
    await using believingNobody = await startTestServer({ grants });
    expect(await codes(believingNobody, `{ ${download("users/alice/a")} }`)).toMatchObject({
      codes: ["FORBIDDEN"],
    });
  });

  test("gets another code than a caller whose token is not enough", async () => {
    await using believing = await startTestServer({ issuer, grants });
    const alice = believing.client.as(await issuer.token({ sub: "alice" }));
    expect(await codes({ client: alice }, `{ ${download("users/alice/a")} }`)).toMatchObject({ codes: [] });
    expect(await codes({ client: alice }, `{ ${download("users/bob/a")} }`)).toMatchObject({
      codes: ["FORBIDDEN"],
    });
  });
});

/** The same token with another subject and the old signature. */
function changed(token: string): string {
  const [header, payload = "", signature] = token.split(".");
  const other = { ...JSON.parse(Buffer.from(payload, "base64url").toString()), sub: "root" };
  return [header, Buffer.from(JSON.stringify(other)).toString("base64url"), signature].join(".");
}
