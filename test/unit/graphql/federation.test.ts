import { readFileSync } from "node:fs";
import { composeServices } from "@apollo/composition";
import { lexicographicSortSchema, parse, printSchema } from "graphql";
import { describe, expect, test } from "vitest";
import { createSchema, printPublicSchema, printSubgraphSchema } from "../../../src/graphql/schema.ts";
import { photosSchema } from "../../support/supergraph.ts";

/** A hint that a value type has more fields in one subgraph, which a shared `Viewer` is meant to have. */
const debugLevel = 20;
const valetKey = { name: "valetkey", url: "http://valetkey", typeDefs: parse(await printSubgraphSchema()) };

function compose(typeDefs: string) {
  const { errors = [], hints = [] } = composeServices([
    valetKey,
    { name: "other", url: "http://other", typeDefs: parse(typeDefs) },
  ]);
  const warnings = hints.filter(({ definition }) => definition.level.value > debugLevel);
  return [...errors, ...warnings].map(({ message }) => message);
}

function exampleOfGuide(): string {
  const guide = readFileSync("docs/guides/supergraph.md", "utf8");
  const example = [...guide.matchAll(/```graphql\n(.*?)```/gs)].find(([, text]) =>
    text?.startsWith("extend"),
  );
  return example?.[1] ?? "";
}

describe("the subgraph composes without errors and warnings", () => {
  test.each([
    ["with the subgraph of the guide", exampleOfGuide()],
    ["with a subgraph that refers to objects and shares PageInfo, Viewer and scalars", photosSchema],
    [
      "with a subgraph that refers to objects with their region",
      `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
       type Query { photo: Photo }
       type Photo { file: S3Object! }
       type S3Object @key(fields: "bucket key region", resolvable: false) { bucket: String! key: String! region: String! }`,
    ],
    [
      "with a subgraph that has a KeyValue",
      `extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@shareable"])
       type Query { labels: [KeyValue!]! }
       type KeyValue @shareable { name: String! value: String! }`,
    ],
  ])("%s", (_name, typeDefs) => {
    expect(compose(typeDefs)).toEqual([]);
  });
});

test("a server without federation has the same schema, before and after a subgraph was built", async () => {
  const before = await printPublicSchema();
  await createSchema({ federation: true });
  expect(await printPublicSchema()).toBe(before);
  expect(before).not.toMatch(/_entities|_service|_Any/);
});

test("the subgraph adds to the schema what gateways need, and changes nothing else", async () => {
  const subgraph = printSchema(lexicographicSortSchema(await createSchema({ federation: true })));
  const known = new Set((await printPublicSchema()).split("\n"));
  const added = subgraph
    .split("\n")
    .filter((line) => !known.has(line) && !/^ *"|^ *(Returns the objects|Each has) /.test(line));
  expect(added.sort()).toEqual(
    [
      "scalar _Any",
      "union _Entity = S3Object",
      "type _Service {",
      "  sdl: String!",
      "  _entities(",
      "    representations: [_Any!]!",
      "  ): [_Entity]!",
      "  _service: _Service!",
    ].sort(),
  );
});
