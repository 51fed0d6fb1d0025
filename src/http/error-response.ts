import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { errorCodes, ValetKeyError } from "../core/errors.ts";
import { spanFields } from "../core/tracing.ts";
import { publicError } from "../graphql/operation/error-format.ts";
import { errorType } from "./content-negotiation.ts";
import { stateOf } from "./request-state.ts";

type ErrorHandler = (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply;

/** The counter of `core/metrics.ts`. */
export interface ShedRequests {
  inc(labels: { readonly reason: string }): void;
}

/**
 * Creates Fastify's error handler, for requests that fail before GraphQL. The response has the same form as a GraphQL
 * error, so clients need only one way to read errors.
 */
export function createErrorHandler(log: Pick<Logger, "info" | "error">, shed?: ShedRequests): ErrorHandler {
  return (error, request, reply) => {
    const failure = error instanceof ValetKeyError ? error : fromFastify(error);
    const status = failure instanceof ValetKeyError ? statusOf(failure, error) : 500;
    const { id: requestId, method } = request;
    const line = { requestId, method, status, ...spanFields(stateOf(request).span) };
    if (failure instanceof ValetKeyError && failure.code !== "INTERNAL_SERVER_ERROR") {
      const { code, reason } = failure;
      log.info({ ...line, code, reason }, "a request was refused");
      if (code === "OVERLOADED") shed?.inc({ reason: reason ?? "other" });
    } else log.error({ ...line, err: error }, "a request failed");
    // The request had a token, and it is not valid: RFC 6750, section 3.1.
    if (status === 401) reply.header("www-authenticate", 'Bearer error="invalid_token"');
    return reply
      .code(status)
      .type(errorType(request))
      .send({ errors: [publicError(failure, request.id)] });
  };
}

/** GraphQL reports a malformed argument with status 200. Before GraphQL, the whole request is malformed. */
function statusOf(error: ValetKeyError, raw: unknown): number {
  const fastifyStatus = (raw as FastifyError).statusCode;
  if (fastifyStatus !== undefined) return fastifyStatus;
  const { status } = errorCodes[error.code];
  if (error.code === "TIMEOUT") return 408;
  return status === 200 ? 400 : status;
}

const messages: Readonly<Record<number, string>> = {
  413: "The body is too large: a JSON body has at most 2 MiB.",
  415: "Send application/json, or multipart/form-data for files.",
};

/** Translates Fastify's own errors: a body that is too large, an unsupported media type, or malformed JSON. */
function fromFastify(error: unknown): unknown {
  const { statusCode, code } = error as Partial<FastifyError>;
  if (statusCode === undefined || statusCode < 400 || statusCode >= 500) return error;
  const message =
    messages[statusCode] ??
    (code?.startsWith("FST_ERR_CTP") ? "The body is not JSON." : "The request is malformed.");
  return new ValetKeyError("BAD_USER_INPUT", message, { cause: error });
}

/** The response to a request whose header Expect has another value than `100-continue`. Node calls no handler for it. */
export function sendExpectationFailed({ headers }: IncomingMessage, response: ServerResponse): void {
  const message = "The only supported value of the header Expect is 100-continue.";
  const body = JSON.stringify({ errors: [publicError(new ValetKeyError("BAD_USER_INPUT", message), "")] });
  response.writeHead(417, {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    // A body may or may not follow, so the connection is closed.
    ...(headers["content-length"] !== "0" && { connection: "close" }),
  });
  response.end(body);
}

export function sendNotFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = new ValetKeyError("BAD_USER_INPUT", "This path does not exist. The API is at /graphql.");
  return reply
    .code(404)
    .type(errorType(request))
    .send({ errors: [publicError(error, request.id)] });
}
