import { createServer, type RequestListener, type Server } from "node:http";
import type { ApolloServer } from "@apollo/server";
import rateLimit from "@fastify/rate-limit";
import Fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import type { Logger } from "pino";
import type { Metrics } from "../core/metrics.ts";
import type { GraphQLContext } from "../graphql/context.ts";
import { callerKey } from "./caller-key.ts";
import { Connections } from "./connections.ts";
import { registerCors } from "./cors.ts";
import { type DevelopmentTokens, developmentTokenEndpoint } from "./development-tokens.ts";
import { createErrorHandler, sendExpectationFailed, sendNotFound } from "./error-response.ts";
import { deferContinue } from "./expect-continue.ts";
import { registerExplorers } from "./explorers.ts";
import { type Authenticate, graphqlEndpoint, type MakeContext } from "./graphql-endpoint.ts";
import { healthEndpoints, type Readiness } from "./health.ts";
import { HostCheck } from "./host-check.ts";
import { lingeringClose } from "./lingering-close.ts";
import { metricsEndpoint } from "./metrics-endpoint.ts";
import { PipeliningLimit } from "./pipelining.ts";
import { RequestBodies } from "./request-bodies.ts";
import { framingError } from "./request-framing.ts";
import { ResponseBackpressure } from "./response-backpressure.ts";
import { respondToUnparsableRequest } from "./unparsable-request.ts";
import { registerWebClient, type WebClientOptions } from "./web-client.ts";

export interface HttpOptions {
  apollo: ApolloServer<GraphQLContext>;
  makeContext: MakeContext;
  authenticate: Authenticate;
  readiness: Readiness;
  /** If undefined, there is no /metrics. */
  metrics: Metrics | undefined;
  log: Logger;
  /** Exact origins whose pages may call this server. */
  origins: readonly string[];
  /** Outside production: pages of every loopback origin may call this server too. */
  allowLoopbackOrigins: boolean;
  /** Accepts only loopback names and the hosts of `origins` in the header Host. */
  checkHost: boolean;
  /** If undefined, as in production and with a role, there is no /dev/token. */
  developmentTokens: DevelopmentTokens | undefined;
  /** If undefined, `/` is not served. */
  webClient: WebClientOptions | undefined;
  /** The folder of GraphiQL's built files. If undefined, as in production, /graphql shows no pages. */
  explorerDirectory: string | undefined;
  maxFiles: number;
  maxUploadBytes: number;
  rateLimit: { requests: number; windowMs: number } | undefined;
}

const maxBodyBytes = 2 * 2 ** 20;
/** Longer than the 60 s after which most load balancers close an idle connection, so that they close it first. */
const keepAliveMs = 72_000;
/** The default for 429 and 503. */
const retryAfterSeconds = "1";

/** How far a form may be over the limit so that a browser that reads no response before it has sent everything gets one. */
const maxExcessBytes = 16 * 2 ** 20;

/** Creates the HTTP server. It does not listen yet. Closing it refuses new connections and waits for running requests. */
export async function createHttpServer(options: HttpOptions): Promise<FastifyInstance> {
  const handleError = createErrorHandler(options.log);
  const connections = new Connections();
  const server = Fastify({
    bodyLimit: maxBodyBytes,
    serverFactory: (handler) => createNodeServer(handler, connections),
    // Requests that were accepted before the shutdown are finished.
    return503OnClosing: false,
    // These two names are harmless: JSON.parse makes them own properties, and variables are read only by the names of
    // the schema.
    onProtoPoisoning: "ignore",
    onConstructorPoisoning: "ignore",
    genReqId: () => crypto.randomUUID(),
    routerOptions: { ignoreTrailingSlash: true },
    // createNodeServer adds this handler to each server that Fastify creates: there are two for the host `localhost`.
    clientErrorHandler: () => {},
    // Fastify calls no hooks for these errors.
    frameworkErrors: (error, request, reply) => {
      addCommonHeaders(reply);
      handleError(error, request, reply);
    },
  });

  // Fastify accepts text/plain by default, and forms of other sites can send it without a CORS preflight.
  server.removeContentTypeParser("text/plain");
  server.setErrorHandler(handleError);
  server.setNotFoundHandler(sendNotFound);
  server.decorate("connections", connections);
  server.decorateRequest("releaseBody");

  const backpressure = new ResponseBackpressure();
  const bodies = new RequestBodies(server);
  const hostCheck = new HostCheck(options.origins);
  server.addHook("onRequest", function refuseEarly({ raw, is404 }, reply, done) {
    const error = framingError(raw) ?? (options.checkHost ? hostCheck.error(raw) : undefined);
    if (error !== undefined) {
      reply.header("connection", "close");
      done(error);
    } else if (is404) {
      // No handler will read the body, so the response does not wait for it.
      sendNotFound(reply.request, reply);
    } else done();
  });
  // A form has at most this many bytes of files, and no other body is larger.
  const linger = lingeringClose({
    maxBytes: options.maxFiles * options.maxUploadBytes + maxExcessBytes,
  });
  server.addHook("onSend", function finish(request, reply, payload, done) {
    addCommonHeaders(reply);
    if (options.readiness.draining) reply.header("connection", "close");
    if (typeof payload === "string") {
      backpressure.track(reply.raw, callerKey(request), payload.length);
    }
    linger.call(this, request, reply, payload, done);
  });

  await registerCors(server, { ...options, allowLoopback: options.allowLoopbackOrigins });
  await server.register(rateLimit, { global: false, addHeadersOnExceeding: {}, addHeaders: {} });

  healthEndpoints(server, options.readiness);
  if (options.metrics !== undefined) metricsEndpoint(server, options.metrics);
  if (options.developmentTokens !== undefined) {
    developmentTokenEndpoint(server, { tokens: options.developmentTokens, bodies, hostCheck });
  }
  if (options.webClient !== undefined) await registerWebClient(server, options.webClient, options.log);
  const sendExplorer =
    options.explorerDirectory === undefined
      ? undefined
      : await registerExplorers(server, options.explorerDirectory);
  graphqlEndpoint(server, { ...options, backpressure, bodies, sendExplorer });
  return server;
}

function createNodeServer(handler: RequestListener, connections: Connections): Server {
  const server = createServer(
    {
      // Node's own response would have no body. framingError refuses such a request with one.
      requireHostHeader: false,
      // A slow upload may take hours: bodies have their own time limits.
      requestTimeout: 0,
      keepAliveTimeout: keepAliveMs,
    },
    new PipeliningLimit(handler).handle,
  );
  server.on("clientError", respondToUnparsableRequest);
  server.on("checkExpectation", sendExpectationFailed);
  deferContinue(server);
  connections.watch(server);
  return server;
}

function addCommonHeaders(reply: FastifyReply): void {
  reply.header("x-content-type-options", "nosniff");
  // A route whose responses may be cached sets the header itself.
  if (!reply.hasHeader("cache-control")) reply.header("cache-control", "no-store");
  const mayRetry = reply.statusCode === 503 || reply.statusCode === 429;
  if (mayRetry && !reply.hasHeader("retry-after")) reply.header("retry-after", retryAfterSeconds);
}
