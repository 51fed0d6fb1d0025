import type { Span } from "@opentelemetry/api";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { anonymous, type Principal } from "../core/principal.ts";
import type { UploadShare } from "./upload-rate.ts";

/** What the steps of one request tell each other. */
export interface RequestState {
  principal: Principal;
  /** The error of a token that is not valid. It is sent after the rate limit has counted the request. */
  tokenError: Error | undefined;
  /** The key of the caller, once it has been asked for: see `callerKey`. */
  callerKey: string | undefined;
  /** Set by the code that streams the body: stops that code, because the response is about to be sent. */
  releaseBody: (() => void) | undefined;
  /** The rate at which the body may be read. Undefined for all but forms, and if the rate has no limit. */
  uploadShare: UploadShare | undefined;
  /** Undefined for requests of other paths than GraphQL's. */
  span: Span | undefined;
}

/** A symbol, so that it collides with no decorator of a server that somebody else made. */
const key = Symbol("Valet Key");

interface RequestWithState {
  [key]?: RequestState | null;
}

/** Reserves the property for all requests of this scope, which keeps their shape the same. */
export function decorateRequests(scope: FastifyInstance): void {
  if (!scope.hasRequestDecorator(key)) scope.decorateRequest(key, null);
}

export function stateOf(request: FastifyRequest): RequestState {
  const holder = request as RequestWithState;
  holder[key] ??= {
    principal: anonymous,
    tokenError: undefined,
    callerKey: undefined,
    releaseBody: undefined,
    uploadShare: undefined,
    span: undefined,
  };
  return holder[key];
}
