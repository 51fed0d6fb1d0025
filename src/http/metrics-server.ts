import Fastify, { type FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { createErrorHandler, sendNotFound } from "./error-response.ts";
import { HostCheck } from "./host-check.ts";
import { type MetricsSource, metricsEndpoint } from "./metrics-endpoint.ts";
import { addCommonHeaders } from "./protect-responses.ts";

export interface MetricsServerOptions {
  readonly source: MetricsSource;
  /** Accepts only loopback names in the header Host. */
  readonly checkHost: boolean;
  readonly log: Pick<Logger, "info" | "error">;
}

/** Prometheus needs one connection, or a few if several instances scrape. */
const maxConnections = 100;

/**
 * Creates the server of `/metrics` for a port of its own. It does not listen yet. Closing it ends every connection, so it
 * is to be closed after the main server.
 */
export function createMetricsServer({ source, checkHost, log }: MetricsServerOptions): FastifyInstance {
  const handleError = createErrorHandler(log);
  const server = Fastify({
    bodyLimit: 1,
    forceCloseConnections: true,
    frameworkErrors: (error, request, reply) => {
      addCommonHeaders(reply);
      handleError(error, request, reply);
    },
  });
  server.server.maxConnections = maxConnections;
  server.setErrorHandler(handleError);
  server.setNotFoundHandler(sendNotFound);
  const hostCheck = new HostCheck([]);
  server.addHook("onRequest", (request, _reply, done) => {
    done(checkHost ? hostCheck.error(request.raw) : undefined);
  });
  server.addHook("onSend", (_request, reply, _payload, done) => {
    addCommonHeaders(reply);
    done();
  });
  metricsEndpoint(server, source);
  return server;
}
