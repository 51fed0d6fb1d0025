import type { FastifyInstance } from "fastify";

export interface Readiness {
  /** True after the first signal that stops the server. */
  readonly draining: boolean;
  /** The reason why the server cannot serve requests now, or undefined if it can. Makes no calls to STS or S3. */
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
