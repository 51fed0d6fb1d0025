import { graphqlServiceOf } from "./app/graphql-service.ts";
import { runtimeOf } from "./app/runtime-of.ts";
import type { NodeHandler } from "./http/handler-type.ts";
import { createNodeHandler } from "./http/node-handler.ts";

export type { NodeHandler } from "./http/handler-type.ts";

/**
 * A request handler that serves GraphQL, with forms, limits and errors, for every request that it is given. It is a
 * middleware of Express and Connect, `app.use("/files/graphql", valetKeyExpress(valetKey))`, and a handler of
 * `node:http`. Mount it before body parsers.
 * @param valetKey what `createValetKey` returned
 */
export function valetKeyExpress(valetKey: object): NodeHandler {
  const runtime = runtimeOf(valetKey);
  const { config, log, services } = runtime;
  return createNodeHandler({
    service: graphqlServiceOf(runtime),
    log,
    trustedProxies: config.trustedProxies,
    stopping: services.stopping,
  });
}
