import type { FastifyInstance } from "fastify";

/** A registry of prom-client, or what stands for several. */
export interface MetricsSource {
  readonly contentType: string;
  /** The text that Prometheus reads. */
  metrics(): Promise<string>;
}

export function metricsEndpoint(server: FastifyInstance, source: MetricsSource): void {
  server.get("/metrics", { logLevel: "silent" }, async (_request, reply) =>
    reply.type(source.contentType).send(await source.metrics()),
  );
}
