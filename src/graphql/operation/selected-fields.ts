import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  getNullableType,
  isAbstractType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionNode,
  type SelectionSetNode,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
} from "graphql";
import type { Arguments, FieldCost } from "../types/field-cost.ts";
import { maximumInputs } from "./maximum-inputs.ts";

/** A field that an operation selects, with everything that its cost depends on. */
export interface SelectedField {
  readonly isList: boolean;
  readonly cost: FieldCost;
  /** Undefined while the variables are not known. */
  readonly args: Arguments | undefined;
  /** How many values the arguments have at most, as far as they come from variables. 0 once the variables are known. */
  readonly variableInputs: number;
  /** The selected fields of the field's value, for each type that the value can have. Empty for a scalar or an enum. */
  readonly below: readonly (readonly SelectedField[])[];
}

/** The coerced variables with their defaults. Undefined before they are known; every field counts then. */
export type Variables = Readonly<Record<string, unknown>> | undefined;

/**
 * The fields that execution will resolve: fragments are expanded, fields with the same response name are merged, and
 * `@skip` and `@include` are applied. The number of the document's expanded fields has to be limited before.
 */
export function selectFields(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): readonly SelectedField[] {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const root = schema.getRootType(operation.operation);
  return root ? selectOf(root, [operation.selectionSet]) : [];

  function selectOf(type: GraphQLObjectType, sets: readonly SelectionSetNode[]): SelectedField[] {
    const byName = new Map<string, FieldNode[]>();
    const spread = new Set<string>();
    for (const set of sets) collect(type, set, byName, spread);
    return [...byName.values()].flatMap((nodes) => selectField(type, nodes));
  }

  function collect(
    type: GraphQLObjectType,
    { selections }: SelectionSetNode,
    byName: Map<string, FieldNode[]>,
    spread: Set<string>,
  ): void {
    for (const selection of selections) {
      if (!isIncluded(selection)) continue;
      if (selection.kind === Kind.FIELD) {
        const name = (selection.alias ?? selection.name).value;
        const nodes = byName.get(name);
        if (nodes === undefined) byName.set(name, [selection]);
        else nodes.push(selection);
        continue;
      }
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        // As in execution, a selection set contains a fragment only once.
        if (spread.has(selection.name.value)) continue;
        spread.add(selection.name.value);
      }
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
      const condition = fragment?.typeCondition?.name.value;
      if (fragment !== undefined && (condition === undefined || isA(type, condition))) {
        collect(type, fragment.selectionSet, byName, spread);
      }
    }
  }

  function isIncluded(selection: SelectionNode): boolean {
    if (variables === undefined || selection.directives?.length === 0) return true;
    return (
      getDirectiveValues(GraphQLSkipDirective, selection, variables)?.if !== true &&
      getDirectiveValues(GraphQLIncludeDirective, selection, variables)?.if !== false
    );
  }

  function isA(type: GraphQLObjectType, condition: string): boolean {
    const named = schema.getType(condition);
    return named === type || (isAbstractType(named) && schema.isSubType(named, type));
  }

  function selectField(type: GraphQLObjectType, nodes: readonly FieldNode[]): readonly SelectedField[] {
    const [node] = nodes;
    const field = node && fieldOf(type, node.name.value);
    if (node === undefined || field === undefined) return [];
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    const named = getNamedType(field.type);
    const types = isObjectType(named) ? [named] : isAbstractType(named) ? schema.getPossibleTypes(named) : [];
    return [
      {
        isList: isListType(getNullableType(field.type)),
        cost: (field.extensions.cost as FieldCost | undefined) ?? {},
        args: variables && argumentsOf(field, node, variables),
        variableInputs: variables === undefined ? maximumInputs(field, node) : 0,
        below: sets.length === 0 ? [] : types.map((each) => selectOf(each, sets)),
      },
    ];
  }

  function fieldOf(type: GraphQLObjectType, name: string): GraphQLField<unknown, unknown> | undefined {
    if (name === TypeNameMetaFieldDef.name) return TypeNameMetaFieldDef;
    if (type === schema.getQueryType()) {
      if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
      if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
    }
    return type.getFields()[name];
  }
}

/** The arguments as the resolver gets them. `null` is replaced with the schema's default. */
function argumentsOf(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  variables: Readonly<Record<string, unknown>>,
): Arguments {
  try {
    const args = getArgumentValues(field, node, variables);
    for (const { name, defaultValue } of field.args) {
      if (args[name] === null && defaultValue !== undefined) args[name] = defaultValue;
    }
    return args;
  } catch {
    // Execution reports invalid arguments, and does not resolve the field.
    return {};
  }
}
