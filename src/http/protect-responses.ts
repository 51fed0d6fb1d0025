import type { FastifyInstance, FastifyReply } from "fastify";
import { callerKey } from "./caller-key.ts";
import { lingeringClose } from "./lingering-close.ts";
import { decorateRequests } from "./request-state.ts";
import type { ResponseBackpressure } from "./response-backpressure.ts";
import { ResponsePieces } from "./response-pieces.ts";

export interface ResponseProtection {
  readonly maxFiles: number;
  readonly maxUploadBytes: number;
  readonly backpressure: ResponseBackpressure;
  /** Whether the server shuts down, so that clients have to open a new connection elsewhere. */
  readonly isDraining: () => boolean;
}

/** The default for 429 and 503. */
const retryAfterSeconds = "1";

/** How far a form may be over the limit so that a browser that reads no response before it has sent everything gets one. */
const maxExcessBytes = 16 * 2 ** 20;

/** Adds to every response of this scope: common headers, backpressure, and a lingering close. */
export function protectResponses(scope: FastifyInstance, protection: ResponseProtection): void {
  const { maxFiles, maxUploadBytes, backpressure, isDraining } = protection;
  decorateRequests(scope);
  // A form has at most this many bytes of files, and no other body is larger.
  const linger = lingeringClose({ maxBytes: maxFiles * maxUploadBytes + maxExcessBytes });
  scope.addHook("onSend", function finish(request, reply, payload, done) {
    addCommonHeaders(reply);
    if (isDraining()) reply.header("connection", "close");
    const bytes =
      typeof payload === "string"
        ? payload.length
        : payload instanceof ResponsePieces
          ? payload.bytes
          : undefined;
    if (bytes !== undefined) backpressure.track(reply.raw, callerKey(request), bytes);
    linger.call(this, request, reply, payload, done);
  });
}

export function addCommonHeaders(reply: FastifyReply): void {
  reply.header("x-content-type-options", "nosniff");
  // A route whose responses may be cached sets the header itself.
  if (!reply.hasHeader("cache-control")) reply.header("cache-control", "no-store");
  const mayRetry = reply.statusCode === 503 || reply.statusCode === 429;
  if (mayRetry && !reply.hasHeader("retry-after")) reply.header("retry-after", retryAfterSeconds);
}
