import {
  type GraphQLInputType,
  type GraphQLSchema,
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
      const { resolve, args } = field;
      if (resolve === undefined || args.length === 0) continue;
      field.resolve = (root, given, context, info) => {
        fillDefaults(args, given);
        return resolve(root, given, context, info);
      };
    }
  }
  return schema;
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
    for (const item of value) if (typeof item === "object" && item !== null) fillNested(inner.ofType, item);
  } else if (isInputObjectType(inner)) {
    fillDefaults(Object.values(inner.getFields()), value as Record<string, unknown>);
  }
}
