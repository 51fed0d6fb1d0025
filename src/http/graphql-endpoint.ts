import type { ServerResponse } from "node:http";
import type { ApolloServer } from "@apollo/server";
import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { ValetKeyError } from "../core/errors.ts";
import type { SharedMemory } from "../core/shared-memory.ts";
import { withSpan } from "../core/tracing.ts";
import type { GraphQLContext, RequestContext, RequestContextOptions } from "../graphql/context.ts";
import { inOperationSpan } from "../graphql/operation/operation-span.ts";
import type { PreparedOperations } from "../graphql/operation/prepared-operations.ts";
import { type Authenticate, authenticateRequest } from "./authenticate-request.ts";
import { bracketError } from "./bracket-limit.ts";
import { callerKey } from "./caller-key.ts";
import { isForm, notAcceptable, prefersPage, unsupportedMediaType } from "./content-negotiation.ts";
import { crossSiteError } from "./cross-site-requests.ts";
import type { ShedRequests } from "./error-response.ts";
import { measureEventLoop } from "./event-loop-delay.ts";
import { executePrepared } from "./execute-prepared.ts";
import { executeWithApollo } from "./execute-with-apollo.ts";
import type { SendExplorer } from "./explorers.ts";
import { FairExecution } from "./fair-execution.ts";
import { receiveForm } from "./form-request.ts";
import { startJsonBody } from "./json-body.ts";
import { type RateLimit, rateLimitConfig, rateLimitOptions } from "./rate-limit.ts";
import { RequestBodies } from "./request-bodies.ts";
import { startRequestSpan } from "./request-span.ts";
import { decorateRequests, stateOf } from "./request-state.ts";
import type { ResponseBackpressure } from "./response-backpressure.ts";
import type { ResponseBody } from "./response-pieces.ts";
import { TokenCookie, type TokenCookieOptions } from "./token-cookie.ts";
import type { UploadRate } from "./upload-rate.ts";
import { UploadsPerCaller } from "./uploads-per-caller.ts";
import type { Admit } from "./value-limit.ts";

/** Creates the context of a request. It finds out what the caller may do, which can fail. */
export type MakeContext = (options: Omit<RequestContextOptions, "grants" | "log">) => Promise<RequestContext>;

/** What the endpoint needs, wherever it is served. */
export interface GraphQLService {
  apollo: ApolloServer<GraphQLContext>;
  /** If undefined, Apollo executes everything. */
  prepared: PreparedOperations | undefined;
  makeContext: MakeContext;
  authenticate: Authenticate;
  /** If undefined, tokens are taken from the Authorization header only. */
  tokenCookie: TokenCookieOptions | undefined;
  log: Logger;
  /** Counts requests that were refused because of load, by the reason. */
  shedRequests: ShedRequests;
  maxFiles: number;
  maxUploadBytes: number;
  /** If undefined, callers send forms as fast as they can. */
  uploadRate: UploadRate | undefined;
  rateLimit: RateLimit | undefined;
  /** Where replicas count requests for the rate limit together. */
  sharedMemory: SharedMemory;
}

export interface GraphQLEndpointOptions extends GraphQLService {
  /** `/graphql` */
  path: string;
  backpressure: ResponseBackpressure;
  /** Called when the fields of a form have arrived, before its files are read. */
  onFormAccepted?: ((response: ServerResponse) => void) | undefined;
  /** Whether long responses are written in pieces, as streams. The hooks of a host may expect strings. */
  inPieces?: boolean | undefined;
  /** Shows an explorer to a browser that opens the URL. */
  sendExplorer?: SendExplorer | undefined;
}

export const maxBodyBytes = 2 * 2 ** 20;

/**
 * A Fastify plugin that serves GraphQL at one path. The steps of a request, in order: token, rate limit, headers, body,
 * Apollo. Parsers and decorators of the surrounding server do not apply here, and those of this scope do not leave it.
 */
