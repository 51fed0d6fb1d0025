import type { ApolloServerPlugin } from "@apollo/server";
import { ValetKeyError } from "../../core/errors.ts";
import type { Metrics } from "../../core/metrics.ts";
import type { GraphQLContext } from "../context.ts";
import { isServiceFailure, isUnexpected } from "./error-format.ts";

/** Measures each request, and logs errors whose details are hidden from clients. */
export function observe(metrics: Metrics): ApolloServerPlugin<GraphQLContext> {
  return {
    async requestDidStart() {
      const startedAt = performance.now();
      let outcome = "ok";
      return {
        async didEncounterErrors({ errors, contextValue: { valetKey } }) {
          outcome = "error";
          const refusals: Error[] = [];
          const failures: Error[] = [];
          for (const error of errors) {
            const cause = error.originalError ?? error;
            if (isUnexpected(error)) {
              error.extensions.requestId = valetKey.requestId;
              valetKey.log.error({ err: cause }, "a resolver failed");
            } else if (cause.cause !== undefined) (isServiceFailure(cause) ? failures : refusals).push(cause);
          }
          // One line for all items of a batch.
          const [err] = failures;
          if (err !== undefined) {
            valetKey.log.warn({ err, failed: countByCode(failures) }, "a service failed");
          }
          const [refusal] = refusals;
          if (refusal !== undefined) {
            valetKey.log.info({ refusal, refused: countByCode(refusals) }, "a request was refused");
          }
        },
        async willSendResponse({ operation, contextValue: { valetKey } }) {
          if (operation?.operation === "mutation" || outcome === "error") valetKey.logAtInfo = true;
          const seconds = (performance.now() - startedAt) / 1000;
          const operationType = operation?.operation ?? "invalid";
          metrics.graphqlRequestDuration.observe({ operation_type: operationType, outcome }, seconds);
        },
      };
    },
  };
}

function countByCode(errors: readonly Error[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const error of errors) {
    const code = error instanceof ValetKeyError ? error.code : error.name;
    counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
}
