import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { drainRequest } from "../../../src/http/drain-request.ts";
import { RawConnection } from "./form-server.ts";

/** Answers each request, with its path, before its body has come. */
async function startServer(timeoutMs: number): Promise<{ port: number } & AsyncDisposable> {
  const server = createServer((request, response) => {
    const json = JSON.stringify({ status: 200, data: request.url });
    request.once("data", () => request.pause());
    response.writeHead(200, { "content-length": json.length }).end(json);
    response.on("finish", () => void drainRequest(request, { maxBytes: 100_000, timeoutMs }));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

const post = (path: string, length: number) =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`;

it("leaves the connection to the next request when the body ends", async () => {
  await using server = await startServer(10_000);
  using connection = new RawConnection(server.port);
  connection.send(post("/first", 90_000), Buffer.alloc(45_000));
  expect(await connection.answer()).toMatchObject({ data: "/first" });
  connection.send(Buffer.alloc(45_000), post("/second", 0));
  expect(await connection.answer()).toMatchObject({ data: "/second" });
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
