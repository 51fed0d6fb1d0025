import type { FastifyInstance } from "fastify";
import { ValetKeyError } from "../core/errors.ts";
import { createErrorHandler } from "./error-response.ts";
import { type GraphQLService, graphqlEndpoint } from "./graphql-endpoint.ts";
import { protectResponses } from "./protect-responses.ts";
import { ResponseBackpressure } from "./response-backpressure.ts";

export interface MountedEndpointOptions {
  readonly service: GraphQLService;
  /** `/files/graphql` */
  readonly path: string;
  /** Aborted when the service is closed. Requests that arrive later are refused. */
  readonly stopping: AbortSignal;
}

/**
 * A Fastify plugin for a server that somebody else made: the GraphQL endpoint with its own error format and with the
 * protections of its responses. The hooks of the surrounding server run before those of this scope.
 */
export async function mountedEndpoint(
  scope: FastifyInstance,
  { service, path, stopping }: MountedEndpointOptions,
): Promise<void> {
  const backpressure = new ResponseBackpressure();
  scope.setErrorHandler(createErrorHandler(service.log, service.shedRequests));
  scope.addHook("onRequest", function refuseWhenStopped(_request, _reply, done) {
    done(stopping.aborted ? closed() : undefined);
  });
  protectResponses(scope, { ...service, backpressure, isDraining: () => stopping.aborted });
  await scope.register(graphqlEndpoint, { ...service, path, backpressure });
}

function closed(): ValetKeyError {
  return new ValetKeyError("OVERLOADED", "The server is shutting down. Try again.");
}
