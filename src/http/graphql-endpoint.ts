import type { ApolloServer } from "@apollo/server";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { badUserInput, ValetKeyError } from "../errors.ts";
import type { RequestContext } from "../graphql/context.ts";
import { anonymous, type Principal } from "../principal.ts";
import { answerWithApollo } from "./apollo-handler.ts";
import { drainRequest } from "./drain-request.ts";
import { readMultipartRequest } from "./multipart.ts";

declare module "fastify" {
  interface FastifyRequest {
    principal: Principal;
    callerContext: RequestContext | undefined;
    /** Set while files of a form may still come in. */
    finishForm: (() => Promise<void>) | undefined;
  }
}

export type MakeContext = (caller: {
  principal: Principal;
  requestId: string;
  log: Logger;
}) => RequestContext;

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
  server.decorateRequest("callerContext");
  server.decorateRequest("finishForm");

  // A form is read by readForm, after everything that can refuse it.
  server.addContentTypeParser("multipart/form-data", (_request, _body, done) => done(null));

  server.route({
    method: ["GET", "POST"],
    url: "/graphql",
    config: { rateLimit: rateLimitOf(options.rateLimit) },
    onRequest: [
      async (request, reply) => {
        request.principal = anonymous;
        reply.headers({ "cache-control": "no-store", "x-request-id": request.id });
        request.principal = await options.authenticate(request.headers.authorization);
      },
    ],
    preParsing: limitBodyTime,
    preValidation: async (request) => readForm(request, options),
    handler: (request, reply) => {
      const { principal, id: requestId } = request;
      const context = options.makeContext({ principal, requestId, log: request.log as Logger });
      request.callerContext = context;
      return answerWithApollo(options.apollo, async () => context, request, reply);
    },
    onResponse: async (request, reply) => {
      const log = request.callerContext?.log ?? request.log;
      log.info(
        { method: request.method, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
        "graphql",
      );
      // Without this, the rest of a form that nobody read would stand before the connection's next request.
      await (request.finishForm?.() ?? drainRequest(request.raw));
    },
  });

  server.route({
    method: ["PUT", "PATCH", "DELETE"],
    url: "/graphql",
    handler: async (_request, reply) => {
      reply.code(405).header("allow", "GET, POST");
      throw Object.assign(new ValetKeyError("BAD_USER_INPUT", "Send a POST, or a GET for a query."), {
        statusCode: 405,
      });
    },
  });
}

function isForm(request: FastifyRequest): boolean {
  return /^multipart\/form-data\b/i.test(request.headers["content-type"] ?? "");
}

/** A form's operation becomes the body that Apollo sees; its files are read when resolvers ask for them. */
async function readForm(
  request: FastifyRequest,
  { maxFiles, maxUploadBytes }: GraphQLEndpointOptions,
): Promise<void> {
  if (!isForm(request)) return;
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
  request.finishForm = () => form.finish();
}

/** Ends a body that trickles in. An error on the stream, unlike its end, can still be answered. */
async function limitBodyTime(request: FastifyRequest, _reply: unknown, body: NodeJS.ReadableStream) {
  if (isForm(request) || request.raw.complete) return body;
  const late = new ValetKeyError("TIMEOUT", `The body did not arrive within ${jsonBodySeconds} seconds.`);
  const timer = setTimeout(
    () => body.emit("error", Object.assign(late, { statusCode: 408 })),
    jsonBodySeconds * 1000,
  );
  body.once("end", () => clearTimeout(timer)).once("close", () => clearTimeout(timer));
  return body;
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
