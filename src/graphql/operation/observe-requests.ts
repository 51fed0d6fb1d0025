import type { ApolloServerPlugin } from "@apollo/server";
import type { GraphQLError, OperationDefinitionNode } from "graphql";
import { isServiceFailure, ValetKeyError } from "../../core/errors.ts";
import type { Metrics } from "../../core/metrics.ts";
import type { GraphQLContext, RequestContext } from "../context.ts";
import { isUnexpected } from "./error-format.ts";
import { markOperationFailed, nameOperation } from "./operation-span.ts";

/** Measures each request, and logs errors whose details are hidden from clients. */
export function observe(metrics: Metrics): ApolloServerPlugin<GraphQLContext> {
  return {
    async requestDidStart() {
      const observed = new ObservedRequest(metrics);
      return {
        async didEncounterErrors({ errors, contextValue: { valetKey } }) {
          observed.fails(errors, valetKey);
        },
        async willSendResponse({ operation, contextValue: { valetKey } }) {
          observed.ends(operation, valetKey);
        },
      };
    },
  };
}

/** One request, from its start to its response. */
export class ObservedRequest {
  readonly #metrics: Metrics;
  readonly #startedAtMs = performance.now();
  #outcome = "ok";

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  /** Logs the errors of the response, and gives a request id to those that are unexpected. */
  fails(errors: readonly GraphQLError[], { log, requestId }: RequestContext): void {
    this.#outcome = "error";
    markOperationFailed(errors);
    const refusals: Error[] = [];
    const failures: Error[] = [];
    for (const error of errors) {
      const cause = error.originalError ?? error;
      if (isUnexpected(error)) {
        error.extensions.requestId = requestId;
        log.error({ err: cause }, "a resolver failed");
      } else if (cause.cause !== undefined) (isServiceFailure(cause) ? failures : refusals).push(cause);
    }
    // One line for all items of a batch.
    const [err] = failures;
    if (err !== undefined) log.warn({ err, failed: countByCode(failures) }, "a service failed");
    const [refusal] = refusals;
    if (refusal !== undefined) {
      log.info({ refusal, refused: countByCode(refusals) }, "a request was refused");
    }
  }

  /** @param operation undefined for a document that has no such operation */
  ends(operation: OperationDefinitionNode | undefined, valetKey: RequestContext): void {
    nameOperation(operation);
    const operationType = operation?.operation;
    if (operationType === "mutation" || this.#outcome === "error") valetKey.logAtInfo = true;
    const seconds = (performance.now() - this.#startedAtMs) / 1000;
    this.#metrics.graphqlRequestDuration.observe([operationType ?? "invalid", this.#outcome], seconds);
  }
}

function countByCode(errors: readonly Error[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const error of errors) {
    const code = error instanceof ValetKeyError ? error.code : error.name;
    counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
}
