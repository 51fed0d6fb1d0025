import type { ApolloServerPlugin } from "@apollo/server";
import type { GraphQLSchema, OperationDefinitionNode } from "graphql";
import { urlValues } from "../types/field-cost.ts";
import { limits } from "./limits.ts";
import { costOfOperation, type OperationCost } from "./operation-cost.ts";
import { operationRefused } from "./operation-refused.ts";

/**
 * Refuses operations that ask for more than one request should, before they run: values in the response, calls to S3,
 * and values in arguments.
 */
export function limitOperationCost<Context extends object>(
  schema: GraphQLSchema,
): ApolloServerPlugin<Context> {
  // Most operations are within the limits whatever their variables are. For these, nothing more has to be computed.
  const isAlwaysAllowed = new WeakMap<OperationDefinitionNode, boolean>();
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ document, operation, request: { variables = {} } }) {
          if (operation === undefined) return;
          let allowed = isAlwaysAllowed.get(operation);
          if (allowed === undefined) {
            const most = costOfOperation(schema, document, operation, undefined);
            allowed = most !== undefined && excessOf(most) === undefined;
            isAlwaysAllowed.set(operation, allowed);
          }
          if (allowed) return;
          const cost = costOfOperation(schema, document, operation, variables);
          const excess = cost && excessOf(cost);
          if (excess !== undefined) throw operationRefused(excess);
        },
      };
    },
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
