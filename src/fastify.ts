import type { FastifyInstance } from "fastify";
import { graphqlServiceOf } from "./app/graphql-service.ts";
import { runtimeOf } from "./app/runtime-of.ts";
import { mountedEndpoint } from "./http/mounted-endpoint.ts";

/** Which instance is mounted, and where. */
export interface ValetKeyFastifyOptions {
  /** What `createValetKey` returned. */
  readonly valetKey: object;
  /** Where GraphQL is served, below the prefix of the scope. Default: `/graphql`. */
  readonly path?: string | undefined;
}

/**
 * A Fastify plugin that serves GraphQL, with forms, limits and errors, at one path of your server:
 * `await app.register(valetKeyFastify, { valetKey, path: "/files/graphql" })`.
 */
export async function valetKeyFastify(
  scope: FastifyInstance,
  { valetKey, path = "/graphql" }: ValetKeyFastifyOptions,
): Promise<void> {
  const runtime = runtimeOf(valetKey);
  const service = await graphqlServiceOf(runtime);
  const { stopping } = runtime.services;
  await scope.register(mountedEndpoint, { service, path, stopping });
}
