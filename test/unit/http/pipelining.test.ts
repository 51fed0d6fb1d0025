import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { connect, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { PipeliningLimit } from "../../../src/http/pipelining.ts";
import { listenOnLoopback, stopListening } from "../../support/listening.ts";

async function startServer(handler: RequestListener, options?: { maxWaiting?: number }) {
  const limit = new PipeliningLimit(handler, options);
  const server = createServer(limit.handle);
  const url = await listenOnLoopback(server);
  onTestFinished(() => stopListening(server));
  return { url, limit };
}

async function open(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** Counts the responses that arrive on a connection. */
function countResponses(socket: Socket): () => number {
  let received = "";
  let count = 0;
  socket.on("data", (chunk) => {
    const parts = (received + chunk.toString("latin1")).split("HTTP/1.1 200");
    count += parts.length - 1;
    received = (parts.at(-1) ?? "").slice(-20);
  });
  return () => count;
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const post = (body: string) => `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

test("pipelined requests run one after the other, and another connection is served between them", {
  timeout: 60_000,
}, async () => {
  let running = 0;
  let maxRunning = 0;
  let started = 0;
  const { url, limit } = await startServer((request, response) => {
    if (request.url === "/other") {
      response.end("other");
      return;
    }
    started += 1;
    running += 1;
    maxRunning = Math.max(maxRunning, running);
    response.once("close", () => {
      running -= 1;
    });
    setImmediate(() => response.end("ok"));
  });
  const socket = await open(url);
  const responses = countResponses(socket);
  const total = 20_000;
  socket.write(get("/").repeat(total));
  await expect.poll(() => started, { timeout: 20_000 }).toBeGreaterThan(10);
  expect(await (await fetch(`${url}/other`)).text()).toBe("other");
  expect(started).toBeLessThan(total);
  expect(limit.waiting).toBeLessThan(5000);
  await expect.poll(responses, { timeout: 50_000 }).toBe(total);
  expect(maxRunning).toBe(1);
  expect(limit.waiting).toBe(0);
});

test("requests with bodies in one packet start in a turn of the event loop each", async () => {
  let turn = 0;
  const turns: number[] = [];
  // Node runs ticks after each piece of a body that it has parsed: a response that does not wait for the whole body is
  // complete before the next request is parsed.
  const { url } = await startServer((request, response) => {
    turns.push(turn);
    request.resume();
    response.end("ok");
  });
  const count = () => {
    turn += 1;
    counter = setImmediate(count);
  };
  let counter = setImmediate(count);
  onTestFinished(() => clearImmediate(counter));
  const socket = await open(url);
  const responses = countResponses(socket);
  const total = 50;
  socket.write(post("body").repeat(total));
  await expect.poll(responses).toBe(total);
  expect(new Set(turns).size).toBe(total);
});

test("pipelined requests keep their bodies and their order", async () => {
  const { url } = await startServer(async (request, response) => {
    let length = 0;
    for await (const chunk of request) length += chunk.length;
    response.end(`<${length}>`);
  });
  const socket = await open(url);
  let received = "";
  socket.on("data", (chunk) => {
    received += chunk.toString("latin1");
  });
  const lengths = [3, 300_000, 0, 70_000, 1, 500_000];
  socket.write(lengths.map((length) => post("x".repeat(length))).join(""));
  const bodies = () => [...received.matchAll(/<(\d+)>/g)].map(([, length]) => Number(length));
  await expect.poll(bodies, { timeout: 10_000 }).toEqual(lengths);
});

test("the connection with the most waiting requests is closed when too many wait", async () => {
  const finish: (() => void)[] = [];
  const { url, limit } = await startServer(
    (_request, response) => void finish.push(() => response.end("ok")),
    {
      maxWaiting: 100,
    },
  );
  const patient = await open(url);
  const responses = countResponses(patient);
  patient.write(get("/").repeat(3));
  await expect.poll(() => limit.waiting).toBe(2);
  const greedy = await open(url);
  greedy.write(get("/").repeat(150));
  await once(greedy, "close");
  await expect.poll(() => limit.waiting).toBe(2);
  for (let count = 1; count <= 3; count += 1) {
    await expect.poll(() => finish.length).toBe(count + 1);
    for (const each of finish) each();
    await expect.poll(responses).toBe(count);
  }
});
