import { buildSchema, parse } from "graphql";
import { expect, test } from "vitest";
import { createMetrics } from "../../../../src/core/metrics.ts";
import type { RequestContext } from "../../../../src/graphql/context.ts";
import { KnownDocuments } from "../../../../src/graphql/operation/known-documents.ts";
import { limits } from "../../../../src/graphql/operation/limits.ts";
import { PreparedOperations } from "../../../../src/graphql/operation/prepared-operations.ts";

const query = "query ($list: [Int!]) { field(list: $list) }";

/** Executes the query, and counts how often the event loop has come around meanwhile. */
async function execute(list: readonly number[]) {
  const schema = buildSchema("type Query { field(list: [Int!]): Int }");
  const known = new KnownDocuments();
  known.remember("hash", query, parse(query, { noLocation: true }), 10);
  const operations = new PreparedOperations({
    schema,
    known,
    metrics: createMetrics(),
    formatError: (formatted) => formatted,
  });
  let turns = 0;
  const count = () => {
    turns += 1;
    counter = setImmediate(count);
  };
  let counter = setImmediate(count);
  // Nothing needs the context.
  const result = await operations.execute({ query, variables: { list } }, {} as RequestContext);
  clearImmediate(counter);
  return { result, turns };
}

const integers = (count: number) => Array.from({ length: count }, (_, index) => index);

test("other requests run before Apollo checks variables that are refused", async () => {
  const { result, turns } = await execute(integers(limits.variableValues + 1));
  expect(result).toBeUndefined();
  expect(turns).toBe(1);
});

test("other requests run between the three conversions of large variables", async () => {
  const { result, turns } = await execute(integers(2_000));
  expect(result).toEqual({ data: { field: null } });
  // They are converted for the cost, to find the first error, and for the execution.
  expect(turns).toBe(2);
});

test("a small request is not delayed", async () => {
  expect((await execute(integers(2))).turns).toBe(0);
});
