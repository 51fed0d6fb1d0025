import {
  type GraphQLObjectType,
  getNullableType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
} from "graphql";
import { describe, expect, test } from "vitest";
import { createSchema } from "../../../src/graphql/schema.ts";

// Relay's compiler refuses a schema whose connections differ: https://relay.dev/graphql/connections.htm

const schema = await createSchema();
const objectTypes = Object.values(schema.getTypeMap()).filter(isObjectType);
const typesOf = (type: GraphQLObjectType) =>
  Object.fromEntries(Object.values(type.getFields()).map((field) => [field.name, field.type]));

describe("the Relay connection specification", () => {
  test("PageInfo", () => {
    const pageInfo = schema.getType("PageInfo") as GraphQLObjectType;
    expect(Object.entries(typesOf(pageInfo)).map(([name, type]) => `${name}: ${type}`)).toEqual(
      expect.arrayContaining([
        "hasPreviousPage: Boolean!",
        "hasNextPage: Boolean!",
        "startCursor: String",
        "endCursor: String",
      ]),
    );
  });

  const connections = objectTypes.filter(({ name }) => name.endsWith("Connection"));

  test.each(connections)("%s", (connection) => {
    const { edges, pageInfo } = typesOf(connection);
    expect(String(pageInfo)).toBe("PageInfo!");
    const list = edges && getNullableType(edges);
    if (!isListType(list)) throw new Error("edges is not a list");
    const edge = getNullableType(list.ofType);
    if (!isObjectType(edge)) throw new Error("an edge is not an object");
    expect(edge.name).toBe(connection.name.replace(/Connection$/, "Edge"));
    const { node, cursor } = typesOf(edge);
    expect(isObjectType(node && getNullableType(node))).toBe(true);
    expect(isNonNullType(cursor) && isScalarType(cursor.ofType)).toBe(true);
  });

  const paged = [schema.getQueryType(), schema.getMutationType(), ...objectTypes]
    .filter(isObjectType)
    .flatMap((type) => Object.values(type.getFields()))
    .filter(({ type }) => connections.some((connection) => connection === getNullableType(type)));

  test.each(paged)("$name takes the arguments of forward pagination", ({ args }) => {
    const given = Object.fromEntries(args.map(({ name, type }) => [name, String(type)]));
    expect(given).toMatchObject({ first: "Int", after: "String" });
  });
});
