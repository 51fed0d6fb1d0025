import type { ApolloServer } from "@apollo/server";
import type { FastifyInstance, FastifyReply, FastifyRequest, RequestPayload } from "fastify";
import type { Logger } from "pino";
import { badUserInput, ValetKeyError } from "../errors.ts";
import type { Caller, RequestContext } from "../graphql/context.ts";
import { anonymous, type Principal } from "../principal.ts";
import { answerWithApollo } from "./apollo-handler.ts";
import { readMultipartRequest } from "./multipart.ts";

declare module "fastify" {
  interface FastifyRequest {
    principal: Principal;
    /** What the token was refused with, until the rate limit has counted it. */
    refusal: Error | undefined;
    callerContext: RequestContext | undefined;
  }
}

export type MakeContext = (caller: Caller) => RequestContext;

export interface GraphQLEndpointOptions {
  apollo: ApolloServer<RequestContext>;
  makeContext: MakeContext;
  authenticate: (authorization: string | undefined) => Promise<Principal>;
  maxFiles: number;
  maxUploadBytes: number;
  rateLimit: { requests: number; windowMs: number } | undefined;
}

const jsonBodySeconds = 30;

/** /graphql, in the order in which a request passes: token, rate limit, body, Apollo. */
export function graphqlEndpoint(server: FastifyInstance, options: GraphQLEndpointOptions): void {
  server.decorateRequest("principal");
  server.decorateRequest("refusal");
  server.decorateRequest("callerContext");

  // A form is read by readForm, after everything that can refuse it.
  server.addContentTypeParser("multipart/form-data", (_request, _body, done) => done(null));

  server.route({
    method: ["GET", "POST"],
    url: "/graphql",
    config: { rateLimit: rateLimitOf(options.rateLimit) },
    onRequest: [
      async (request, reply) => {
        request.principal = anonymous;
        reply.header("x-request-id", request.id);
        try {
          request.principal = await options.authenticate(request.headers.authorization);
        } catch (error) {
          request.refusal = error as Error;
        }
      },
      // Here the rate limit puts itself. Who is nobody, by a bad token or none, is counted by address.
    ],
    preParsing: [refuseBadToken, limitBodyTime],
    preValidation: (request, reply, done) => {
      if (isForm(request)) readForm(request, reply, options).then(() => done(), done);
      else done();
    },
    handler: (request, reply) => {
      const context = options.makeContext({
        principal: request.principal,
        requestId: request.id,
        log: request.log as Logger,
        connection: reply.raw,
        sendsFiles: request.releaseBody !== undefined,
      });
      request.callerContext = context;
      return answerWithApollo(options.apollo, async () => context, request, reply);
    },
    onResponse: (request, reply, done) => {
      const fields = request.callerContext?.logFields ?? { requestId: request.id };
      const ms = Math.round(reply.elapsedTime);
      request.log.info({ ...fields, method: request.method, status: reply.statusCode, ms }, "graphql");
      done();
    },
  });

  server.route({
    method: ["PUT", "PATCH", "DELETE"],
    url: "/graphql",
    onRequest: refuseMethod,
    handler: () => undefined,
  });
}

/** Before the body is read. */
function refuseMethod(_request: FastifyRequest, reply: FastifyReply, done: (error: Error) => void): void {
  reply.header("allow", "GET, POST");
  const error = new ValetKeyError("BAD_USER_INPUT", "Send a POST, or a GET for a query.");
  done(Object.assign(error, { statusCode: 405 }));
}

function refuseBadToken(
  request: FastifyRequest,
  _reply: unknown,
  body: RequestPayload,
  done: (error: Error | null, body?: RequestPayload) => void,
): void {
  if (request.refusal === undefined) done(null, body);
  else done(request.refusal);
}

function isForm(request: FastifyRequest): boolean {
  return /^multipart\/form-data\b/i.test(request.headers["content-type"] ?? "");
}

/** A form's operation becomes the body that Apollo sees; its files are read when resolvers ask for them. */
async function readForm(
  request: FastifyRequest,
  reply: FastifyReply,
  { maxFiles, maxUploadBytes }: GraphQLEndpointOptions,
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
  const form = await readMultipartRequest(request.raw, { maxFiles, maxFileBytes: maxUploadBytes });
  request.body = form.operation;
  request.releaseBody = () => form.release();
  // An upload that is cut off has parts to remove at S3, and somebody to tell.
  request.server.connections.hold(reply.raw);
}

/** Ends a body that trickles in. An error on the stream, unlike its end, can still be answered. */
function limitBodyTime(
  request: FastifyRequest,
  _reply: unknown,
  body: RequestPayload,
  done: (error: null, body: RequestPayload) => void,
): void {
  if (!isForm(request) && !request.raw.complete) {
    const timer = setTimeout(() => body.emit("error", tooSlow()), jsonBodySeconds * 1000);
    body.once("close", () => clearTimeout(timer));
  }
  done(null, body);
}

function tooSlow(): Error {
  const error = new ValetKeyError("TIMEOUT", `The body did not arrive within ${jsonBodySeconds} seconds.`);
  return Object.assign(error, { statusCode: 408 });
}

function rateLimitOf(limit: GraphQLEndpointOptions["rateLimit"]) {
  if (limit === undefined) return false as const;
  return {
    max: limit.requests,
    timeWindow: limit.windowMs,
    keyGenerator: ({ principal, ip }: FastifyRequest) =>
      principal.authenticated ? `sub:${String(principal.claims.iss)}:${principal.subject}` : `ip:${ip}`,
    errorResponseBuilder: () => new ValetKeyError("RATE_LIMITED", "Too many requests: try again later."),
  };
}
