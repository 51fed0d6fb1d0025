import type { FastifyInstance } from "fastify";

export interface Readiness {
  /** True from the first signal to stop on. */
  readonly draining: boolean;
  /** Why the server could not serve now; undefined when it can. Calls neither STS nor S3. */
  reasonNotReady(): Promise<string | undefined>;
}

export function healthEndpoints(server: FastifyInstance, readiness: Readiness): void {
  server.get("/healthz", async () => ({ status: "ok" }));

  server.get("/readyz", async (_request, reply) => {
    const reason = await readiness.reasonNotReady();
    if (reason === undefined) return { status: "ready" };
    return reply.code(503).send({ status: "not ready", reason });
  });
}
