import fc from "fast-check";
import { expect, test } from "vitest";
import { stringifyJson } from "../../../src/core/stringify-json.ts";

test.each<[string, unknown]>([
  ["a URL", { data: { downloadUrl: { url: `https://example.org/${"a%2F".repeat(400)}?b=c&d` } } }],
  ["characters that need an escape", ['"', "\\", "\n", "\u007f", "\ud800", "é", "😀", "\u2028", "</script>"]],
  ["names that need an escape", { 'a"b': 1, "\n": 2, é: 3, "": 4, __proto__: 5 }],
  ["numbers", [0, -0, 1.5, 1e21, 1e-7, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53 - 1]],
  ["nothing", [undefined, null, { a: undefined, b: null, c: () => 1 }, [], {}, [[]], Symbol("a")]],
  ["an object without a prototype", Object.assign(Object.create(null), { b: [true, false], a: {} })],
  ["names in the order of integers first", { b: 1, 2: 2, a: 3, 1: 4 }],
  ["objects that decide about their own JSON", [new Date(0), { toJSON: () => "own" }, { toJSON: 1, a: 2 }]],
  ["objects of other classes", [Object(true), Object("boxed"), Object(3), new Map([[1, 2]]), /a/]],
  ["undefined", undefined],
])("%s is the same text as JSON.stringify makes", (_name, value) => {
  expect(stringifyJson(value)).toBe(JSON.stringify(value));
});

test("any value of JSON is the same text", () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
      expect(stringifyJson(value)).toBe(JSON.stringify(value));
    }),
    { numRuns: 50 },
  );
});
