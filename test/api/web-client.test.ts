import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import Fastify from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { registerWebClient } from "../../src/http/web-client.ts";
import { makeTemporaryFolder } from "../support/resources.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startDemoServer, startTestServer } from "../support/test-server.ts";

describe("the web client", () => {
  const server = Fastify();
  afterAll(() => server.close());
  beforeAll(async () => {
    const folder = await shareInFile(makeTemporaryFolder("web"));
    await mkdir(join(folder.path, "assets"));
    await writeFile(join(folder.path, "index.html"), '<meta name="nonce" content="__CSP_NONCE__">');
    await writeFile(join(folder.path, "assets/main-abc.js"), "export {};");
    await registerWebClient(server, {
      directory: folder.path,
      storeOrigins: ["https://*.s3.eu-central-1.amazonaws.com"],
      developmentCallers: ["alice"],
      defaultBucket: undefined,
    });
  });

  test("has a policy that allows scripts of the server only, and a new nonce in each response", async () => {
    const nonces = [];
    for (const response of [await server.inject("/"), await server.inject("/")]) {
      expect(response.headers["content-type"]).toBe("text/html; charset=utf-8");
      const policy = String(response.headers["content-security-policy"]);
      expect(policy).toContain("script-src 'self';");
      expect(policy).toContain("connect-src 'self' blob: https://*.s3.eu-central-1.amazonaws.com;");
      expect(policy).not.toContain("unsafe");
      const nonce = /content="([^"]+)"/.exec(response.body)?.[1] ?? "";
      expect(policy).toContain(`'nonce-${nonce}'`);
      nonces.push(nonce);
    }
    expect(new Set(nonces).size).toBe(2);
  });

  test("lets browsers keep files whose names have a hash", async () => {
    const response = await server.inject("/assets/main-abc.js");
    expect(response.headers["content-type"]).toContain("javascript");
    expect(response.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect((await server.inject("/assets/../index.html")).statusCode).toBe(404);
  });

  test("is told what it needs to know of the server", async () => {
    expect((await server.inject("/web-config.json")).json()).toEqual({
      graphqlUrl: "/graphql",
      developmentCallers: ["alice"],
      defaultBucket: null,
    });
  });
});

describe("VALETKEY_WEB", () => {
  test("off removes the web client", async () => {
    await using server = await startDemoServer({ VALETKEY_WEB: "off" });
    for (const path of ["/", "/web-config.json"]) {
      const response = await fetch(`${server.url}${path}`);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "BAD_USER_INPUT" } }] });
    }
  });

  test("is off in production", async () => {
    await using server = await startTestServer({ env: { NODE_ENV: "production" } });
    expect((await fetch(server.url)).status).toBe(404);
  });
});
