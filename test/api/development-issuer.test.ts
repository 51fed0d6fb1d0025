import { describe, expect, test } from "vitest";
import { startIssuer } from "../support/issuer.ts";
import { RawConnection } from "../support/raw-connection.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startDemoServer, startTestServer } from "../support/test-server.ts";

const server = await shareInFile(startDemoServer());

function ask(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/dev/token`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

async function tokenOf(subject: string): Promise<string> {
  const { token } = (await (await ask(server.url, { subject })).json()) as { token: string };
  return token;
}

const viewer = "{ viewer { subject authenticated grants { bucket prefix actions } } }";
const store = (key: string) =>
  `mutation { requestUpload(input: { bucket: "private", key: "${key}" }, size: 1) { __typename } }`;

describe("on the embedded store, the development issuer", () => {
  test.each(["alice", "bob"])(
    "issues a token for %s, who has a folder in the bucket private",
    async (subject) => {
      const response = await ask(server.url, { subject });
      expect(response.status).toBe(200);
      expect(response.headers.get("cache-control")).toBe("no-store");
      const { token, expiresAt } = (await response.json()) as { token: string; expiresAt: string };
      expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());
      const { data } = await server.client.as(token).request(viewer);
      expect(data).toMatchObject({ viewer: { subject, authenticated: true } });
      const actions = expect.arrayContaining(["DELETE", "DOWNLOAD", "LIST", "UPLOAD"]);
      expect((data as { viewer: { grants: unknown } }).viewer.grants).toContainEqual({
        bucket: "private",
        prefix: `users/${subject}/`,
        actions,
      });
    },
  );

  test("lets every caller use the bucket demo", async () => {
    const { data } = await server.client.as(await tokenOf("bob")).request(viewer);
    const { grants } = (data as { viewer: { grants: unknown } }).viewer;
    expect(grants).toContainEqual(expect.objectContaining({ bucket: "demo", prefix: "" }));
  });

  test("lets each caller use only their own folder", async () => {
    const alice = server.client.as(await tokenOf("alice"));
    expect((await alice.request(store("users/alice/a"))).errors).toBeUndefined();
    expect((await alice.request(store("users/bob/a"))).errors).toMatchObject([
      { extensions: { code: "FORBIDDEN" } },
    ]);
    expect((await server.client.request(store("users/alice/a"))).errors).toMatchObject([
      { extensions: { code: "UNAUTHENTICATED" } },
    ]);
  });

  test("treats callers with a token of another issuer as anonymous", async () => {
    await using other = await startIssuer();
    const token = await other.token({ sub: "alice" });
    const { data } = await server.client.as(token).request(viewer);
    expect(data).toMatchObject({ viewer: { subject: null, authenticated: false } });
  });

  test("refuses a token that an earlier start of the server issued", async () => {
    await using earlier = await startDemoServer();
    const response = await ask(earlier.url, { subject: "alice" });
    const { token } = (await response.json()) as { token: string };
    const { errors } = await server.client.as(token).request(viewer);
    expect(errors).toMatchObject([{ extensions: { code: "UNAUTHENTICATED" } }]);
  });

  test.each([{ subject: "carol" }, { subject: ["alice"] }, {}, [], "alice"])("refuses %j", async (body) => {
    const response = await ask(server.url, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      errors: [{ extensions: { code: "BAD_USER_INPUT", field: "subject" } }],
    });
  });

  test("asks a client that waits for 100 Continue to send the body", async () => {
    using connection = new RawConnection(Number(new URL(server.url).port));
    const body = '{"subject":"alice"}';
    const headers = `host: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
    connection.send(`POST /dev/token HTTP/1.1\r\n${headers}\r\nexpect: 100-continue\r\n\r\n`);
    expect((await connection.response())?.status).toBe(100);
    connection.send(body);
    expect((await connection.response())?.status).toBe(200);
  });

  test("lets pages of other sites neither ask nor read", async () => {
    const origin = "https://evil.example";
    const preflight = await fetch(`${server.url}/dev/token`, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
      },
    });
    expect(preflight.headers.get("access-control-allow-origin")).toBeNull();
    const asText = await fetch(`${server.url}/dev/token`, {
      method: "POST",
      headers: { origin, "content-type": "text/plain" },
      body: JSON.stringify({ subject: "alice" }),
    });
    expect(asText.status).toBe(415);
    const read = await ask(server.url, { subject: "alice" }, { origin });
    expect(read.headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("there is no development issuer", () => {
  test("with a role", async () => {
    await using withRole = await startTestServer();
    expect((await ask(withRole.url, { subject: "alice" })).status).toBe(404);
  });

  test("in production", async () => {
    await using production = await startTestServer({ env: { NODE_ENV: "production" } });
    expect((await ask(production.url, { subject: "alice" })).status).toBe(404);
  });

  test("when the server accepts tokens of another issuer", async () => {
    await using issuer = await startIssuer();
    await using demo = await startDemoServer({ VALETKEY_JWKS_URL: issuer.jwksUrl });
    expect((await ask(demo.url, { subject: "alice" })).status).toBe(404);
  });
});
