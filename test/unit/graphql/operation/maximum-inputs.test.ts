import type { OperationDefinitionNode } from "graphql";
import { parse } from "graphql";
import { describe, expect, test } from "vitest";
import { limitOperationCost } from "../../../../src/graphql/operation/limit-operation-cost.ts";
import { limits } from "../../../../src/graphql/operation/limits.ts";
import { maximumCost } from "../../../../src/graphql/operation/operation-cost.ts";
import { createSchema } from "../../../../src/graphql/schema.ts";

const schema = await createSchema();

const operationOf = (query: string) => {
  const document = parse(query);
  return { document, operation: document.definitions[0] as OperationDefinitionNode };
};
const maximumOf = (query: string) => {
  const { document, operation } = operationOf(query);
  return maximumCost(schema, document, operation).inputs;
};

describe("an operation that no variables can bring beyond the limits is not measured for each request", () => {
  test.each([
    [
      "downloadUrl",
      "query ($b: String!, $k: String!, $v: Boolean) { downloadUrl(bucket: $b, key: $k, verify: $v) { url } }",
    ],
    [
      "requestUpload",
      "mutation ($i: UploadInput!, $s: SafeInt!, $m: UploadMethod!) { requestUpload(input: $i, size: $s, method: $m) { ... on PutUpload { url } } }",
    ],
    [
      "downloadUrls",
      "query ($o: [ObjectInput!]!, $v: Boolean) { downloadUrls(objects: $o, verify: $v) { url } }",
    ],
    [
      "a page with URLs",
      "query ($b: String!, $p: String, $n: Int, $e: Int) { objects(bucket: $b, prefix: $p, first: $n) { nodes { key downloadUrl(expiresIn: $e) { url } } } }",
    ],
  ])("%s", (_name, query) => {
    expect(maximumOf(query)).toBeLessThanOrEqual(limits.operationInputs);
  });
});

test("each leaf counts once, and each list as much as all variables may have", () => {
  expect(maximumOf("query ($b: String!, $k: String!) { downloadUrl(bucket: $b, key: $k) { key } }")).toBe(2);
  expect(
    maximumOf(
      "query ($o: [ObjectInput!]!) { a: downloadUrls(objects: $o) { key } b: downloadUrls(objects: $o) { key } }",
    ),
  ).toBe(2 * limits.variableValues);
});

test("a list in a variable inside a written object counts for each field that has it", () => {
  const aliases = Array.from(
    { length: 30 },
    (_, i) =>
      `a${i}: requestUpload(input: { bucket: "demo", key: "k", tags: $tags }, size: 1, method: PUT) { __typename }`,
  );
  const { document, operation } = operationOf(`mutation ($tags: [KeyValueInput!]) { ${aliases.join(" ")} }`);
  const tags = Array.from({ length: 1000 }, (_, i) => ({ name: `n${i}`, value: "v" }));
  const limit = limitOperationCost();
  const admit = (variables: Record<string, unknown>) =>
    limit({ schema, document, operation, request: { variables }, contextValue: {} });
  expect(() => admit({ tags })).toThrow(/arguments of the operation hold more than 40,000 values/);
  expect(() => admit({ tags: tags.slice(0, 10) })).not.toThrow();
});
