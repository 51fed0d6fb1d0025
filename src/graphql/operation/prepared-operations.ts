import { setImmediate as nextTurn } from "node:timers/promises";
import {
  type FormattedExecutionResult,
  type GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getOperationAST,
} from "graphql";
import type { Metrics } from "../../core/metrics.ts";
import type { RequestContext } from "../context.ts";
import { areLarge, assertVariablesWithinLimits, type VariablesSize } from "./assert-variable-limits.ts";
import { CompiledOperations, locationsOfCompiled } from "./compiled-operations.ts";
import type { KnownDocuments } from "./known-documents.ts";
import { limitOperationCost } from "./limit-operation-cost.ts";
import { limitResult } from "./limit-response.ts";
import { ObservedRequest } from "./observe-requests.ts";
import type { PersistedOperations } from "./persisted-operations.ts";

/** What a client has sent, with the types that GraphQL over HTTP requires. */
export interface OperationRequest {
  readonly query?: string | undefined;
  /** The id of a persisted operation. It is used only without a query. */
  readonly id?: string | undefined;
  readonly operationName?: string | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
}

export interface PreparedOperationsOptions {
  readonly schema: GraphQLSchema;
  /** The documents that Apollo has parsed, and that are valid and within the limits. */
  readonly known: KnownDocuments;
  /** If given, no other operations are executed. */
  readonly persisted?: PersistedOperations | undefined;
  readonly metrics: Metrics;
  readonly formatError: (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;
}

/**
 * Executes operations of known documents without Apollo's pipeline, which takes a fifth of a signed URL's processor time.
 * The response is the same in every byte. A document's first request is left to Apollo, and so is a request that is
 * refused before a resolver has run.
 */
export class PreparedOperations {
  readonly #options: PreparedOperationsOptions;
  readonly #limitCost = limitOperationCost();
  readonly #operations: CompiledOperations;

  constructor(options: PreparedOperationsOptions) {
    this.#options = options;
    this.#operations = new CompiledOperations(options.schema);
  }

  /** @returns undefined if Apollo has to execute the request. No resolver has run then. */
  async execute(
    request: OperationRequest,
    valetKey: RequestContext,
  ): Promise<FormattedExecutionResult | undefined> {
    const { known, metrics, schema } = this.#options;
    const source = this.#sourceOf(request);
    const document = source === undefined ? undefined : known.findBySource(source);
    const operation = document && getOperationAST(document, request.operationName);
    if (source === undefined || !operation) return undefined;
    const observed = new ObservedRequest(metrics);
    const contextValue = { valetKey };
    const { variables = {}, operationName } = request;
    let size: VariablesSize;
    try {
      size = assertVariablesWithinLimits(variables);
      const admitted = this.#limitCost({ schema, document, operation, request: { variables }, contextValue });
      if (admitted !== undefined) await admitted;
    } catch {
      // Apollo does all of it again, to say what is wrong.
      await nextTurn();
      return undefined;
    }
    // The cost and the execution each convert the variables.
    if (areLarge(size)) await nextTurn();
    const { data, errors } = await this.#operations.execute({
      ...{ source, document, operation, operationName, variables, size, contextValue },
    });
    if (data === undefined) {
      // The variables do not fit.
      await nextTurn();
      return undefined;
    }
    if (errors !== undefined) observed.fails(errors, valetKey);
    const result =
      errors === undefined ? { data } : { errors: errors.map((error) => this.#format(error)), data };
    observed.ends(operation, valetKey);
    return limitResult(result);
  }

  /** Persisted operations that are found by their hash in the cache of documents are left to Apollo. */
  #sourceOf({ query, id }: OperationRequest): string | undefined {
    const { persisted } = this.#options;
    if (query === undefined) return id === undefined ? undefined : persisted?.bodyOf(id);
    return persisted === undefined || persisted.hashOf(query) !== undefined ? query : undefined;
  }

  /** Formats an error as Apollo does. */
  #format(error: GraphQLError): GraphQLFormattedError {
    const { code = "INTERNAL_SERVER_ERROR" } = error.extensions;
    const formatted = { ...error.toJSON(), extensions: { ...error.extensions, code } };
    const locations = locationsOfCompiled(error);
    return this.#options.formatError(
      locations.length === 0 ? formatted : { ...formatted, locations: locations.slice(0, 5) },
      error,
    );
  }
}
