import { request } from "node:http";
import { Writable } from "node:stream";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { startTestServer as startEmbeddedServer } from "../support/test-server.ts";

/** A log whose lines at `warn` a test reads. */
function recordWarnings() {
  const messages: string[] = [];
  const stream = new Writable({
    write(line, _encoding, done) {
      messages.push(JSON.parse(String(line)).msg);
      done();
    },
  });
  return { messages, log: pino({ level: "warn" }, stream) };
}

const preflight = (url: string, origin: string) =>
  fetch(`${url}/graphql`, {
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": "POST" },
  });
const allowed = async (url: string, origin: string) =>
  (await preflight(url, origin)).headers.get("access-control-allow-origin");

describe("outside production", () => {
  test("pages of loopback origins may call the server, on any port", async () => {
    await using server = await startEmbeddedServer();
    for (const origin of [
      "http://localhost:5174",
      "https://localhost",
      "http://127.0.0.1:3000",
      "http://127.8.8.8",
      "http://[::1]:8080",
      "http://app.localhost:1234",
    ]) {
      expect(await allowed(server.url, origin)).toBe(origin);
    }
    for (const origin of [
      "http://localhost.evil.example",
      "http://notlocalhost:5173",
      "http://127.0.0.1.evil.example",
      "file://localhost",
      "null",
    ]) {
      expect(await allowed(server.url, origin)).toBeNull();
    }
  });

  test("a blocked origin is logged once, with the variable to set", async () => {
    const { messages, log } = recordWarnings();
    await using server = await startEmbeddedServer({ log });
    for (let count = 0; count < 3; count += 1) await preflight(server.url, "https://app.example.com");
    await preflight(server.url, "http://localhost:5174");
    await preflight(server.url, "null");
    await preflight(server.url, "no origin");
    expect(messages.filter((message) => message.includes("CORS"))).toEqual([
      "CORS blocks pages of https://app.example.com: add it to VALETKEY_ORIGINS to allow them",
    ]);
  });

  test("no more than 100 blocked origins are logged", async () => {
    const { messages, log } = recordWarnings();
    await using server = await startEmbeddedServer({ log });
    for (let index = 0; index < 120; index += 1) {
      await preflight(server.url, `https://app-${index}.example.com`);
    }
    expect(messages.filter((message) => message.includes("CORS"))).toHaveLength(100);
  });
});

test("in production, loopback origins are blocked and logged, and the server's own origin is not logged", async () => {
  const { messages, log } = recordWarnings();
  await using server = await startEmbeddedServer({ log, env: { NODE_ENV: "production" } });
  expect(await allowed(server.url, "http://localhost:5173")).toBeNull();
  expect(await allowed(server.url, server.url)).toBeNull();
  expect(messages.filter((message) => message.includes("CORS"))).toEqual([
    expect.stringContaining("http://localhost:5173"),
  ]);
});

test("a token that is ignored, because no issuer is configured, is logged once", async () => {
  const { messages, log } = recordWarnings();
  await using server = await startEmbeddedServer({ log });
  for (let count = 0; count < 2; count += 1) {
    await server.client.as("a.b.c").data("{ viewer { authenticated } }");
  }
  expect(messages.filter((message) => message.includes("VALETKEY_JWKS_URL is not set"))).toHaveLength(1);
});

describe("the header Host", () => {
  const status = (url: string, host: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      request(`${url}/healthz`, { headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end();
    });

  const loopback = ["localhost", "localhost:4000", "LOCALHOST", "app.localhost", "127.0.0.1:1", "[::1]:4000"];
  const other = [
    "evil.example",
    "evil.example:4000",
    "localhost.evil.example",
    "192.168.1.2",
    "127.0.0.1.nip.io",
  ];

  test("must be a loopback name on a development server on loopback, against DNS rebinding", async () => {
    await using server = await startEmbeddedServer({ env: { VALETKEY_ORIGINS: "https://dev.example.com" } });
    for (const host of [...loopback, "dev.example.com", "dev.example.com:8443"]) {
      expect(await status(server.url, host)).toBe(200);
    }
    for (const host of other) expect(await status(server.url, host)).toBe(403);
  });

  test.each<[string, Record<string, string>]>([
    ["in production", { NODE_ENV: "production" }],
    ["on a server that listens on every address", { HOST: "0.0.0.0" }],
  ])("may be any name %s", async (_where, env) => {
    await using server = await startEmbeddedServer({ env });
    const url = server.url.replace("0.0.0.0", "127.0.0.1");
    for (const host of [...loopback, ...other]) expect(await status(url, host)).toBe(200);
  });
});
