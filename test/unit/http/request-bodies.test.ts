import { once } from "node:events";
import { connect, type Socket } from "node:net";
import Fastify from "fastify";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { createErrorHandler } from "../../../src/http/error-response.ts";
import { RequestBodies, type RequestBodiesOptions } from "../../../src/http/request-bodies.ts";
import { parseAnswer, rawRequest } from "../../support/raw-request.ts";

/** The header `client` names the client. */
async function startServer(options: RequestBodiesOptions) {
  const server = Fastify({ bodyLimit: 2 ** 21 });
  server.setErrorHandler(createErrorHandler(pino({ level: "silent" })));
  const bodies = new RequestBodies(server, { sweepMs: 20, ...options });
  server.post("/", {
    preParsing: (request, _reply, body, done) => {
      bodies.start({ request, body, client: String(request.headers.client) });
      done(null, body);
    },
    preValidation: (request, _reply, done) => {
      bodies.end(request);
      done();
    },
    // Takes longer than a body may take.
    handler: async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return "answered";
    },
  });
  onTestFinished(async () => {
    server.server.closeAllConnections();
    await server.close();
  });
  return { url: await server.listen({ host: "127.0.0.1", port: 0 }), bodies };
}

function head(length: number, client = "a"): string {
  const headers = `client: ${client}\r\ncontent-type: application/json\r\ncontent-length: ${length}`;
  return `POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${headers}\r\n\r\n`;
}

/** Sends all of a JSON body except its last byte. */
async function sendUnfinished(url: string, length: number, client: string) {
  const socket: Socket = connect(Number(new URL(url).port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  let received = "";
  socket
    .on("error", () => {})
    .on("data", (chunk) => {
      received += chunk.toString("latin1");
    });
  await once(socket, "connect");
  socket.write(`${head(length, client)}"${"x".repeat(length - 2)}`);
  return { finish: () => socket.write('"'), response: () => parseAnswer(received) };
}

const eventually = { timeout: 20_000 };

test("a body that does not arrive in time is refused with 408", async () => {
  const { url } = await startServer({ seconds: 0.1 });
  const { status, body } = parseAnswer(await rawRequest(url, `${head(100)}{`));
  expect(status).toBe(408);
  expect(JSON.parse(body)).toMatchObject({ errors: [{ extensions: { code: "TIMEOUT", retryable: true } }] });
});

test("a body that has arrived, or that is not JSON, has no deadline", async () => {
  const { url, bodies } = await startServer({ seconds: 0.1 });
  expect(parseAnswer(await rawRequest(url, `${head(2)}{}`)).body).toBe("answered");
  expect(parseAnswer(await rawRequest(url, `${head(2)}{{`)).status).toBe(400);
  await expect.poll(() => bodies.bytes, eventually).toBe(0);
  expect(parseAnswer(await rawRequest(url, `${head(2)}{}`)).body).toBe("answered");
});

test("a client that sends too much at once loses the body that has been silent the longest", async () => {
  const { url, bodies } = await startServer({ clientBytes: 250_000 });
  const other = await sendUnfinished(url, 100_000, "b");
  await expect.poll(() => bodies.bytes, eventually).toBe(99_999);
  const first = await sendUnfinished(url, 100_000, "a");
  await expect.poll(() => bodies.bytes, eventually).toBe(2 * 99_999);
  const second = await sendUnfinished(url, 100_000, "a");
  await expect.poll(() => bodies.bytes, eventually).toBe(3 * 99_999);
  const third = await sendUnfinished(url, 100_000, "a");
  await expect.poll(() => first.response().status, eventually).toBe(503);
  expect(first.response().body).toContain('"OVERLOADED"');
  for (const { finish } of [other, second, third]) finish();
  for (const { response } of [other, second, third]) {
    await expect.poll(() => response().body, eventually).toBe("answered");
  }
  expect(bodies.bytes).toBe(0);
});

test("when all bodies together exceed the limit, a body of the client with the most is refused", async () => {
  const { url, bodies } = await startServer({ totalBytes: 250_000 });
  const greedy = await sendUnfinished(url, 150_000, "greedy");
  await expect.poll(() => bodies.bytes, eventually).toBe(149_999);
  const modest = [await sendUnfinished(url, 60_000, "b"), await sendUnfinished(url, 60_000, "c")];
  await expect.poll(() => greedy.response().status, eventually).toBe(503);
  for (const { finish, response } of modest) {
    finish();
    await expect.poll(() => response().body, eventually).toBe("answered");
  }
});
