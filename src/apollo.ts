import type { GraphQLSchema } from "graphql";
import { runtimeOf } from "./app/runtime-of.ts";
import { apolloProtection } from "./graphql/operation/apollo-protection.ts";
import type { ApolloProtection } from "./graphql/operation/apollo-server-options.ts";

export type { ApolloProtection } from "./graphql/operation/apollo-server-options.ts";

/** Which instance an Apollo Server uses. */
export interface ValetKeyApolloOptions {
  /** What `createValetKey` returned. */
  readonly valetKey: object;
  /** @deprecated Has no effect: the schema of the Apollo Server is used. */
  readonly schema?: GraphQLSchema | undefined;
}

/**
 * Options for an Apollo Server of your own, so that the limits and the error format of the stand-alone server hold there
 * too: `new ApolloServer({ schema, ...valetKeyApollo({ valetKey }) })`. To use plugins of your own, add them to
 * `plugins`. To format errors yourself, call this `formatError` first.
 */
export function valetKeyApollo({ valetKey }: ValetKeyApolloOptions): ApolloProtection {
  const { schema, log } = runtimeOf(valetKey);
  return apolloProtection(schema, log);
}
