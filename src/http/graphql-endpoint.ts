import type { ApolloServer } from "@apollo/server";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { badUserInput, ValetKeyError } from "../core/errors.ts";
import { anonymous, type Principal } from "../core/principal.ts";
import type { Caller, RequestContext } from "../graphql/context.ts";
import { answerWithApollo } from "./apollo-handler.ts";
import { callerKey } from "./caller-key.ts";
import { isForm, notAcceptable, unsupportedMediaType } from "./content-negotiation.ts";
import { EventLoopDelay } from "./event-loop-delay.ts";
import { sendContinue } from "./expect-continue.ts";
import { FairExecution } from "./fair-execution.ts";
import { readMultipartRequest } from "./form.ts";
import { RequestBodies } from "./request-bodies.ts";
import type { ResponseBackpressure } from "./response-backpressure.ts";

declare module "fastify" {
  interface FastifyRequest {
    principal: Principal;
    /** What the token was refused with, until the rate limit has counted it. */
    refusal: Error | undefined;
  }
}

/** Everything in a form that is not part of a file: the operation, the map, and the headers of the parts. */
const maxFormOverheadBytes = 4 * 2 ** 20;

export type MakeContext = (caller: Caller) => RequestContext;

export interface GraphQLEndpointOptions {
  apollo: ApolloServer<RequestContext>;
  makeContext: MakeContext;
  authenticate: (authorization: string) => Promise<Principal>;
  log: Logger;
  maxFiles: number;
  maxUploadBytes: number;
  rateLimit: { requests: number; windowMs: number } | undefined;
  backpressure: ResponseBackpressure;
}

/** /graphql, in the order in which a request passes: token, rate limit, Accept, body, Apollo. */
export function graphqlEndpoint(server: FastifyInstance, options: GraphQLEndpointOptions): void {
  server.decorateRequest("principal");
  server.decorateRequest("refusal");

  const bodies = new RequestBodies(server);
  const delay = new EventLoopDelay(server);
  const execution = new FairExecution({ isLate: () => delay.isLate });

  // A form is read by readForm, after everything that can refuse it.
  server.addContentTypeParser("multipart/form-data", (_request, _body, done) => done(null));

  server.route({
    method: ["GET", "POST"],
    url: "/graphql",
    config: { rateLimit: rateLimitOf(options.rateLimit) },
    onRequest: [
      (request, reply, done) => {
        request.principal = anonymous;
        reply.header("x-request-id", request.id);
        const { authorization } = request.headers;
        if (authorization === undefined) done();
        else authenticate(request, options, authorization).then(() => done(), done);
      },
      // Here the rate limit puts itself. Who is nobody, by a bad token or none, is counted by address.
    ],
    preParsing: (request, reply, body, done) => {
      const client = callerKey(request);
      const refusal =
        request.refusal ??
        notAcceptable(request) ??
        unsupportedMediaType(request) ??
        options.backpressure.refusal(client);
      if (refusal === undefined && !isForm(request)) {
        if (!isTooLarge(request)) sendContinue(reply.raw);
        bodies.start({ request, body, client });
      }
      done(refusal ?? null, body);
    },
    onError: (request, _reply, _error, done) => {
      bodies.end(request);
      done();
    },
    preValidation: (request, reply, done) => {
      bodies.end(request);
      if (isForm(request)) readForm(request, reply, options, bodies).then(() => done(), done);
      else done();
    },
    handler: (request, reply) => {
      // Forms wait for their clients, and streamed uploads have a budget of their own.
      if (request.releaseBody !== undefined) return respond(request, reply);
      const client = callerKey(request);
      return execution.run(client, async () => {
        // The request may have waited for its turn.
        const refusal = reply.raw.destroyed ? clientGone() : options.backpressure.refusal(client);
        if (refusal !== undefined) throw refusal;
        return respond(request, reply);
      });
    },
  });

  async function respond(request: FastifyRequest, reply: FastifyReply): Promise<string> {
    const { log } = options;
    const startedAtMs = performance.now();
    const context = options.makeContext({
      principal: request.principal,
      requestId: request.id,
      log,
      connection: reply.raw,
      sendsFiles: request.releaseBody !== undefined,
    });
    const answer = await answerWithApollo(options.apollo, async () => context, request, reply);
    const level = context.logAtInfo || reply.statusCode >= 400 ? "info" : "debug";
    if (log.isLevelEnabled(level)) {
      const ms = Math.round(performance.now() - startedAtMs);
      log[level](
        { ...context.logFields, method: request.method, status: reply.statusCode, ms },
        "answered a request",
      );
    }
    return answer;
  }

  server.route({
    // An OPTIONS comes this far where no other origin is let in.
    method: ["PUT", "PATCH", "DELETE", "OPTIONS"],
    url: "/graphql",
    onRequest: refuseMethod,
    handler: () => undefined,
  });
}

