import { buildSchema, parse } from "graphql";
import { expect, test } from "vitest";
import { createMetrics } from "../../../../src/core/metrics.ts";
import type { RequestContext } from "../../../../src/graphql/context.ts";
import { KnownDocuments } from "../../../../src/graphql/operation/known-documents.ts";
import { limits } from "../../../../src/graphql/operation/limits.ts";
import { PreparedOperations } from "../../../../src/graphql/operation/prepared-operations.ts";

test("other requests run before Apollo checks variables that are refused", async () => {
  const schema = buildSchema("type Query { field(list: [Int!]): Int }");
  const query = "query ($list: [Int!]) { field(list: $list) }";
  const known = new KnownDocuments();
  known.remember("hash", query, parse(query, { noLocation: true }), 10);
  const operations = new PreparedOperations({
    schema,
    known,
    metrics: createMetrics(),
    formatError: (formatted) => formatted,
  });
  const list = Array.from({ length: limits.variableValues + 1 }, (_, index) => index);
  let hasOtherRun = false;
  setImmediate(() => {
    hasOtherRun = true;
  });
  // It is refused before anything needs the context.
  const context = {} as RequestContext;
  expect(await operations.execute({ query, variables: { list } }, context)).toBeUndefined();
  expect(hasOtherRun).toBe(true);
});
