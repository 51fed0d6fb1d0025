import type { GraphQLRequest } from "@apollo/server";
import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from "graphql";
import type { GraphQLContext } from "../context.ts";
import { urlValues } from "../types/field-cost.ts";
import { limits } from "./limits.ts";
import { costOfOperation, estimateValues, maximumCost, type OperationCost } from "./operation-cost.ts";
import { operationRefused } from "./operation-refused.ts";

/** An operation with at most this many values costs little, whatever its variables are. */
const fewValues = 1_000;

interface Maximum {
  readonly values: number;
  readonly isWithinLimits: boolean;
}

interface ResolvedOperation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly request: GraphQLRequest;
  /** Another server may execute operations of its own, without our context. */
  readonly contextValue: Partial<GraphQLContext>;
}

/**
 * Refuses operations that ask for more than one request should, before they run: values in the response, calls to S3,
 * and values in arguments. Others wait until `admit` lets an operation of this cost run.
 */
export function limitOperationCost(): (resolved: ResolvedOperation) => Promise<void> | undefined {
  const maximums = new WeakMap<OperationDefinitionNode, Maximum>();
  return ({ schema, document, operation, request: { variables = {} }, contextValue }) => {
    let maximum = maximums.get(operation);
    if (maximum === undefined) {
      const cost = maximumCost(schema, document, operation);
      maximum = { values: cost.values, isWithinLimits: excessOf(cost) === undefined };
      maximums.set(operation, maximum);
    }
    let { values } = maximum;
    // Most operations are within the limits whatever their variables are. Their cost is only estimated.
    if (!maximum.isWithinLimits) {
      const cost = costOfOperation(schema, document, operation, variables);
      const excess = cost && excessOf(cost);
      if (excess !== undefined) throw operationRefused(excess);
      values = cost?.values ?? 0;
    } else if (values > fewValues) {
      values = estimateValues(schema, document, operation, variables) ?? values;
    }
    return contextValue.valetKey?.admit?.(values);
  };
}

function excessOf({ values, s3Calls, inputs }: OperationCost): string | undefined {
  if (values > limits.operationValues) {
    return `The operation asks for more than ${numeral(limits.operationValues)} values, where a URL counts ${urlValues}: ask for fewer items, or fewer fields of each.`;
  }
  if (s3Calls > limits.operationS3Calls) {
    return `The operation needs up to ${numeral(s3Calls)} calls to S3, and at most ${numeral(limits.operationS3Calls)} are allowed: ask for fewer items, split it into several requests, or sign URLs with verify: false.`;
  }
  if (inputs > limits.operationInputs) {
    return `The arguments of the operation hold more than ${numeral(limits.operationInputs)} values in total: split it into several requests.`;
  }
  return undefined;
}

function numeral(value: number): string {
  return value.toLocaleString("en");
}
