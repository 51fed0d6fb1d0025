import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import {
  ResponseBackpressure,
  type ResponseBackpressureOptions,
} from "../../../src/http/response-backpressure.ts";
import { listenOnLoopback, stopListening } from "../../support/listening.ts";

const MiB = 2 ** 20;

/** Answers every request with so many bytes, and with 503 where it is refused. The path names the client. */
async function startServer(bytes: number, options: ResponseBackpressureOptions) {
  const backpressure = new ResponseBackpressure(options);
  const server = createServer((request, response) => {
    const client = request.url ?? "";
    if (backpressure.error(client) !== undefined) {
      response.writeHead(503).end();
      return;
    }
    backpressure.track(response, client, bytes);
    response.end("x".repeat(bytes));
  });
  const url = await listenOnLoopback(server);
  onTestFinished(() => stopListening(server));
  return { url, backpressure };
}

/** Sends a request and reads nothing. */
async function requestOnly(url: string): Promise<Socket> {
  const { port, pathname } = new URL(url);
  const socket = connect(Number(port), "127.0.0.1").pause();
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  socket.write(`GET ${pathname} HTTP/1.1\r\nhost: x\r\n\r\n`);
  return socket;
}

/** Generous: the machine may be busy. */
const eventually = { timeout: 20_000 };

test("only the client that does not read its responses is refused", { timeout: 60_000 }, async () => {
  const { url, backpressure } = await startServer(20 * MiB, { clientBytes: 30 * MiB });
  const unread = [await requestOnly(`${url}/slow`), await requestOnly(`${url}/slow`)];
  await expect.poll(() => backpressure.error("/slow")?.code, eventually).toBe("OVERLOADED");
  expect((await fetch(`${url}/slow`)).status).toBe(503);
  expect((await (await fetch(`${url}/other`)).text()).length).toBe(20 * MiB);
  for (const socket of unread) socket.destroy();
  await expect.poll(() => backpressure.error("/slow"), eventually).toBeUndefined();
  expect((await (await fetch(`${url}/slow`)).text()).length).toBe(20 * MiB);
  await expect.poll(() => backpressure.unreadBytes, eventually).toBe(0);
});

test("when all clients together leave too much unread, the client with the most loses a connection", {
  timeout: 60_000,
}, async () => {
  const { url, backpressure } = await startServer(20 * MiB, { totalBytes: 70 * MiB });
  const modest = await requestOnly(`${url}/modest`);
  await expect.poll(() => backpressure.unreadBytes, eventually).toBe(20 * MiB);
  const greedy: Socket[] = [];
  for (const total of [40, 60]) {
    greedy.push(await requestOnly(`${url}/greedy`));
    await expect.poll(() => backpressure.unreadBytes, eventually).toBe(total * MiB);
  }
  expect((await (await fetch(`${url}/other`)).text()).length).toBe(20 * MiB);
  await expect.poll(() => backpressure.unreadBytes, eventually).toBe(40 * MiB);
  let read = 0;
  modest.on("data", (chunk) => {
    read += chunk.length;
  });
  modest.resume();
  await expect.poll(() => read, eventually).toBeGreaterThan(20 * MiB);
});

test.each([
  ["reads nothing", { idleTimeoutMs: 100 }],
  ["reads too slowly", { minBytesPerSecond: 1e9, graceMs: 100 }],
])("the connection of a client that %s is closed", { timeout: 60_000 }, async (_what, options) => {
  const { url, backpressure } = await startServer(20 * MiB, { clientBytes: 10 * MiB, ...options });
  await requestOnly(`${url}/slow`);
  await expect.poll(() => backpressure.unreadBytes, eventually).toBe(0);
  expect(backpressure.error("/slow")).toBeUndefined();
});

test("small responses are not counted", async () => {
  const { url, backpressure } = await startServer(1000, { clientBytes: 1, totalBytes: 1, idleTimeoutMs: 1 });
  await requestOnly(`${url}/slow`);
  expect(await (await fetch(`${url}/slow`)).text()).toHaveLength(1000);
  expect(backpressure.unreadBytes).toBe(0);
});

test("a response whose client has gone before it is written is not counted", async () => {
  const backpressure = new ResponseBackpressure();
  let wasTracked = false;
  const server = createServer((_request, response) => {
    response.once("close", () => {
      backpressure.track(response, "gone", MiB);
      wasTracked = true;
    });
  });
  const url = await listenOnLoopback(server);
  onTestFinished(() => stopListening(server));
  (await requestOnly(`${url}/gone`)).destroy();
  await expect.poll(() => wasTracked, eventually).toBe(true);
  expect(backpressure.unreadBytes).toBe(0);
});
