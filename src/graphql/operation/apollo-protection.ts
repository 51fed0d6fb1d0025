import type { ApolloServerPlugin, BaseContext } from "@apollo/server";
import { GraphQLError, type GraphQLFormattedError, type GraphQLSchema } from "graphql";
import type { Logger } from "pino";
import { ValetKeyError } from "../../core/errors.ts";
import type { GraphQLContext } from "../context.ts";
import type { ApolloProtection } from "./apollo-server-options.ts";
import { copyCosts } from "./copy-costs.ts";
import {
  formatGraphQLError,
  locationsOf,
  originalError,
  publicError,
  requestErrorCode,
} from "./error-format.ts";
import { KnownDocuments } from "./known-documents.ts";
import { limitRequests } from "./limit-requests.ts";
import { limits } from "./limits.ts";

/**
 * For an Apollo Server that somebody else made. Its schema contains our types, and others.
 * @param ours our schema
 */
export function apolloProtection(ours: GraphQLSchema, log: Logger): ApolloProtection {
  const known = new KnownDocuments();
  return {
    // limitRequests caches documents, and limits the memory of its cache.
    documentStore: null,
    persistedQueries: { cache: known.persistedQueries },
    parseOptions: { maxTokens: limits.tokens },
    validationOptions: { maxErrors: limits.validationErrors },
    executionOptions: { maxCoercionErrors: limits.validationErrors },
    includeStacktraceInErrorResponses: false,
    formatError: formatForeignError,
    plugins: [declareCosts(ours), logFailures(log), limitRequests(known)],
  };
}

function declareCosts(ours: GraphQLSchema): ApolloServerPlugin<BaseContext> {
  return {
    async serverWillStart() {
      return { schemaDidLoadOrUpdate: ({ apiSchema }) => copyCosts(ours, apiSchema) };
    },
  };
}

/** Logs errors whose details are hidden from clients, and gives them a request id. */
function logFailures(log: Logger): ApolloServerPlugin<BaseContext> {
  return {
    async requestDidStart() {
      return {
        async didEncounterErrors({ errors, contextValue }) {
          for (const error of errors) {
            if (!isHidden(error)) continue;
            const { requestId = crypto.randomUUID() } =
              (contextValue as Partial<GraphQLContext>).valetKey ?? {};
            error.extensions.requestId = requestId;
            log.error({ requestId, err: originalError(error) }, "a resolver failed");
          }
        },
      };
    },
  };
}

/**
 * Our errors have the format that they have in our own server. A GraphQLError that other resolvers throw is left as it
 * is. Of any other error, clients see a general message with the request id.
 */
function formatForeignError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  if (originalError(error) instanceof ValetKeyError || isRequestError(error)) {
    return formatGraphQLError(formatted, error);
  }
  const located = { ...formatted, ...locationsOf(error) };
  if (!isHidden(error)) return located;
  return { ...located, ...publicError(error, String(formatted.extensions?.requestId ?? "")) };
}

/** Whether GraphQL or Apollo found the error in the document or its variables. */
function isRequestError(error: unknown): boolean {
  return requestErrorCode(error) !== undefined && (error as GraphQLError).path === undefined;
}

function isHidden(error: unknown): boolean {
  const original = originalError(error);
  if (original instanceof ValetKeyError) return original.code === "INTERNAL_SERVER_ERROR";
  return !(original instanceof GraphQLError);
}
