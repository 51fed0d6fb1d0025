import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import {
  ResponseBackpressure,
  type ResponseBackpressureOptions,
} from "../../../src/http/response-backpressure.ts";
import { listenOnLoopback, stopListening } from "../../support/listening.ts";

const MiB = 2 ** 20;

/** Answers every request with so many bytes, or 503 where it should not begin. */
async function startServer(bytes: number, options: ResponseBackpressureOptions) {
  const answers = new ResponseBackpressure(options);
  const server = createServer((_request, response) => {
    if (answers.refusal() !== undefined) {
      response.writeHead(503).end();
      return;
    }
    answers.watch(response, bytes);
    response.end("x".repeat(bytes));
  });
  const url = await listenOnLoopback(server);
  onTestFinished(() => stopListening(server));
  return { url, answers };
}

/** A client that asks and does not read. */
async function askOnly(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1").pause();
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  return socket;
}

it("begins nothing more while what clients do not read is too much, and goes on when they are gone", async () => {
  const { url, answers } = await startServer(20 * MiB, { totalBytes: 30 * MiB });
  const clients = [await askOnly(url), await askOnly(url)];
  await expect.poll(() => answers.refusal()?.code).toBe("OVERLOADED");
  expect((await fetch(url)).status).toBe(503);
  for (const client of clients) client.destroy();
  await expect.poll(() => answers.refusal()).toBeUndefined();
  expect((await (await fetch(url)).text()).length).toBe(20 * MiB);
  expect(answers.refusal()).toBeUndefined();
});

it("ends the connection of a client that does not read", async () => {
  const { url, answers } = await startServer(20 * MiB, {
    totalBytes: 10 * MiB,
    slowestBytesPerSecond: 1e9,
    graceMs: 200,
  });
  await askOnly(url);
  await expect.poll(() => answers.refusal()?.code).toBe("OVERLOADED");
  await expect.poll(() => answers.refusal(), { timeout: 5000 }).toBeUndefined();
});

it("leaves small answers and their connections alone", async () => {
  const { url, answers } = await startServer(1000, { totalBytes: 1, graceMs: 0 });
  await askOnly(url);
  await sleep(50);
  expect(answers.refusal()).toBeUndefined();
  expect((await fetch(url)).status).toBe(200);
});
