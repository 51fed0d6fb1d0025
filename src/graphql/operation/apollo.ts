import { ApolloServer } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import { ApolloServerPluginLandingPageLocalDefault } from "@apollo/server/plugin/landingPage/default";
import type { GraphQLSchema } from "graphql";
import type { Logger } from "pino";
import type { Metrics } from "../../core/metrics.ts";
import type { RequestContext } from "../context.ts";
import { formatGraphQLError, stringifyResult } from "./error-format.ts";
import { withoutSuggestions } from "./hide-suggestions.ts";
import { observe } from "./observe.ts";
import { limitOperationCost } from "./operation-cost.ts";

// Validation costs grow with the document: 50 × 50 inline fragments take 0.2 s. No type contains itself,
// so depth needs no limit of its own; what the fields come to is limitOperationCost's business.
const maxTokens = 10_000;

export interface ApolloOptions {
  schema: GraphQLSchema;
  /** In production: no Sandbox, no introspection, no hints at the schema in errors. */
  production: boolean;
  metrics: Metrics;
  log: Logger;
}

export function createApollo({
  schema,
  production,
  metrics,
  log,
}: ApolloOptions): ApolloServer<RequestContext> {
  return new ApolloServer<RequestContext>({
    schema,
    introspection: !production,
    csrfPrevention: true,
    hideSchemaDetailsFromClientErrors: production,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens },
    formatError: production ? withoutSuggestions(formatGraphQLError) : formatGraphQLError,
    stringifyResult,
    logger: log,
    plugins: [
      observe(metrics),
      limitOperationCost(schema),
      production
        ? ApolloServerPluginLandingPageDisabled()
        : ApolloServerPluginLandingPageLocalDefault({ embed: true, footer: false }),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
}
