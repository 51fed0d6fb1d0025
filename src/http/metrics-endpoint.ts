import type { FastifyInstance } from "fastify";
import type { Metrics } from "../core/metrics.ts";

export function metricsEndpoint(server: FastifyInstance, { registry }: Metrics): void {
  server.get("/metrics", { logLevel: "silent" }, async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
}
