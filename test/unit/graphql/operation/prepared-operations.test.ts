import { buildSchema, parse } from "graphql";
import { expect, test } from "vitest";
import { createMetrics } from "../../../../src/core/metrics.ts";
import type { RequestContext } from "../../../../src/graphql/context.ts";
import { KnownDocuments } from "../../../../src/graphql/operation/known-documents.ts";
import { limits } from "../../../../src/graphql/operation/limits.ts";
import { PreparedOperations } from "../../../../src/graphql/operation/prepared-operations.ts";

const query = "query ($list: [Int!]) { field(list: $list) }";

/** Executes the query, and says whether the event loop has come around meanwhile. */
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
  let hasOtherRun = false;
  setImmediate(() => {
    hasOtherRun = true;
  });
  // Nothing needs the context.
  const result = await operations.execute({ query, variables: { list } }, {} as RequestContext);
  return { result, hasOtherRun };
}

const integers = (count: number) => Array.from({ length: count }, (_, index) => index);

test("other requests run before Apollo checks variables that are refused", async () => {
  const { result, hasOtherRun } = await execute(integers(limits.variableValues + 1));
  expect(result).toBeUndefined();
  expect(hasOtherRun).toBe(true);
});

test("other requests run between two conversions of large variables", async () => {
  const { result, hasOtherRun } = await execute(integers(2_000));
  expect(result).toEqual({ data: { field: null } });
  expect(hasOtherRun).toBe(true);
});

test("a small request is not delayed", async () => {
  expect((await execute(integers(2))).hasOtherRun).toBe(false);
});
