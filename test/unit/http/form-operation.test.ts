import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseFileMap, parseOperation } from "../../../src/http/form-operation.ts";

const refusal = (field: string) => expect.objectContaining({ code: "BAD_USER_INPUT", field });

describe("operations", () => {
  test("accepts the parameters of GraphQL over HTTP and nothing else", () => {
    const operation = { query: "{a}", operationName: "A", variables: { a: null }, extensions: { b: 1 } };
    expect(parseOperation(JSON.stringify({ ...operation, id: 1 }))).toEqual(operation);
  });

  test("accepts null for optional parameters, and the hash of a persisted query instead of its text", () => {
    const operation = { query: "{a}", operationName: null, variables: null, extensions: null };
    expect(parseOperation(JSON.stringify(operation))).toEqual(operation);
    const persisted = { extensions: { persistedQuery: { version: 1, sha256Hash: "00" } } };
    expect(parseOperation(JSON.stringify(persisted))).toEqual(persisted);
  });

  test.each([
    ["", "{", "null", "1", '"query"', "[]", '[{"query":"{a}"}]', "{}", '{"query":1}', '{"query":null}'],
    ['{"query":"{a}","variables":[]}', '{"query":"{a}","variables":1}', '{"query":"{a}","extensions":""}'],
    ['{"query":"{a}","operationName":{}}', '{"extensions":{}}', '{"extensions":{"persistedQuery":[]}}'],
  ])("refuses %s", (...jsons) => {
    for (const json of jsons) expect(() => parseOperation(json)).toThrow(refusal("operations"));
  });
});

test("neither field is parsed if it has more than 100,000 opening brackets", () => {
  const brackets = "[".repeat(50_000) + "{".repeat(50_001);
  const message = expect.stringContaining("has 100,001 opening brackets");
  const refused = (field: string) => expect.objectContaining({ code: "BAD_USER_INPUT", field, message });
  expect(() => parseOperation(brackets)).toThrow(refused("operations"));
  expect(() => parseFileMap(brackets, { query: "" }, 3)).toThrow(refused("map"));
});

describe("map", () => {
  const parse = (variables: unknown, map: unknown, maxFiles = 3) => {
    const operation = parseOperation(JSON.stringify({ query: "", variables }));
    const files = parseFileMap(typeof map === "string" ? map : JSON.stringify(map), operation, maxFiles);
    return { operation, files };
  };

  test("puts files into variables inside objects and lists", () => {
    const variables = { file: null, input: { files: [1, null], "": null } };
    const map = { a: ["variables.file"], b: ["variables.input.files.1"], c: ["variables.input."] };
    const { operation, files } = parse(variables, map);
    for (const [name, slot] of files) slot.fill(name);
    expect(operation.variables).toEqual({ file: "a", input: { files: [1, "b"], "": "c" } });
  });

  test.each([
    "",
    "{",
    "null",
    "[]",
    '{"0":"variables.a"}',
    '{"0":[]}',
    '{"0":[1]}',
    '{"0":["variables"]}',
    '{"0":["query"]}',
    '{"0":["0.variables.a"]}',
    '{"0":["__proto__.a"]}',
  ])("refuses %s", (map) => {
    expect(() => parse({ a: null }, map)).toThrow(refusal("map"));
  });

  test.each([
    "variables.missing",
    "variables.text",
    "variables.text.length",
    "variables.list.length",
    "variables.list.00",
    "variables.list.1",
    "variables.list.-1",
    "variables.a.b",
    "variables.toString.call",
    "variables.hasOwnProperty",
    "variables.__proto__",
    "variables.constructor.prototype",
    "variables.list.__proto__.x",
  ])("refuses the path %s, where the client has sent no null", (path) => {
    const variables = { text: "", list: [null], a: null };
    expect(() => parse(variables, { 0: [path] })).toThrow(refusal(path));
    expect(() => parse(variables, { 0: [path] })).toThrow(/must be null in "variables"/);
  });

  test("fills a variable called __proto__ without touching any prototype", () => {
    const { operation, files } = parse(undefined, "{}");
    expect(files.size).toBe(0);
    const odd = parseOperation('{"query":"","variables":{"__proto__":null}}');
    for (const slot of parseFileMap('{"0":["variables.__proto__"]}', odd, 1).values()) {
      slot.fill({ polluted: 1 });
    }
    expect(operation.variables).toBeUndefined();
    expect(Object.getPrototypeOf(odd.variables)).toBe(Object.prototype);
    expect(Object.keys(odd.variables ?? {})).toEqual(["__proto__"]);
  });

  test("refuses a file that is mapped to two variables", () => {
    const map = { 0: ["variables.a", "variables.b"] };
    expect(() => parse({ a: null, b: null }, map)).toThrow(refusal("map"));
    expect(() => parse({ a: null, b: null }, map)).toThrow(/more than one variable/);
  });

  test("refuses two files that are mapped to one variable, and too many files", () => {
    expect(() => parse({ a: null }, { 0: ["variables.a"], 1: ["variables.a"] })).toThrow(
      refusal("variables.a"),
    );
    expect(() => parse({ a: null, b: null }, { 0: ["variables.a"], 1: ["variables.b"] }, 1)).toThrow(
      refusal("map"),
    );
  });

  test("uses the last of two entries of the same name, as JSON.parse does", () => {
    const { files } = parse({ a: null, b: null }, '{"0":["variables.a"],"0":["variables.b"]}');
    expect([...files.values()].map(({ path }) => path)).toEqual(["variables.b"]);
  });

  test("returns slots or BAD_USER_INPUT for any JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.string(), (variables, map, path) => {
        for (const candidate of [map, { 0: [path] }, { 0: [`variables.${path}`] }]) {
          try {
            parse(variables, candidate);
          } catch (error) {
            expect(error).toMatchObject({ code: "BAD_USER_INPUT" });
          }
        }
      }),
    );
  });

  test("handles JSON that is a million levels deep", () => {
    const depth = 1_000_000;
    const deep = `{"query":"","variables":{"a":${"[".repeat(depth)}null${"]".repeat(depth)}}}`;
    const parsed = () =>
      parseFileMap(`{"0":["variables.a${".0".repeat(100_000)}"]}`, parseOperation(deep), 1);
    expect(parsed).toThrow(expect.objectContaining({ code: "BAD_USER_INPUT" }));
  });
});