function clientGone(): ValetKeyError {
  return new ValetKeyError("TIMEOUT", "The client has closed the connection.");
}

/** A token that is refused is kept until the rate limit has counted it. */
async function authenticate(
  request: FastifyRequest,
  options: GraphQLEndpointOptions,
  authorization: string,
): Promise<void> {
  try {
    request.principal = await options.authenticate(authorization);
  } catch (error) {
    request.refusal = error as Error;
  }
}

/** Before the body is read. */
function refuseMethod(_request: FastifyRequest, reply: FastifyReply, done: (error: Error) => void): void {
  reply.header("allow", "GET, POST");
  const error = new ValetKeyError("BAD_USER_INPUT", "Send a POST, or a GET for a query.");
  done(Object.assign(error, { statusCode: 405 }));
}

/** A status of 4xx, unlike 200, reaches Chromium even if the connection is closed before the form was sent. */
function assertFormFits({ headers }: FastifyRequest, maxFiles: number, maxUploadBytes: number): void {
  const maxBytes = maxFiles * maxUploadBytes + maxFormOverheadBytes;
  if (Number(headers["content-length"] ?? 0) <= maxBytes) return;
  const message = `The form is larger than ${maxFiles} files of ${maxUploadBytes} bytes.`;
  throw Object.assign(new ValetKeyError("UPLOAD_TOO_LARGE", message), { statusCode: 413 });
}

/** Fastify refuses such a JSON body before it reads any of it. */
function isTooLarge({ headers, routeOptions }: FastifyRequest): boolean {
  return Number(headers["content-length"] ?? 0) > routeOptions.bodyLimit;
}

/** A form's operation becomes the body that Apollo sees; its files are read when resolvers ask for them. */
async function readForm(
  request: FastifyRequest,
  reply: FastifyReply,
  { maxFiles, maxUploadBytes }: GraphQLEndpointOptions,
  bodies: RequestBodies,
): Promise<void> {
  if (request.method !== "POST") throw badUserInput("operations", "Send a form with POST.");
  // A page of another origin can send a form without asking first, but not with a header of its own.
  // https://www.apollographql.com/docs/apollo-server/security/cors#preventing-cross-site-request-forgery-csrf
  if (!request.headers["apollo-require-preflight"] && !request.headers["x-apollo-operation-name"]) {
    throw new ValetKeyError(
      "BAD_USER_INPUT",
      "A multipart request needs the header Apollo-Require-Preflight (any value), which keeps other sites' forms out.",
    );
  }
  assertFormFits(request, maxFiles, maxUploadBytes);
  // The fields before the files are held in memory. The form's pace is watched by its reader.
  bodies.start({ request, body: request.raw, client: callerKey(request), hasDeadline: false });
  const form = await readMultipartRequest(request.raw, {
    maxFiles,
    maxFileBytes: maxUploadBytes,
    onBegin: () => sendContinue(reply.raw),
  });
  bodies.end(request);
  request.body = form.operation;
  request.releaseBody = () => form.release();
  // An upload that is cut off has parts to remove at S3, and somebody to tell.
  request.server.connections.hold(reply.raw);
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
