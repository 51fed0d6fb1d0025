import type { GraphQLSchema } from "graphql";
import { beforeAll, expect, test } from "vitest";
import { mergeOperations, parseManifest } from "../../../../src/graphql/operation/operation-manifest.ts";
import { createSchema } from "../../../../src/graphql/schema.ts";
import { manifestEntry, manifestText } from "../../../support/operation-manifest.ts";

let schema: GraphQLSchema;
beforeAll(async () => {
  schema = await createSchema();
});

const parse = (text: string, production = true) => parseManifest(text, "ops.json", { schema, production });
const faultsOf = (...operations: readonly object[]) =>
  parse(manifestText(operations)).then(
    () => "no faults",
    (error: Error) => error.message,
  );
const viewer = manifestEntry("query Viewer { viewer { subject } }");

test("reads operations, and ignores properties that it does not know", async () => {
  const [operation] = await parse(manifestText([{ ...viewer, clientName: null }]));
  expect(operation).toMatchObject({ id: viewer.id, name: "Viewer", hash: viewer.id });
  expect(await parse(manifestText([]))).toEqual([]);
});

test.each([
  ["not JSON", "{", /^ops\.json: not JSON/],
  ["another format", JSON.stringify({ ...JSON.parse(manifestText([])), format: "relay" }), /format/],
  ["another version", JSON.stringify({ ...JSON.parse(manifestText([])), version: 2 }), /version/],
  ["no list", '{"format":"apollo-persisted-query-manifest","version":1}', /operations/],
  ["a list", "[]", /ops\.json/],
])("refuses %s", async (_what, text, fault) => {
  await expect(parse(text)).rejects.toThrow(fault);
});

test.each([
  [
    "a syntax error",
    { ...viewer, body: "query Viewer {" },
    /operations\.0 "Viewer": Syntax Error.*line 1, column 15/,
  ],
  [
    "an unknown field",
    manifestEntry("query A { nothing }"),
    /operations\.0 "A": Cannot query field "nothing".*column 11/,
  ],
  ["another name", { ...viewer, name: "Other" }, /is the query Viewer, and not the query Other/],
  ["another type", { ...viewer, type: "mutation" }, /is the query Viewer, and not the mutation Viewer/],
  ["no name", { ...viewer, body: "{ viewer { subject } }" }, /is the query without a name/],
  [
    "two operations",
    { ...viewer, body: `${viewer.body} query B { viewer { subject } }` },
    /has 2 operations/,
  ],
  ["no operation", { ...viewer, body: "fragment F on Viewer { subject }" }, /has 0 operations/],
  ["an empty id", { ...viewer, id: "" }, /operations\.0\.id/],
  [
    "a body that is too long",
    { ...viewer, body: `${viewer.body}${" ".repeat(70_000)}` },
    /70,035 bytes, and at most 65,536/,
  ],
  [
    "too many levels",
    { ...viewer, body: `query Viewer ${"{ viewer ".repeat(40)}${"}".repeat(40)}` },
    /nested too deeply/,
  ],
  ["introspection in production", manifestEntry("query S { __schema { types { name } } }"), /introspection/],
])("refuses an operation with %s", async (_what, operation, fault) => {
  expect(await faultsOf(operation)).toMatch(fault);
});

test("allows introspection outside production", async () => {
  const operation = manifestEntry("query S { __schema { types { name } } }");
  expect(await parse(manifestText([operation]), false)).toHaveLength(1);
});

test("lists the faults of several operations, but not of all", async () => {
  const wrong = Array.from({ length: 100 }, (_, index) => manifestEntry(`query Q${index} { nothing }`));
  const lines = (await faultsOf(viewer, ...wrong)).split("\n");
  expect(lines).toHaveLength(21);
  expect(lines[0]).toMatch(/operations\.1 "Q0"/);
});

test("accepts the same operation twice, and refuses an id of two operations", async () => {
  const first = await parse(manifestText([viewer]));
  const other = manifestEntry("query Other { viewer { subject } }");
  const second = await parse(manifestText([viewer, { ...other, id: viewer.id }]));
  expect(
    mergeOperations(
      new Map([
        ["a", first],
        ["b", first],
      ]),
    ),
  ).toHaveLength(1);
  expect(() => mergeOperations(new Map([["ops.json", second]]))).toThrow(
    `ops.json: operations.1 "Other": the id "${viewer.id}" is used for another operation too: "Viewer"`,
  );
});
