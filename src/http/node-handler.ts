import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import Fastify, { type FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { createErrorHandler } from "./error-response.ts";
import type { GraphQLService } from "./graphql-endpoint.ts";
import type { NodeHandler } from "./handler-type.ts";
import { mountedEndpoint } from "./mounted-endpoint.ts";
import { addCommonHeaders } from "./protect-responses.ts";
import { type TrustedProxies, trustProxyOption } from "./trusted-proxies.ts";

export interface NodeHandlerOptions {
  /** Requests that arrive earlier wait for it. */
  readonly service: Promise<GraphQLService>;
  readonly log: Logger;
  /** If undefined, headers `X-Forwarded-…` have no effect, unless Express has evaluated them. */
  readonly trustedProxies: TrustedProxies | undefined;
  /** Aborted when the service is closed. Requests that arrive later are refused. */
  readonly stopping: AbortSignal;
}

/**
 * Serves GraphQL for every request that the handler is given, whatever its path. The host has chosen the path already,
 * and Express removes it from the URL.
 */
export function createNodeHandler(options: NodeHandlerOptions): NodeHandler {
  const { service, log, trustedProxies, stopping } = options;
  const handleError = createErrorHandler(log);
  // It never listens: it only routes the requests that it is given.
  const server = Fastify({
    trustProxy: trustProxyOption(trustedProxies),
    return503OnClosing: false,
    genReqId: () => randomUUID(),
    frameworkErrors: (error, request, reply) => {
      addCommonHeaders(reply);
      handleError(error, request, reply);
    },
  });
  passOnParsedBodies(server);
  let isReady = false;
  const ready = (async () => {
    await server.register(mountedEndpoint, { service: await service, path: "*", stopping });
    await server.ready();
    isReady = true;
  })();
  // A failure is passed on with the first request.
  ready.catch(() => {});
  stopping.addEventListener("abort", () => void server.close(), { once: true });

  return (request, response, next) => {
    if (isReady) server.routing(request, response);
    else {
      ready.then(
        () => server.routing(request, response),
        (error: unknown) => (next === undefined ? response.destroy(error as Error) : next(error)),
      );
    }
  };
}

/** A request as Express passes it on after a body parser. */
type ParsedRequest = IncomingMessage & { readonly body?: unknown };

/** Uses what a body parser of the host, such as `express.json()`, has made of a body that it has read. */
function passOnParsedBodies(server: FastifyInstance): void {
  server.addHook("preParsing", function useParsedBody(request, _reply, payload, done) {
    const raw = request.raw as ParsedRequest;
    if (request.method !== "POST" || !raw.readableDidRead) done(null, payload);
    else if (raw.body === undefined || isForm(raw)) done(alreadyRead());
    else done(null, toPayload(raw));
  });
}

function isForm({ headers }: IncomingMessage): boolean {
  return headers["content-type"]?.toLowerCase().startsWith("multipart/") === true;
}

function toPayload({ body, headers }: ParsedRequest) {
  const isText = typeof body === "string" || Buffer.isBuffer(body);
  const payload = Readable.from([isText ? body : JSON.stringify(body)]);
  // The host may have decompressed the body, so its length is not the one that the header states.
  return Object.assign(payload, { receivedEncodedLength: Number(headers["content-length"] ?? 0) });
}

/** This is a mistake of the host: the client sees a general message, and the log contains this one. */
function alreadyRead(): Error {
  return new Error(
    "The body of this request was read before it reached Valet Key. Mount Valet Key before body parsers, " +
      "because forms with files have to be read while they arrive.",
  );
}