export async function graphqlEndpoint(
  scope: FastifyInstance,
  options: GraphQLEndpointOptions,
): Promise<void> {
  decorateRequests(scope);
  const bodies = new RequestBodies(scope);
  const delay = measureEventLoop(scope);
  const forms = {
    limits: { maxFiles: options.maxFiles, maxFileBytes: options.maxUploadBytes },
    bodies,
    uploads: new UploadsPerCaller(),
    uploadRate: options.uploadRate,
  };
  const tokenCookie = options.tokenCookie && new TokenCookie(options.tokenCookie);
  const execution = new FairExecution({ isLate: () => delay.isLate });

  scope.removeAllContentTypeParsers();
  // These two names are harmless: JSON.parse makes them own properties, and variables are read only by the names of
  // the schema.
  const parseJson = scope.getDefaultJsonParser("ignore", "ignore");
  scope.addContentTypeParser<string>("application/json", { parseAs: "string" }, (request, body, done) => {
    const error = bracketError(body);
    if (error === undefined) parseJson(request, body, done);
    else done(error);
  });
  // preValidation reads forms, after all checks that can refuse them.
  scope.addContentTypeParser("multipart/form-data", (_request, _body, done) => done(null));
  if (options.rateLimit !== undefined) {
    await scope.register(rateLimit, rateLimitOptions(options.sharedMemory));
  }

  scope.route({
    method: ["GET", "POST"],
    url: options.path,
    bodyLimit: maxBodyBytes,
    config: rateLimitConfig(options.rateLimit),
    onRequest: [
      (request, reply, done) => {
        stateOf(request).span = startRequestSpan(request, reply);
        reply.header("x-request-id", request.id);
        const error = delay.error();
        if (error !== undefined) {
          done(error);
          return;
        }
        authenticateRequest(request, reply, options.authenticate, tokenCookie).then(() => done(), done);
      },
      // @fastify/rate-limit adds its hook here. It counts callers without a valid token by their address.
    ],
    preParsing: (request, reply, body, done) => {
      const error =
        stateOf(request).tokenError ??
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
      if (!isForm(request)) {
        done();
        return;
      }
      receiveForm(request, reply, forms).then(() => {
        options.onFormAccepted?.(reply.raw);
        done();
      }, done);
    },
    handler: (request, reply) => {
      if (options.sendExplorer !== undefined && request.method === "GET" && prefersPage(request)) {
        return options.sendExplorer(request, reply);
      }
      // Hooks and the parser of the body lose the context of the span.
      return withSpan(stateOf(request).span, () => execute(request, reply));
    },
  });

  function execute(request: FastifyRequest, reply: FastifyReply): Promise<ResponseBody> {
    // Forms wait for their clients, and streamed uploads have a limit of their own.
    if (stateOf(request).releaseBody !== undefined) return respond(request, reply);
    const client = callerKey(request);
    return execution.run(client, async (admit) => {
      // The client may have closed the connection while the request waited for its turn.
      const error = reply.raw.destroyed ? clientGone() : options.backpressure.error(client);
      if (error !== undefined) throw error;
      return respond(request, reply, admit);
    });
  }

  async function respond(request: FastifyRequest, reply: FastifyReply, admit?: Admit): Promise<ResponseBody> {
    const { log } = options;
    const startedAtMs = performance.now();
    const { principal, releaseBody } = stateOf(request);
    const context = await options.makeContext({
      principal,
      requestId: request.id,
      connection: reply.raw,
      sendsFiles: releaseBody !== undefined,
      admit,
    });
    const response = await inOperationSpan(
      async () =>
        (options.prepared && (await executePrepared(options.prepared, context, request, reply, options))) ??
        executeWithApollo(options.apollo, async () => ({ valetKey: context }), request, reply),
    );
    const level = context.logAtInfo || reply.statusCode >= 400 ? "info" : "debug";
    if (log.isLevelEnabled(level)) {
      const ms = Math.round(performance.now() - startedAtMs);
      const { method } = request;
      // The spread is last, because Node 20 takes 2 µs for each property behind one.
      log[level]({ method, status: reply.statusCode, ms, ...context.logFields }, "answered a request");
    }
    return response;
  }

  scope.route({
    // An OPTIONS request gets here if no other origin is allowed.
    method: ["PUT", "PATCH", "DELETE", "OPTIONS"],
    url: options.path,
    onRequest: refuseMethod,
    handler: () => undefined,
  });
}

function clientGone(): ValetKeyError {
  return new ValetKeyError("TIMEOUT", "The client has closed the connection.");
}

/** Responds before the body is read. */
function refuseMethod(_request: FastifyRequest, reply: FastifyReply, done: (error: Error) => void): void {
  reply.header("allow", "GET, POST");
  const error = new ValetKeyError("BAD_USER_INPUT", "Use the method POST, or GET for a query.");
  done(Object.assign(error, { statusCode: 405 }));
}
