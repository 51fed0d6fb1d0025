import Fastify from "fastify";
import { expect, it } from "vitest";
import { earlyAnswer } from "../../../src/http/early-answer.ts";
import { RawConnection } from "./form-server.ts";

/** Answers each request, with its path, before its body has come. */
async function startServer(timeoutMs: number): Promise<{ port: number } & AsyncDisposable> {
  const server = Fastify();
  server.decorateRequest("releaseBody");
  server.addHook("onSend", earlyAnswer({ maxBytes: 100_000, timeoutMs }));
  server.addContentTypeParser("*", (_request, _body, done) => done(null));
  server.post("/*", (request, reply) => {
    reply.send({ status: 200, data: request.url });
  });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  return {
    port: Number(new URL(url).port),
    [Symbol.asyncDispose]: async () => {
      server.server.closeAllConnections();
      await server.close();
    },
  };
}

const post = (path: string, length: number) =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: a/b\r\nContent-Length: ${length}\r\n\r\n`;

it("leaves the connection to the next request when all of the body is here", async () => {
  await using server = await startServer(10_000);
  using connection = new RawConnection(server.port);
  connection.send(Buffer.concat([Buffer.from(post("/first", 9_000)), Buffer.alloc(9_000)]));
  expect(await connection.answer()).toMatchObject({ data: "/first" });
  connection.send(post("/second", 0));
  expect(await connection.answer()).toMatchObject({ data: "/second" });
});

it("closes the connection once the rest of the body has come, after the answer", async () => {
  await using server = await startServer(60_000);
  using connection = new RawConnection(server.port);
  connection.send(post("/first", 90_000), Buffer.alloc(45_000));
  expect(await connection.answer()).toMatchObject({ data: "/first" });
  connection.send(Buffer.alloc(45_000), post("/second", 0));
  await connection.closed();
  expect(await connection.answer()).toBeUndefined();
});

it.each([
  ["does not end", 90_000, 100],
  ["is too long", 50_000_000, 50_000_000],
])("closes the connection when the body %s, after the answer", async (_how, length, sent) => {
  await using server = await startServer(200);
  using connection = new RawConnection(server.port);
  connection.send(post("/first", length), Buffer.alloc(sent), post("/second", 0));
  expect(await connection.answer()).toMatchObject({ data: "/first" });
  await connection.closed();
  expect(await connection.answer()).toBeUndefined();
});
