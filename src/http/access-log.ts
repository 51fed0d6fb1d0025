import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { Principal } from "../core/principal.ts";
import { spanFields } from "../core/tracing.ts";
import { addressOf } from "./caller-key.ts";
import { decorateRequests, stateOf } from "./request-state.ts";

export interface AccessLogOptions {
  readonly log: Pick<Logger, "info">;
  /** A name for the caller that says nothing about who it is. Undefined for callers without a token. */
  readonly callerHash: (principal: Principal) => string | undefined;
}

const maxPathLength = 200;

/**
 * Writes a line for each request when its response has ended, also if its client closed the connection before. A query
 * string is left out, because it may have the values of an operation. Requests that cannot be parsed have no line.
 */
export function registerAccessLog(server: FastifyInstance, { log, callerHash }: AccessLogOptions): void {
  decorateRequests(server);
  server.addHook("onRequest", function followRequest(request, reply, done) {
    const startedAtMs = performance.now();
    const { socket } = request.raw;
    const bytesBefore = socket.bytesWritten;
    reply.raw.once("close", () => {
      const { principal, span } = stateOf(request);
      log.info(
        {
          requestId: request.id,
          ...spanFields(span),
          method: request.method,
          path: request.url.split("?", 1)[0]?.slice(0, maxPathLength),
          status: reply.statusCode,
          bytes: socket.bytesWritten - bytesBefore,
          ms: Math.round(performance.now() - startedAtMs),
          address: addressOf(request),
          caller: callerHash(principal),
          ...(reply.raw.writableFinished ? {} : { aborted: true }),
        },
        "access",
      );
    });
    done();
  });
}
