import { coerceInputValue, type GraphQLArgument, type GraphQLSchema } from "graphql";
import { badUserInput } from "../core/errors.ts";
import { fillDefaults } from "./null-defaults.ts";

/** `Query.downloadUrl` */
export type FieldName = `${"Query" | "Mutation" | "MultipartUpload"}.${string}`;

/**
 * Gives values from code the checks and the defaults that the arguments of a GraphQL field have. Arguments that are not
 * in `names` are left out.
 * @throws {ValetKeyError} BAD_USER_INPUT, with the path of the value
 */
export function coerceArguments<Arguments>(
  schema: GraphQLSchema,
  fieldName: FieldName,
  given: Readonly<Record<string, unknown>>,
  names?: readonly string[],
): Arguments {
  const args = argumentsOf(schema, fieldName).filter(({ name }) => names?.includes(name) ?? true);
  const coerced = Object.fromEntries(args.map((argument) => [argument.name, coerce(argument, given)]));
  fillDefaults(args, coerced);
  return coerced as Arguments;
}

function coerce(
  { name, type, defaultValue }: GraphQLArgument,
  given: Readonly<Record<string, unknown>>,
): unknown {
  const value = given[name] ?? null;
  if (value === null && defaultValue !== undefined) return defaultValue;
  return coerceInputValue(value, type, (path, _value, { message }) => {
    throw badUserInput([name, ...path].join("."), message);
  });
}

function argumentsOf(schema: GraphQLSchema, fieldName: FieldName): readonly GraphQLArgument[] {
  const [typeName = "", name = ""] = fieldName.split(".");
  const type = schema.getType(typeName);
  const field = type !== undefined && "getFields" in type ? type.getFields()[name] : undefined;
  if (field === undefined || !("args" in field)) throw new Error(`The schema has no field ${fieldName}.`);
  return field.args;
}
