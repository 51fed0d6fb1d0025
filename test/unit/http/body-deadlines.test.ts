import Fastify from "fastify";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { BodyDeadlines } from "../../../src/http/body-deadlines.ts";
import { createErrorHandler } from "../../../src/http/error-response.ts";
import { parseAnswer, rawRequest } from "../../support/raw-request.ts";

async function startServer() {
  const server = Fastify();
  server.setErrorHandler(createErrorHandler(pino({ level: "silent" })));
  const bodies = new BodyDeadlines(server, { seconds: 0.1, sweepMs: 20 });
  server.post("/", {
    preParsing: (request, _reply, body, done) => {
      bodies.start(request, body);
      done(null, body);
    },
    preValidation: (request, _reply, done) => {
      bodies.end(request);
      done();
    },
    // Longer than a body may take.
    handler: async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return "answered";
    },
  });
  onTestFinished(() => server.close());
  return await server.listen({ host: "127.0.0.1", port: 0 });
}

const head = (length: number) =>
  `POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`;

test("a body that trickles in is answered with 408", async () => {
  const { status, body } = parseAnswer(await rawRequest(await startServer(), `${head(100)}{`));
  expect(status).toBe(408);
  expect(JSON.parse(body)).toMatchObject({ errors: [{ extensions: { code: "TIMEOUT", retryable: true } }] });
});

test("one that is here has no deadline, nor has one that is no JSON", async () => {
  const url = await startServer();
  expect(parseAnswer(await rawRequest(url, `${head(2)}{}`)).body).toBe("answered");
  expect(parseAnswer(await rawRequest(url, `${head(2)}{{`)).status).toBe(400);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(parseAnswer(await rawRequest(url, `${head(2)}{}`)).body).toBe("answered");
});
