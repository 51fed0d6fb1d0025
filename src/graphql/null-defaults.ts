import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from "graphql";

interface Defaulted {
  readonly name: string;
  readonly type: GraphQLInputType;
  readonly defaultValue?: unknown;
}

/**
 * Replaces an explicit `null` with the default that the schema declares. GraphQL itself applies a default only if a
 * value is omitted. Resolvers can therefore rely on the schema's defaults and never repeat them.
 */
export function treatNullAsDefault(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith("__")) continue;
    for (const field of Object.values(type.getFields())) {
      const { resolve } = field;
      const args = field.args.filter(hasDefault);
      if (resolve === undefined || args.length === 0) continue;
      field.resolve = (root, given, context, info) => {
        fillDefaults(args, given);
        return resolve(root, given, context, info);
      };
    }
  }
  return schema;
}

/** Whether the argument or field, or a field inside of it, has a default. Decided once for each input type. */
function hasDefault({ type, defaultValue }: Defaulted): boolean {
  if (defaultValue !== undefined) return true;
  const named = getNamedType(type);
  return isInputObjectType(named) && fieldsWithDefaults(named).length > 0;
}

const withDefaults = new WeakMap<GraphQLInputObjectType, readonly Defaulted[]>();

function fieldsWithDefaults(type: GraphQLInputObjectType): readonly Defaulted[] {
  const known = withDefaults.get(type);
  if (known !== undefined) return known;
  const fields = Object.values(type.getFields());
  // A type that contains itself: until its fields are decided, all of them count.
  withDefaults.set(type, fields);
  const found = fields.filter(hasDefault);
  withDefaults.set(type, found);
  return found;
}

/** Changes `values`, which graphql-js has created for this request. */
export function fillDefaults(definitions: readonly Defaulted[], values: Record<string, unknown>): void {
  for (const { name, type, defaultValue } of definitions) {
    const value = values[name];
    if (value === null && defaultValue !== undefined) values[name] = defaultValue;
    else if (typeof value === "object" && value !== null) fillNested(type, value);
  }
}

function fillNested(type: GraphQLInputType, value: object): void {
  const inner = isNonNullType(type) ? type.ofType : type;
  if (isListType(inner) && Array.isArray(value)) {
    const items = getNamedType(inner);
    if (isInputObjectType(items) && fieldsWithDefaults(items).length === 0) return;
    for (const item of value) if (typeof item === "object" && item !== null) fillNested(inner.ofType, item);
  } else if (isInputObjectType(inner)) {
    fillDefaults(fieldsWithDefaults(inner), value as Record<string, unknown>);
  }
}
