import { ApolloServer } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import type { GraphQLSchema } from "graphql";
import type { Logger } from "pino";
import type { Metrics } from "../../core/metrics.ts";
import type { GraphQLContext } from "../context.ts";
import { formatGraphQLError, stringifyResult } from "./error-format.ts";
import { withoutSuggestions } from "./hide-suggestions.ts";
import type { KnownDocuments } from "./known-documents.ts";
import { limitRequests } from "./limit-requests.ts";
import { limits } from "./limits.ts";
import { observe } from "./observe-requests.ts";
import type { PersistedOperations } from "./persisted-operations.ts";

export interface ApolloOptions {
  schema: GraphQLSchema;
  /** In production there is no introspection, and errors do not reveal names of the schema. */
  production: boolean;
  metrics: Metrics;
  log: Logger;
  known: KnownDocuments;
  /** If given, no other operations are executed. */
  persisted?: PersistedOperations | undefined;
}

/** How errors are formatted. */
export function errorFormat({
  production,
  persisted,
}: Pick<ApolloOptions, "production" | "persisted">): typeof formatGraphQLError {
  const format = persisted === undefined ? formatGraphQLError : formatWithManifest;
  return production ? withoutSuggestions(format) : format;
}

/** Without a manifest, a client may send the whole text of an operation that is not found. */
const formatWithManifest: typeof formatGraphQLError = (formatted, error) => {
  const response = formatGraphQLError(formatted, error);
  return response.extensions?.code === "PERSISTED_QUERY_NOT_FOUND"
    ? { ...response, extensions: { ...response.extensions, retryable: false } }
    : response;
};

export function createApollo({
  schema,
  production,
  metrics,
  log,
  known,
  persisted,
}: ApolloOptions): ApolloServer<GraphQLContext> {
  return new ApolloServer<GraphQLContext>({
    schema,
    introspection: !production,
    csrfPrevention: true,
    hideSchemaDetailsFromClientErrors: production,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    // limitRequests caches documents, and limits the memory of its cache.
    documentStore: null,
    persistedQueries: { cache: persisted?.cache ?? known.persistedQueries },
    parseOptions: { maxTokens: limits.tokens },
    validationOptions: { maxErrors: limits.validationErrors },
    executionOptions: { maxCoercionErrors: limits.validationErrors },
    formatError: errorFormat({ production, persisted }),
    stringifyResult,
    logger: log,
    plugins: [
      observe(metrics),
      limitRequests(known, persisted),
      // The HTTP server has pages of its own.
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      // Apollo turns it on for subgraphs. It would let every client ask for a trace of each value.
      ApolloServerPluginInlineTraceDisabled(),
    ],
  });
}
