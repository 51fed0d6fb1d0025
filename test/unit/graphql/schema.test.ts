import {
  type GraphQLNamedType,
  getIntrospectionQuery,
  graphql,
  isEnumType,
  isInputObjectType,
  isObjectType,
  validateSchema,
} from "graphql";
import { expect, test } from "vitest";
import { createSchema } from "../../../src/graphql/schema.ts";

interface Described {
  readonly name: string;
  readonly description?: string | null | undefined;
  readonly args?: readonly Described[];
}

function membersOf(type: GraphQLNamedType): readonly Described[] {
  if (isEnumType(type)) return type.getValues();
  return isObjectType(type) || isInputObjectType(type) ? Object.values(type.getFields()) : [];
}

function undescribed(parts: readonly Described[], path = ""): string[] {
  return parts.flatMap(({ name, description, args = [] }) => [
    ...(description ? [] : [`${path}${name}`]),
    ...undescribed(args, `${path}${name}.`),
  ]);
}

test.each([false, true])("the schema is valid (federation: %s)", async (federation) => {
  const schema = await createSchema({ federation });
  expect(validateSchema(schema)).toEqual([]);
  expect((await graphql({ schema, source: getIntrospectionQuery() })).errors).toBeUndefined();
});

test("every type, field, argument and enum value has a description", async () => {
  const schema = await createSchema();
  const roots = [schema.getQueryType(), schema.getMutationType()];
  const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith("__"));
  expect(undescribed(types.filter((type) => !roots.some((root) => root === type)))).toEqual([]);
  expect(types.flatMap((type) => undescribed(membersOf(type), `${type.name}.`))).toEqual([]);
});
