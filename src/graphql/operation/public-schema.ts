import { GraphQLError, type GraphQLFieldResolver, type GraphQLSchema, isObjectType } from "graphql";
import { isServiceFailure, ValetKeyError } from "../../core/errors.ts";
import type { GraphQLContext } from "../context.ts";
import { publicError } from "./error-format.ts";

type Resolver = GraphQLFieldResolver<unknown, GraphQLContext>;

/**
 * Prepares a schema for other servers, which know nothing of this server's errors: each error becomes a GraphQLError with
 * the extensions `code`, `retryable` and `field`, and what clients must not see is logged instead.
 */
export function exposeErrors(schema: GraphQLSchema): GraphQLSchema {
  for (const field of fieldsWithResolver(schema)) {
    const resolve = field.resolve;
    field.resolve = (root, args, context, info) => {
      const toPublic = (error: unknown) => publicErrorOf(error, context);
      const inLists = (result: unknown) =>
        Array.isArray(result)
          ? result.map((item: unknown) => (item instanceof Error ? toPublic(item) : item))
          : result;
      try {
        const result = resolve(root, args, context, info);
        if (!(result instanceof Promise)) return inLists(result);
        return result.then(inLists, (error: unknown) => {
          throw toPublic(error);
        });
      } catch (error) {
        throw toPublic(error);
      }
    };
  }
  return schema;
}

function publicErrorOf(error: unknown, { valetKey }: Partial<GraphQLContext>): GraphQLError {
  if (error instanceof GraphQLError) return error;
  // Without a context, the error says so to the developer.
  if (valetKey === undefined)
    return new GraphQLError((error as Error).message, { originalError: error as Error });
  const isHidden = !(error instanceof ValetKeyError) || error.code === "INTERNAL_SERVER_ERROR";
  if (isHidden) valetKey.log.error({ err: error }, "a resolver failed");
  else if (isServiceFailure(error)) valetKey.log.warn({ err: error }, "a service failed");
  const { message, extensions } = publicError(error, valetKey.requestId);
  return new GraphQLError(message, { extensions: extensions ?? null });
}

function fieldsWithResolver(schema: GraphQLSchema) {
  return Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) && !type.name.startsWith("__"))
    .flatMap((type) => (isObjectType(type) ? Object.values(type.getFields()) : []))
    .filter((field): field is typeof field & { resolve: Resolver } => field.resolve !== undefined);
}
