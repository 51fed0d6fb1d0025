import { buildSchema, graphql } from "graphql";
import { describe, expect, test } from "vitest";
import { treatNullAsDefault } from "../../../src/graphql/null-defaults.ts";

const schema = buildSchema(`
  input Item { size: Int = 3, name: String }
  input Tree { name: String, child: Tree, children: [Tree!], size: Int = 1 }
  type Query {
    echo(first: Int = 100, after: String, item: Item, items: [Item!], tree: Tree): String
  }
`);
const echo = schema.getQueryType()?.getFields().echo;
if (echo) echo.resolve = (_root, given) => JSON.stringify(given);
treatNullAsDefault(schema);

async function received(query: string, variableValues: Record<string, unknown> = {}): Promise<unknown> {
  const { data, errors } = await graphql({ schema, source: query, variableValues });
  expect(errors).toBeUndefined();
  return JSON.parse(String(data?.echo));
}

describe("treatNullAsDefault", () => {
  test.each<[string, string, Record<string, unknown>, object]>([
    ["an omitted argument", "{ echo }", {}, { first: 100 }],
    ["a literal null", "{ echo(first: null) }", {}, { first: 100 }],
    ["a variable that is null", "query ($n: Int) { echo(first: $n) }", { n: null }, { first: 100 }],
    ["a given value", "{ echo(first: 5) }", {}, { first: 5 }],
    ["null without a default", "{ echo(after: null) }", {}, { first: 100, after: null }],
    [
      "null inside of an input",
      "query ($item: Item) { echo(item: $item) }",
      { item: { size: null, name: null } },
      { first: 100, item: { size: 3, name: null } },
    ],
    [
      "null inside of an input that contains itself",
      "{ echo(tree: { child: { size: null, children: [{ name: null, size: null }] } }) }",
      {},
      {
        first: 100,
        tree: { child: { size: 1, children: [{ name: null, size: 1 }] }, size: 1 },
      },
    ],
    [
      "null inside of a list of inputs",
      "{ echo(items: [{ size: null }, { size: 1 }]) }",
      {},
      { first: 100, items: [{ size: 3 }, { size: 1 }] },
    ],
  ])("%s", async (_what, query, variables, expected) => {
    expect(await received(query, variables)).toEqual(expected);
  });
});
