import {
  type FieldNode,
  type GraphQLField,
  getNullableType,
  isLeafType,
  Kind,
  type ValueNode,
} from "graphql";
import { limits } from "./limits.ts";

/**
 * How many values the variables in a field's arguments have at most, before they are known. A scalar or an enum is one
 * value. Each list or input object may have as many values as all variables may have together, those of the other
 * arguments included.
 */
export function maximumInputs(field: GraphQLField<unknown, unknown>, node: FieldNode): number {
  let leaves = 0;
  let others = 0;
  for (const argument of node.arguments ?? []) {
    if (!hasVariable(argument.value)) continue;
    const type = field.args.find(({ name }) => name === argument.name.value)?.type;
    if (isLeafType(getNullableType(type))) leaves += 1;
    else others += 1;
  }
  return others === 0 ? leaves : others * limits.variableValues;
}

/** Not with graphql-js's `visit`, which takes ten times as long for each argument. */
function hasVariable(value: ValueNode): boolean {
  if (value.kind === Kind.LIST) return value.values.some(hasVariable);
  if (value.kind === Kind.OBJECT) return value.fields.some((field) => hasVariable(field.value));
  return value.kind === Kind.VARIABLE;
}
