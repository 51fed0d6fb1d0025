import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isLong, type ResponsePieces, stringifyInPieces } from "../../../src/http/response-pieces.ts";

const textOf = async (pieces: ResponsePieces) => Buffer.concat(await pieces.toArray()).toString();
const urls = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ url: `https://example.org/${"é".repeat(500)}${i}`, key: null }));

describe("a value in pieces is the same text as JSON.stringify makes", () => {
  test.each<[string, unknown]>([
    ["a list of many objects", { data: { downloadUrls: urls(1000) } }],
    [
      "lists inside of a long list",
      { data: { uploads: urls(60).map((each) => ({ ...each, parts: urls(70) })) } },
    ],
    ["errors beside data", { errors: urls(80), data: { a: null, b: urls(3) } }],
    ["an object with many names", { data: Object.fromEntries(urls(90).map((each, i) => [`a${i}`, each])) }],
    ["an object without a prototype", Object.assign(Object.create(null), { data: urls(55) })],
    [
      "an empty object and an empty list beside a long one",
      { a: {}, b: [], c: urls(51), d: { e: undefined } },
    ],
    ["undefined in a long list", { a: [...urls(51), undefined], b: undefined }],
    ["a short value", { data: { viewer: { subject: "me" } } }],
  ])("%s", async (_name, value) => {
    const pieces = await stringifyInPieces(value);
    const expected = `${JSON.stringify(value)}\n`;
    expect(pieces.bytes).toBe(Buffer.byteLength(expected));
    expect(await textOf(pieces)).toBe(expected);
  });

  test("any value", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ stringUnit: "binary", maxDepth: 1 }), async (value) => {
        const list = Array.from({ length: 51 }, () => value);
        const each = { data: { list, value, nested: [{ list }] }, errors: list };
        expect(await textOf(await stringifyInPieces(each))).toBe(`${JSON.stringify(each)}\n`);
      }),
      { numRuns: 20 },
    );
  });
});

test("no piece ends inside of a character, so that each of them can be decoded", async () => {
  const pieces = await stringifyInPieces(Array.from({ length: 3000 }, () => "😀".repeat(20)));
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for (const piece of (await pieces.toArray()) as Buffer[]) decoder.decode(piece);
});

test("other work runs between two pieces", async () => {
  let turns = 0;
  let isDone = false;
  const count = () => {
    turns += 1;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  const pieces = await stringifyInPieces(urls(1000));
  isDone = true;
  expect(turns).toBeGreaterThanOrEqual(Math.floor(pieces.bytes / 2 / 2 ** 16));
});

test.each<[string, unknown, boolean]>([
  ["one URL", { data: { downloadUrl: { url: "u" } } }, false],
  ["a short list", { data: { downloadUrls: urls(50) } }, false],
  ["a long list", { data: { downloadUrls: urls(51) } }, true],
  ["a long list in an item of a short one", { data: { uploads: [{ parts: urls(51) }] } }, true],
  ["null", null, false],
])("%s is recognized", (_name, value, expected) => {
  expect(isLong(value)).toBe(expected);
});
