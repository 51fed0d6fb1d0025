import Fastify from "fastify";
import { describe, expect, test } from "vitest";
import { type LingeringCloseOptions, lingeringClose } from "../../../src/http/lingering-close.ts";
import { FormConnection } from "./form-server.ts";

/** A server that sends each response, with the request's path, before the body has arrived. */
async function startServer(
  options: Partial<LingeringCloseOptions> = {},
): Promise<{ port: number } & AsyncDisposable> {
  const server = Fastify();
  server.addHook("onSend", lingeringClose({ maxBytes: 100_000, ...options }));
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

test("keeps the connection open when the whole body has arrived", async () => {
  await using server = await startServer();
  using connection = new FormConnection(server.port);
  connection.send(Buffer.concat([Buffer.from(post("/first", 9_000)), Buffer.alloc(9_000)]));
  expect(await connection.answer()).toMatchObject({ data: "/first" });
  connection.send(post("/second", 0));
  expect(await connection.answer()).toMatchObject({ data: "/second" });
});

test("closes the connection after the rest of the body has arrived", async () => {
  await using server = await startServer();
  using connection = new FormConnection(server.port);
  connection.send(post("/first", 90_000), Buffer.alloc(45_000));
  expect(await connection.answer()).toMatchObject({ data: "/first" });
  connection.send(Buffer.alloc(45_000), post("/second", 0));
  await connection.closed();
  expect(await connection.answer()).toBeUndefined();
});

describe("closes the connection after the response", () => {
  test.each<[string, Partial<LingeringCloseOptions>, number, number]>([
    ["stops", { idleTimeoutMs: 200 }, 90_000, 100],
    ["exceeds the limit", { closeDelayMs: 200 }, 50_000_000, 50_000_000],
  ])("when the body %s", async (_how, options, length, sent) => {
    await using server = await startServer(options);
    using connection = new FormConnection(server.port);
    connection.send(post("/first", length), Buffer.alloc(sent), post("/second", 0));
    expect(await connection.answer()).toMatchObject({ data: "/first" });
    await connection.closed();
    expect(await connection.answer()).toBeUndefined();
  });

  test("when the body arrives too slowly", async () => {
    await using server = await startServer({ idleTimeoutMs: 200 });
    using connection = new FormConnection(server.port);
    connection.send(post("/first", 90_000));
    const drip = setInterval(() => connection.send("x"), 20);
    try {
      expect(await connection.answer()).toMatchObject({ data: "/first" });
      await connection.closed();
    } finally {
      clearInterval(drip);
    }
  });
});

test("keeps reading as long as the client sends fast enough", async () => {
  await using server = await startServer({ idleTimeoutMs: 2000, maxBytes: 10_000_000 });
  using connection = new FormConnection(server.port);
  const chunk = Buffer.alloc(1000);
  const chunks = 60;
  connection.send(post("/first", chunks * chunk.length));
  expect(await connection.answer()).toMatchObject({ data: "/first" });
  let isClosed = false;
  const closed = connection.closed().then(() => {
    isClosed = true;
  });
  for (let sent = 0; sent < chunks; sent += 1) {
    expect(isClosed).toBe(false);
    connection.send(chunk);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await closed;
});
