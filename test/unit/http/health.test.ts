import Fastify from "fastify";
import { expect, test } from "vitest";
import { healthEndpoints } from "../../../src/http/health.ts";

async function probe(path: string, reason: string | undefined) {
  const server = Fastify();
  healthEndpoints(server, { draining: false, reasonNotReady: async () => reason });
  try {
    const { statusCode, body } = await server.inject(path);
    return { statusCode, body: JSON.parse(body) };
  } finally {
    await server.close();
  }
}

test("/healthz is 200 also while the server cannot serve", async () => {
  expect(await probe("/healthz", "draining")).toEqual({ statusCode: 200, body: { status: "ok" } });
});

test("/readyz is 200 while the server can serve", async () => {
  expect(await probe("/readyz", undefined)).toEqual({ statusCode: 200, body: { status: "ready" } });
});

test("/readyz is 503 with the reason while it cannot", async () => {
  expect(await probe("/readyz", "no base credentials")).toEqual({
    ...{ statusCode: 503, body: { status: "not ready", reason: "no base credentials" } },
  });
});
