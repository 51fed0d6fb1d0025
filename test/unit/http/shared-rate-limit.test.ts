import rateLimit from "@fastify/rate-limit";
import Fastify from "fastify";
import { describe, expect, test } from "vitest";
import { noSharedMemory, type SharedMemory } from "../../../src/core/shared-memory.ts";
import { rateLimitOptions } from "../../../src/http/rate-limit.ts";
import { ProcessMemory } from "../../support/process-memory.ts";

/** A server that takes two requests a minute of each caller. */
async function start(memory: SharedMemory) {
  const server = Fastify();
  await server.register(rateLimit, rateLimitOptions(memory));
  const config = { rateLimit: { max: 2, timeWindow: 60_000, keyGenerator: () => "one caller" } };
  server.get("/", { config }, async () => "served");
  return async () => {
    const { statusCode, headers } = await server.inject("/");
    return statusCode === 200 ? 200 : { statusCode, retryAfter: headers["retry-after"] };
  };
}

describe("the rate limit of several replicas", () => {
  test("counts the requests at all of them", async () => {
    const memory = new ProcessMemory();
    const [one, two] = [await start(memory), await start(memory)];
    expect([await one(), await two()]).toEqual([200, 200]);
    expect(await one()).toEqual({ statusCode: 429, retryAfter: "60" });
    expect(await two()).toEqual({ statusCode: 429, retryAfter: "60" });
  });

  test("counts those of each replica while the memory cannot be reached", async () => {
    const memory = new ProcessMemory();
    let reachable: SharedMemory = memory;
    const one = await start({ ...noSharedMemory, count: (...counted) => reachable.count(...counted) });
    expect(await one()).toBe(200);
    reachable = noSharedMemory;
    expect(await one()).toBe(200);
    expect(await one()).toMatchObject({ statusCode: 429 });
  });
});
