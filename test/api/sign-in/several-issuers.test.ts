import { describe, expect, test } from "vitest";
import { audience, startIssuer } from "../../support/issuer.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { bucket, type GrantRule, startTestServer } from "../../support/test-server.ts";

const [one, two, stranger] = [
  await shareInFile(startIssuer()),
  await shareInFile(startIssuer()),
  await shareInFile(startIssuer()),
];
const grants: GrantRule[] = [
  { who: { iss: one.url }, bucket, prefix: "one/{sub}/", allow: ["DOWNLOAD", "UPLOAD", "LIST"] },
  { who: { iss: two.url }, bucket, prefix: "two/{sub}/", allow: ["DOWNLOAD", "UPLOAD", "LIST"] },
];
const issuers = {
  VALETKEY_JWT_ISSUER: `${one.url}, ${two.url}`,
  VALETKEY_JWKS_URL: `${one.jwksUrl}, ${two.jwksUrl}`,
};
const server = await shareInFile(
  startTestServer({
    grants,
    env: { ...issuers, VALETKEY_JWT_AUDIENCE: audience, VALETKEY_RATE_LIMIT: "30/1h" },
  }),
);
const viewer = "{ viewer { subject grants { prefix } } }";
const url = (key: string) => `{ downloadUrl(bucket: "${bucket}", key: "${key}", verify: false) { url } }`;

describe("with two issuers", () => {
  test("the tokens of both are accepted, and grants match the issuer", async () => {
    for (const [issuer, prefix] of [
      [one, "one/alice/"],
      [two, "two/alice/"],
    ] as const) {
      const client = server.client.as(await issuer.token({ sub: "alice" }));
      expect(await client.data(viewer)).toEqual({ viewer: { subject: "alice", grants: [{ prefix }] } });
    }
  });

  test("a token that names another issuer than its own is refused", async () => {
    for (const token of [
      await one.token({ sub: "alice", iss: two.url }),
      await two.token({ sub: "alice", iss: one.url }),
      await stranger.token({ sub: "alice", iss: one.url }),
      await stranger.token({ sub: "alice" }),
      await one.token({ sub: "alice", iss: `${one.url}/` }),
      await one.token({ sub: "alice", iss: `${one.url},${two.url}` }),
      await one.token({ sub: "alice", iss: undefined } as never),
      await one.token({ sub: "alice", iss: [one.url] } as never),
    ]) {
      expect(await server.client.as(token).request(viewer)).toMatchObject({
        status: 401,
        errors: [{ extensions: { code: "UNAUTHENTICATED", retryable: false } }],
      });
    }
  });

  test("the same subject of both is two callers, with a session and with grants each", async () => {
    const tokenOf = async (issuer: typeof one, key: string) => {
      const client = server.client.as(await issuer.token({ sub: "carol" }));
      const { downloadUrl } = await client.data<{ downloadUrl: { url: string } }>(url(key));
      return new URL(downloadUrl.url).searchParams.get("X-Amz-Security-Token");
    };
    expect(await tokenOf(one, "one/carol/a")).not.toBe(await tokenOf(two, "two/carol/a"));
    const client = server.client.as(await two.token({ sub: "carol" }));
    await expect(client.data(url("one/carol/a"))).rejects.toMatchObject({ code: "FORBIDDEN" });
  });

  test("the same subject of both has two rate limits", async () => {
    const [first, second] = [await one.token({ sub: "dave" }), await two.token({ sub: "dave" })];
    const body = JSON.stringify({ query: viewer });
    const status = async (token: string) =>
      (await server.client.as(token).post(body, { "content-type": "application/json" })).status;
    for (let count = 0; count < 30; count += 1) expect(await status(first)).toBe(200);
    expect(await status(first)).toBe(429);
    expect(await status(second)).toBe(200);
  });

  test("an issuer that is down does not affect the tokens of the other one", async () => {
    const down = await startIssuer();
    const token = await down.token({ sub: "alice" });
    await down.close();
    await using mixed = await startTestServer({
      grants,
      env: {
        VALETKEY_JWT_ISSUER: `${one.url},${down.url}`,
        VALETKEY_JWKS_URL: `${one.jwksUrl},${down.jwksUrl}`,
      },
    });
    expect(await mixed.client.as(await one.token({ sub: "alice" })).request(viewer)).toMatchObject({
      status: 200,
    });
    expect(await mixed.client.as(token).request(viewer)).toMatchObject({
      status: 401,
      errors: [{ extensions: { retryable: true } }],
    });
  });
});

test("with an audience for each issuer, none is accepted from the other", async () => {
  await using paired = await startTestServer({
    grants,
    env: { ...issuers, VALETKEY_JWT_AUDIENCE: "first,second" },
  });
  const status = async (issuer: typeof one, aud: string | string[]) =>
    (await paired.client.as(await issuer.token({ sub: "alice", aud })).request(viewer)).status;
  expect(await status(one, "first")).toBe(200);
  expect(await status(two, "second")).toBe(200);
  expect(await status(two, ["x", "second"])).toBe(200);
  expect(await status(one, "second")).toBe(401);
  expect(await status(two, "first")).toBe(401);
});

test("with one issuer, each of several audiences is accepted", async () => {
  await using server = await startTestServer({
    env: {
      VALETKEY_JWT_ISSUER: one.url,
      VALETKEY_JWKS_URL: one.jwksUrl,
      VALETKEY_JWT_AUDIENCE: "first, second",
    },
  });
  const status = async (aud: string) =>
    (await server.client.as(await one.token({ sub: "alice", aud })).request(viewer)).status;
  expect(await Promise.all(["first", "second", "first, second"].map(status))).toEqual([200, 200, 401]);
});
