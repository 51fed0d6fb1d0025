import {
  type GraphQLFieldResolver,
  type GraphQLScalarType,
  type GraphQLSchema,
  type GraphQLTypeResolver,
  isAbstractType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
} from "graphql";

/** The resolvers of a schema by type and field, as `makeExecutableSchema` takes them. */
export type Resolvers = Readonly<
  Record<
    string,
    | GraphQLScalarType
    | { readonly __resolveType: GraphQLTypeResolver<unknown, unknown> }
    | { readonly [field: string]: GraphQLFieldResolver<unknown, unknown> }
  >
>;

export function resolversOf(schema: GraphQLSchema): Resolvers {
  const resolvers: Record<string, Resolvers[string]> = {};
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith("__")) continue;
    if (isScalarType(type)) {
      if (!isSpecifiedScalarType(type)) resolvers[type.name] = type;
    } else if (isAbstractType(type)) {
      if (type.resolveType) resolvers[type.name] = { __resolveType: type.resolveType };
    } else if (isObjectType(type)) {
      const fields = Object.entries(type.getFields()).flatMap(([name, { resolve }]) =>
        resolve === undefined ? [] : [[name, resolve] as const],
      );
      if (fields.length > 0) resolvers[type.name] = Object.fromEntries(fields);
    }
  }
  return resolvers;
}
