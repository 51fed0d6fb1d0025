import { type GraphQLFieldResolver, type GraphQLSchema, isObjectType } from "graphql";
import { getMetadataStorage } from "type-graphql";

type Resolve = GraphQLFieldResolver<unknown, object>;
type Method = (...parameters: unknown[]) => unknown;
type Metadata = ReturnType<typeof getMetadataStorage>["queries"][number];
type MethodMetadata = Pick<Metadata, "target" | "methodName" | "params">;
type Parameter = NonNullable<Metadata["params"]>[number];

/**
 * Replaces the resolvers that TypeGraphQL creates. For each field of each object, those create instances of all
 * argument and input classes, a promise, and the context of a middleware. The classes of this schema have no methods,
 * and it has no middleware, so the methods can be called with the values that graphql-js has coerced.
 */
export function callResolversDirectly(schema: GraphQLSchema): GraphQLSchema {
  const { queries, mutations, fieldResolvers, objectTypes } = getMetadataStorage();
  const methods = new Map<string, MethodMetadata>();
  for (const each of queries) methods.set(`Query.${each.schemaName}`, each);
  for (const each of mutations) methods.set(`Mutation.${each.schemaName}`, each);
  for (const each of fieldResolvers) {
    const type = objectTypes.find(({ target }) => target === each.getObjectType?.());
    methods.set(`${type?.name}.${each.schemaName}`, each);
  }
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith("__")) continue;
    for (const field of Object.values(type.getFields())) {
      const method = methods.get(`${type.name}.${field.name}`);
      // Without a resolver, graphql-js reads the property of the field's name.
      if (method === undefined) delete field.resolve;
      else field.resolve = resolverOf(method);
    }
  }
  return schema;
}

function resolverOf({ target, methodName, params = [] }: MethodMetadata): Resolve {
  const instance = Reflect.construct(target, []) as object;
  const method = (Reflect.get(instance, methodName) as Method).bind(instance);
  const parameters = [...params].sort((a, b) => a.index - b.index).map(parameterOf);
  return (...given) => method(...parameters.map((parameter) => parameter(...given)));
}

function parameterOf(parameter: Parameter): Resolve {
  switch (parameter.kind) {
    case "root":
      return (root) => root;
    case "args":
      return (_root, args) => args;
    case "info":
      return (_root, _args, _context, info) => info;
    // The RequestContext.
    case "custom":
      return (root, args, context, info) => parameter.resolver({ root, args, context, info }) as unknown;
    default:
      throw new TypeError(`The parameter ${parameter.kind} of ${parameter.methodName} is not supported.`);
  }
}
