import { ApolloServer } from "@apollo/server";
import { makeExecutableSchema, mergeSchemas } from "@graphql-tools/schema";
import { extendSchema, type GraphQLSchema, parse } from "graphql";
import { expect, test } from "vitest";
import { valetKeyApollo } from "../../../src/apollo.ts";
import type { ValetKey } from "../../../src/index.ts";
import { startLibrary } from "../../support/library.ts";

const typeDefs = "extend type Query { hello: String }";

const schemasOf: readonly (readonly [how: string, make: (valetKey: ValetKey) => GraphQLSchema])[] = [
  ["extendSchema", ({ schema }) => extendSchema(schema, parse(typeDefs))],
  ["mergeSchemas", ({ schema }) => mergeSchemas({ schemas: [schema], typeDefs })],
  [
    "makeExecutableSchema",
    (valetKey) =>
      makeExecutableSchema({ typeDefs: [valetKey.typeDefs, typeDefs], resolvers: valetKey.resolvers }),
  ],
];

test.each(schemasOf)(
  "an operation that costs too much is refused by a schema of %s",
  async (_how, makeSchema) => {
    await using library = await startLibrary();
    const { valetKey } = library;
    const apollo = new ApolloServer({ schema: makeSchema(valetKey), ...valetKeyApollo({ valetKey }) });
    await apollo.start();
    const codeOf = async (query: string) => {
      const contextValue = await valetKey.context({ principal: { authenticated: false } });
      const { body } = await apollo.executeOperation({ query }, { contextValue });
      return body.kind === "single" && body.singleResult.errors?.[0]?.extensions?.code;
    };
    const page = (first: number) => `objects(bucket: "demo", first: ${first}) { nodes { tags { name } } }`;
    expect(await codeOf(`{ hello ${page(1)} }`)).toBeUndefined();
    expect(await codeOf(`{ a: ${page(1000)} b: ${page(1000)} c: ${page(1000)} }`)).toBe("BAD_USER_INPUT");
    await apollo.stop();
  },
);
