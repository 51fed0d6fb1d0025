import { request } from "node:http";
import { text } from "node:stream/consumers";
import Fastify from "fastify";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { developmentTokenEndpoint } from "../../../src/http/development-tokens.ts";
import { createErrorHandler } from "../../../src/http/error-response.ts";
import { HostCheck } from "../../../src/http/host-check.ts";
import { RequestBodies } from "../../../src/http/request-bodies.ts";
import { parseAnswer, rawRequest } from "../../support/raw-request.ts";

const expiresAt = new Date("2030-01-01T00:00:00Z");

async function startServer({ seconds = 30 } = {}): Promise<string> {
  const server = Fastify();
  server.setErrorHandler(createErrorHandler(pino({ level: "silent" })));
  developmentTokenEndpoint(server, {
    tokens: { callers: ["alice"], issue: async (subject) => ({ token: `token of ${subject}`, expiresAt }) },
    bodies: new RequestBodies(server, { seconds, sweepMs: 20 }),
    hostCheck: new HostCheck(["https://dev.example.com"]),
  });
  onTestFinished(() => server.close());
  return server.listen({ host: "127.0.0.1", port: 0 });
}

test("a body that does not arrive in time is refused with 408", async () => {
  const url = await startServer({ seconds: 0.1 });
  const head = "POST /dev/token HTTP/1.1\r\nhost: localhost\r\nconnection: close";
  const request = `${head}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`;
  expect(parseAnswer(await rawRequest(url, request)).status).toBe(408);
});

test.each([
  ["localhost:4000", 200],
  ["[::1]:4000", 200],
  ["dev.example.com", 200],
  ["evil.example", 403],
  ["192.168.1.2:4000", 403],
])("a request with the host %s gets %d, whatever address the server listens on", async (host, status) => {
  const url = await startServer();
  const response = await new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    const headers = { host, "content-type": "application/json" };
    request(`${url}/dev/token`, { method: "POST", headers }, async (message) =>
      resolve({ status: message.statusCode, body: await text(message) }),
    )
      .on("error", reject)
      .end('{"subject":"alice"}');
  });
  expect(response.status).toBe(status);
  expect(response.body.includes("token of alice")).toBe(status === 200);
});
