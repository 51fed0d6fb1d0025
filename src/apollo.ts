import type { GraphQLSchema } from "graphql";
import { runtimeOf } from "./app/runtime-of.ts";
import { apolloProtection } from "./graphql/operation/apollo-protection.ts";
import type { ApolloProtection } from "./graphql/operation/apollo-server-options.ts";

export type { ApolloProtection } from "./graphql/operation/apollo-server-options.ts";

export interface ValetKeyApolloOptions {
  /** What `createValetKey` returned. */
  readonly valetKey: object;
  /** The schema of your Apollo Server, which contains `valetKey.schema`. */
  readonly schema: GraphQLSchema;
}

/**
 * Options for an Apollo Server of your own, so that the limits and the error format of the stand-alone server hold there
 * too: `new ApolloServer({ schema, ...valetKeyApollo({ valetKey, schema }) })`. To use plugins of your own, add them to
 * `plugins`. To format errors yourself, call this `formatError` first.
 */
export function valetKeyApollo({ valetKey, schema }: ValetKeyApolloOptions): ApolloProtection {
  return apolloProtection(schema, runtimeOf(valetKey).log);
}
