import type { IncomingHttpHeaders } from "node:http";
import type { ApolloServer } from "@apollo/server";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { ValetKeyError } from "../core/errors.ts";
import { anonymous, type Principal } from "../core/principal.ts";
import type { GraphQLContext, RequestContext, RequestContextOptions } from "../graphql/context.ts";
import { callerKey } from "./caller-key.ts";
import { isForm, notAcceptable, prefersPage, unsupportedMediaType } from "./content-negotiation.ts";
import { crossSiteError } from "./cross-site-requests.ts";
import { EventLoopDelay } from "./event-loop-delay.ts";
import { executeWithApollo } from "./execute-with-apollo.ts";
import type { SendExplorer } from "./explorers.ts";
import { FairExecution } from "./fair-execution.ts";
import { receiveForm } from "./form-request.ts";
import { startJsonBody } from "./json-body.ts";
import type { RequestBodies } from "./request-bodies.ts";
import type { ResponseBackpressure } from "./response-backpressure.ts";

declare module "fastify" {
  interface FastifyRequest {
    principal: Principal;
    /** The error of a token that is not valid. It is sent after the rate limit has counted the request. */
    tokenError: Error | undefined;
  }
}

/** Creates the context of a request. It finds out what the caller may do, which can fail. */
export type MakeContext = (options: Omit<RequestContextOptions, "grants" | "log">) => Promise<RequestContext>;

/** Returns the caller of a request with these headers. Throws UNAUTHENTICATED. */
export type Authenticate = (headers: IncomingHttpHeaders) => Promise<Principal>;

export interface GraphQLEndpointOptions {
  apollo: ApolloServer<GraphQLContext>;
  makeContext: MakeContext;
  authenticate: Authenticate;
  log: Logger;
  maxFiles: number;
  maxUploadBytes: number;
  rateLimit: { requests: number; windowMs: number } | undefined;
  backpressure: ResponseBackpressure;
  bodies: RequestBodies;
  /** Shows an explorer to a browser that opens the URL. */
  sendExplorer: SendExplorer | undefined;
}

/** Serves GraphQL at /graphql. The steps of a request, in order: token, rate limit, headers, body, Apollo. */
export function graphqlEndpoint(server: FastifyInstance, options: GraphQLEndpointOptions): void {
  server.decorateRequest("principal");
  server.decorateRequest("tokenError");

  const { bodies } = options;
  const delay = new EventLoopDelay(server);
  const formLimits = { maxFiles: options.maxFiles, maxFileBytes: options.maxUploadBytes };
  const execution = new FairExecution({ isLate: () => delay.isLate });

  // preValidation reads forms, after all checks that can refuse them.
  server.addContentTypeParser("multipart/form-data", (_request, _body, done) => done(null));

  server.route({
    method: ["GET", "POST"],
    url: "/graphql",
    config: { rateLimit: rateLimitOf(options.rateLimit) },
    onRequest: [
      (request, reply, done) => {
        request.principal = anonymous;
        reply.header("x-request-id", request.id);
        authenticate(request, options).then(() => done(), done);
      },
      // @fastify/rate-limit adds its hook here. It counts callers without a valid token by their address.
    ],
    preParsing: (request, reply, body, done) => {
      const error =
        request.tokenError ??
        notAcceptable(request) ??
        unsupportedMediaType(request) ??
        crossSiteError(request) ??
        options.backpressure.error(callerKey(request));
      if (error === undefined && !isForm(request)) startJsonBody(request, reply, body, bodies);
      done(error ?? null, body);
    },
    onError: (request, _reply, _error, done) => {
      bodies.end(request);
      done();
    },
    preValidation: (request, reply, done) => {
      bodies.end(request);
      if (isForm(request)) receiveForm(request, reply, formLimits, bodies).then(() => done(), done);
      else done();
    },
    handler: (request, reply) => {
      if (options.sendExplorer !== undefined && request.method === "GET" && prefersPage(request)) {
        return options.sendExplorer(request, reply);
      }
      // Forms wait for their clients, and streamed uploads have a limit of their own.
      if (request.releaseBody !== undefined) return respond(request, reply);
      const client = callerKey(request);
      return execution.run(client, async () => {
        // The client may have closed the connection while the request waited for its turn.
        const error = reply.raw.destroyed ? clientGone() : options.backpressure.error(client);
        if (error !== undefined) throw error;
        return respond(request, reply);
      });
    },
  });

  async function respond(request: FastifyRequest, reply: FastifyReply): Promise<string> {
    const { log } = options;
    const startedAtMs = performance.now();
    const context = await options.makeContext({
      principal: request.principal,
      requestId: request.id,
      connection: reply.raw,
      sendsFiles: request.releaseBody !== undefined,
    });
    const response = await executeWithApollo(
      options.apollo,
      async () => ({ valetKey: context }),
      request,
      reply,
    );
    const level = context.logAtInfo || reply.statusCode >= 400 ? "info" : "debug";
    if (log.isLevelEnabled(level)) {
      const ms = Math.round(performance.now() - startedAtMs);
      log[level](
        { ...context.logFields, method: request.method, status: reply.statusCode, ms },
        "answered a request",
      );
    }
    return response;
  }

  server.route({
    // An OPTIONS request gets here if no other origin is allowed.
    method: ["PUT", "PATCH", "DELETE", "OPTIONS"],
    url: "/graphql",
    onRequest: refuseMethod,
    handler: () => undefined,
  });
}

function clientGone(): ValetKeyError {
  return new ValetKeyError("TIMEOUT", "The client has closed the connection.");
}

/** Keeps the error of a token that is not valid, so that the rate limit can count the request first. */
async function authenticate(request: FastifyRequest, options: GraphQLEndpointOptions): Promise<void> {
  try {
    request.principal = await options.authenticate(request.headers);
  } catch (error) {
    request.tokenError = error as Error;
  }
}

/** Responds before the body is read. */
function refuseMethod(_request: FastifyRequest, reply: FastifyReply, done: (error: Error) => void): void {
  reply.header("allow", "GET, POST");
  const error = new ValetKeyError("BAD_USER_INPUT", "Use the method POST, or GET for a query.");
  done(Object.assign(error, { statusCode: 405 }));
}

function rateLimitOf(limit: GraphQLEndpointOptions["rateLimit"]) {
  if (limit === undefined) return false as const;
  return {
    max: limit.requests,
    timeWindow: limit.windowMs,
    keyGenerator: callerKey,
    errorResponseBuilder: () => new ValetKeyError("RATE_LIMITED", "Too many requests: try again later."),
  };
}
