import {
  type DocumentNode,
  type GraphQLSchema,
  getVariableValues,
  type OperationDefinitionNode,
  valueFromASTUntyped,
} from "graphql";
import { maxPartCount } from "../../storage/multipart/upload-plan.ts";
import type { Amount } from "../types/field-cost.ts";
import { limits } from "./limits.ts";
import { type SelectedField, selectFields } from "./selected-fields.ts";

export interface OperationCost {
  /** The values of the response. Each counts what its field declares. */
  readonly values: number;
  /** Calls to S3. */
  readonly s3Calls: number;
  /** The values of the arguments. They are converted for each field that has them. */
  readonly inputs: number;
}

/** The number of items of a list that declares none. Only introspection has such lists. */
const undeclaredItems = 10;

/** The maximum cost of an operation of a valid document, over all variables. */
export function maximumCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): OperationCost {
  return costOf(selectFields(schema, document, operation, undefined));
}

/**
 * The cost of an operation of a valid document.
 * @param variables as they were sent
 * @returns undefined if the variables do not fit, so that nothing is executed
 */
export function costOfOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): OperationCost | undefined {
  // Execution uses the variables with their defaults.
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variables, {
    maxErrors: 1,
  });
  return coerced && costOf(selectFields(schema, document, operation, coerced));
}

/**
 * The number of values in the response, without coercing the variables. That takes longer than everything else here,
 * and execution does it again. A list that was sent as its only item counts as one item.
 * @returns undefined if the variables have unexpected types, so that execution will probably refuse them
 */
export function estimateValues(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): number | undefined {
  const withDefaults: Record<string, unknown> = { ...variables };
  for (const { variable, defaultValue } of operation.variableDefinitions ?? []) {
    const { value: name } = variable.name;
    if (defaultValue !== undefined && withDefaults[name] === undefined) {
      withDefaults[name] = valueFromASTUntyped(defaultValue);
    }
  }
  try {
    return costOf(selectFields(schema, document, operation, withDefaults)).values;
  } catch {
    return undefined;
  }
}

function costOf(fields: readonly SelectedField[]): OperationCost {
  const { shared, ...cost } = costOfFields(fields, maxPartCount);
  return { ...cost, s3Calls: cost.s3Calls + shared.size };
}

interface Sum extends OperationCost {
  /** The calls to S3 that fields of the same object share. */
  readonly shared: ReadonlySet<string>;
}

/** @param parts how many parts the upload in question has at most */
function costOfFields(fields: readonly SelectedField[], parts: number): Sum {
  let values = 0;
  let s3Calls = 0;
  let inputs = 0;
  const shared = new Set<string>();
  for (const field of fields) {
    const { cost, args } = field;
    const own = costOfField(field, parts);
    values += own.values;
    inputs += own.inputs + inputsOf(field);
    s3Calls += own.s3Calls + amountOf(cost.s3Calls ?? 0, args, parts);
    if (cost.sharedS3Call !== undefined) shared.add(cost.sharedS3Call);
    // The cost exceeds the limit already, so the rest does not matter.
    if (values > limits.operationValues) break;
  }
  return { values, s3Calls, inputs, shared };
}

function costOfField(field: SelectedField, parts: number): OperationCost {
  const { cost, args } = field;
  if (cost.partCounts !== undefined) return costOfUploads(field);
  const items = amountOf(cost.items ?? (field.isList ? undeclaredItems : 1), args, parts);
  return items === 0 ? { values: 0, s3Calls: 0, inputs: 0 } : times(items, costOfItem(field, parts));
}

/** Each upload has parts of its own. */
function costOfUploads(field: SelectedField): OperationCost {
  const { cost, args } = field;
  const most = amountOf(cost.items ?? 1, undefined, maxPartCount);
  const partCounts = (args && cost.partCounts?.(args)) ?? Array<number>(most).fill(maxPartCount);
  const uploadsByParts = new Map<number, number>();
  for (const each of partCounts) uploadsByParts.set(each, (uploadsByParts.get(each) ?? 0) + 1);
  let total: OperationCost = { values: 0, s3Calls: 0, inputs: 0 };
  for (const [partCount, uploads] of uploadsByParts) {
    const more = times(uploads, costOfItem(field, partCount));
    total = {
      values: total.values + more.values,
      s3Calls: total.s3Calls + more.s3Calls,
      inputs: total.inputs + more.inputs,
    };
    if (total.values > limits.operationValues) break;
  }
  return total;
}

function costOfItem({ cost, below }: SelectedField, parts: number): OperationCost {
  if (below.length === 0) return { values: cost.value ?? 1, s3Calls: 0, inputs: 0 };
  const most = { values: 0, s3Calls: 0, inputs: 0 };
  for (const fields of below) {
    const { values, s3Calls, inputs, shared } = costOfFields(fields, parts);
    most.values = Math.max(most.values, values);
    const sharedByItem = cost.itemS3Call === undefined ? shared : new Set(shared).add(cost.itemS3Call);
    most.s3Calls = Math.max(most.s3Calls, s3Calls + sharedByItem.size);
    most.inputs = Math.max(most.inputs, inputs);
  }
  return most;
}

function times(items: number, { values, s3Calls, inputs }: OperationCost): OperationCost {
  return { values: items * values, s3Calls: items * s3Calls, inputs: items * inputs };
}

function amountOf(amount: Amount, args: SelectedField["args"], parts: number): number {
  if (typeof amount === "number") return amount;
  return args === undefined ? amount.max : amount.of(args, parts);
}

function inputsOf({ args, variableInputs }: SelectedField): number {
  return args === undefined ? variableInputs : countValues(Object.values(args));
}

function countValues(values: readonly unknown[]): number {
  let count = 0;
  const waiting: unknown[] = [...values];
  while (waiting.length > 0 && count <= limits.operationInputs) {
    const value = waiting.pop();
    if (Array.isArray(value)) for (const each of value) waiting.push(each);
    else if (typeof value === "object" && value !== null && !(value instanceof Promise)) {
      for (const each of Object.values(value)) waiting.push(each);
    }
    count += 1;
  }
  return count;
}
