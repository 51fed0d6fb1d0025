import { randomUUID } from "node:crypto";
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import Fastify, { type FastifyInstance } from "fastify";
import { type AccessLogOptions, registerAccessLog } from "./access-log.ts";
import { Connections } from "./connections.ts";
import { registerCors } from "./cors.ts";
import { type DevelopmentTokens, developmentTokenEndpoint } from "./development-tokens.ts";
import { createErrorHandler, sendExpectationFailed, sendNotFound } from "./error-response.ts";
import { deferContinue } from "./expect-continue.ts";
import { registerExplorers } from "./explorers.ts";
import { type GraphQLService, graphqlEndpoint, maxBodyBytes } from "./graphql-endpoint.ts";
import { healthEndpoints, type Readiness } from "./health.ts";
import { HostCheck } from "./host-check.ts";
import { type MetricsSource, metricsEndpoint } from "./metrics-endpoint.ts";
import { PipeliningLimit } from "./pipelining.ts";
import { addCommonHeaders, protectResponses } from "./protect-responses.ts";
import { RequestBodies } from "./request-bodies.ts";
import { framingError } from "./request-framing.ts";
import { ResponseBackpressure } from "./response-backpressure.ts";
import { type TrustedProxies, trustProxyOption } from "./trusted-proxies.ts";
import { respondToUnparsableRequest } from "./unparsable-request.ts";
import { registerWebClient, type WebClientOptions } from "./web-client.ts";

export interface HttpOptions extends GraphQLService {
  readiness: Readiness;
  /** If undefined, requests have no line of their own in the log. */
  accessLog: AccessLogOptions | undefined;
  /** If undefined, there is no /metrics here. */
  metrics: MetricsSource | undefined;
  /** If undefined, headers `X-Forwarded-…` have no effect. */
  trustedProxies: TrustedProxies | undefined;
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
}

/** Longer than the 60 s after which most load balancers close an idle connection, so that they close it first. */
const keepAliveMs = 72_000;

/**
 * Creates the stand-alone server: the GraphQL endpoint, and everything around it that a server of one's own would have
 * to bring. It does not listen yet. Closing it refuses new connections and waits for running requests.
 */
export async function createHttpServer(options: HttpOptions): Promise<FastifyInstance> {
  const handleError = createErrorHandler(options.log, options.shedRequests);
  const connections = new Connections();
  const server = Fastify({
    bodyLimit: maxBodyBytes,
    serverFactory: (handler) => createNodeServer(handler, connections),
    trustProxy: trustProxyOption(options.trustedProxies),
    // Requests that were accepted before the shutdown are finished.
    return503OnClosing: false,
    // These two names are harmless: JSON.parse makes them own properties, and variables are read only by the names of
    // the schema.
    onProtoPoisoning: "ignore",
    onConstructorPoisoning: "ignore",
    genReqId: () => randomUUID(),
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

  // The first hook, so that requests which the others refuse are in it too.
  if (options.accessLog !== undefined) registerAccessLog(server, options.accessLog);
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
  const backpressure = new ResponseBackpressure();
  const isDraining = () => options.readiness.draining && !connections.keepsOpen;
  protectResponses(server, { ...options, backpressure, isDraining });

  await registerCors(server, { ...options, allowLoopback: options.allowLoopbackOrigins });

  healthEndpoints(server, options.readiness);
  if (options.metrics !== undefined) metricsEndpoint(server, options.metrics);
  if (options.developmentTokens !== undefined) {
    const bodies = new RequestBodies(server);
    developmentTokenEndpoint(server, { tokens: options.developmentTokens, bodies, hostCheck });
  }
  if (options.webClient !== undefined) await registerWebClient(server, options.webClient, options.log);
  const sendExplorer =
    options.explorerDirectory === undefined
      ? undefined
      : await registerExplorers(server, options.explorerDirectory);
  await server.register(graphqlEndpoint, {
    ...options,
    path: "/graphql",
    backpressure,
    inPieces: true,
    sendExplorer,
    // An upload that is interrupted has parts to remove from S3, and a client to inform.
    onFormAccepted: (response: ServerResponse) => connections.hold(response),
  });
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
