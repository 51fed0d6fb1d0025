import type { ApolloServerPlugin } from "@apollo/server";
import type { Metrics } from "../metrics.ts";
import type { RequestContext } from "./context.ts";
import { isUnexpected } from "./error-format.ts";

/** Times each request, and logs whole what a client is told nothing of. */
export function observe(metrics: Metrics): ApolloServerPlugin<RequestContext> {
  return {
    async requestDidStart() {
      const startedAt = performance.now();
      let outcome = "ok";
      return {
        async didEncounterErrors({ errors, contextValue }) {
          outcome = "error";
          for (const error of errors) {
            const unexpected = isUnexpected(error);
            if (unexpected) error.extensions.requestId = contextValue.requestId;
            const cause = error.originalError ?? error;
            if (unexpected) contextValue.log.error({ err: cause }, "a resolver failed");
            else if (cause.cause !== undefined)
              contextValue.log.warn({ err: cause }, "a request was refused");
          }
        },
        async willSendResponse({ operation }) {
          const seconds = (performance.now() - startedAt) / 1000;
          const operationType = operation?.operation ?? "invalid";
          metrics.graphqlRequestDuration.observe({ operation_type: operationType, outcome }, seconds);
        },
      };
    },
  };
}
