import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { json } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { loadConfig } from "../../src/app/config/config.ts";
import { startIssuer } from "../support/issuer.ts";
import { startDemoServer, startTestServer } from "../support/test-server.ts";

const body = JSON.stringify({ query: "{ __typename }" });

/** The status of a request from an address of the loopback network. Every address may send one request an hour. */
async function statusFor(url: string, headers: Record<string, string>, localAddress = "127.0.0.1") {
  const sent = request(`${url}/graphql`, {
    method: "POST",
    localAddress,
    headers: { "content-type": "application/json", ...headers },
    agent: false,
  });
  sent.end(body);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  await json(response);
  return response.statusCode;
}

const forwardedFor = (addresses: string) => ({ "x-forwarded-for": addresses });

const startServer = (trustProxy: string | undefined) =>
  startDemoServer({
    VALETKEY_RATE_LIMIT: "1/1h",
    ...(trustProxy !== undefined && { VALETKEY_TRUST_PROXY: trustProxy }),
  });

describe("without trusted proxies", () => {
  test("X-Forwarded-For has no effect", async () => {
    await using server = await startServer(undefined);
    expect(await statusFor(server.url, forwardedFor("203.0.113.1"))).toBe(200);
    expect(await statusFor(server.url, forwardedFor("203.0.113.2"))).toBe(429);
  });
});

describe.each([
  ["an address", "127.0.0.2"],
  ["a list with a CIDR block", "2001:db8::/32, 127.0.0.2/31"],
])("with %s of proxies", (_what, trusted) => {
  test("callers behind the proxy are told apart by X-Forwarded-For", async () => {
    await using server = await startServer(trusted);
    expect(await statusFor(server.url, forwardedFor("203.0.113.1"), "127.0.0.2")).toBe(200);
    expect(await statusFor(server.url, forwardedFor("203.0.113.1"), "127.0.0.2")).toBe(429);
    expect(await statusFor(server.url, forwardedFor("203.0.113.2"), "127.0.0.2")).toBe(200);
  });

  test("what a caller puts in front of its address has no effect", async () => {
    await using server = await startServer(trusted);
    const spoofed = (address: string) => forwardedFor(`${address}, 203.0.113.1`);
    expect(await statusFor(server.url, spoofed("198.51.100.1"), "127.0.0.2")).toBe(200);
    expect(await statusFor(server.url, spoofed("198.51.100.2"), "127.0.0.2")).toBe(429);
  });

  test("the header of a peer that is no trusted proxy has no effect", async () => {
    await using server = await startServer(trusted);
    expect(await statusFor(server.url, forwardedFor("203.0.113.1"), "127.0.0.9")).toBe(200);
    expect(await statusFor(server.url, forwardedFor("203.0.113.2"), "127.0.0.9")).toBe(429);
    expect(await statusFor(server.url, forwardedFor("203.0.113.1"), "127.0.0.2")).toBe(200);
  });

  test("a text that is no address counts as the proxy's own address", async () => {
    await using server = await startServer(trusted);
    expect(await statusFor(server.url, forwardedFor("not an address"), "127.0.0.2")).toBe(200);
    expect(await statusFor(server.url, forwardedFor("unknown"), "127.0.0.2")).toBe(429);
  });
});

describe("with a number of proxies", () => {
  test("only as many addresses from the end of the header are believed", async () => {
    await using server = await startServer("2");
    expect(await statusFor(server.url, forwardedFor("198.51.100.1, 203.0.113.1, 10.0.0.1"))).toBe(200);
    expect(await statusFor(server.url, forwardedFor("198.51.100.2, 203.0.113.1, 10.0.0.2"))).toBe(429);
    expect(await statusFor(server.url, forwardedFor("198.51.100.2, 203.0.113.2, 10.0.0.2"))).toBe(200);
  });
});

describe("X-Forwarded-Host", () => {
  test("is the server's own host if a trusted proxy sends it", async () => {
    await using issuer = await startIssuer();
    await using server = await startTestServer({
      issuer,
      env: { VALETKEY_TOKEN_COOKIE: "token", VALETKEY_TRUST_PROXY: "127.0.0.2" },
    });
    const token = await issuer.token({ sub: "alice" });
    const headers = {
      cookie: `token=${token}`,
      origin: "https://files.example.com",
      "x-forwarded-host": "files.example.com",
    };
    expect(await statusFor(server.url, headers, "127.0.0.2")).toBe(200);
    expect(await statusFor(server.url, headers, "127.0.0.1")).toBe(403);
  });
});

describe("VALETKEY_TRUST_PROXY", () => {
  test.each([
    "true",
    "*",
    "0",
    "-1",
    "1.5",
    "17",
    "loopback",
    "proxy.example.com",
    "10.0.0.1:80",
    "10.0.0.0/33",
    "10.0.0.0/255.0.0.0",
    "10.0.0.0/",
    "2001:db8::/129",
    "fe80::1%eth0",
    "10.0.0.1,",
    "10.0.0.1,2",
    "0.0.0.0/0",
    "::/0",
    "10.0.0.1, ::/1",
    "::ffff:0:0/96",
  ])("does not take %s", (value) => {
    const load = () => loadConfig({ VALETKEY_TRUST_PROXY: value });
    expect(load).toThrow(
      `VALETKEY_TRUST_PROXY: got ${JSON.stringify(value)}, takes the addresses and CIDR blocks of proxies, separated by commas, or how many proxies there are (1 to 16)`,
    );
  });

  test.each(["1", "16", "10.0.0.1", "::1", "10.0.0.0/8,fc00::/7", "::ffff:10.0.0.1", "192.0.2.1/32"])(
    "takes %s",
    (value) => {
      expect(loadConfig({ VALETKEY_TRUST_PROXY: value }).trustedProxies).toBeDefined();
    },
  );
});
