import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseXml, renderXml } from "../../src/http/xml.ts";

test("elements keep their order, lists repeat, undefined is omitted, and text is escaped", () => {
  const document = renderXml("A", { B: ["1", "<&>"], C: undefined, D: { E: true, F: 3 } }, "");
  expect(document).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<A><B>1</B><B>&#60;&#38;&#62;</B><D><E>true</E><F>3</F></D></A>',
  );
});

test("control characters are written as references, so that no parser changes them", () => {
  expect(renderXml("Key", "a\r\nb\t\u0001\u0085", "")).toContain("<Key>a&#13;&#10;b&#9;&#1;&#133;</Key>");
});

test("every text is parsed as it was rendered", () => {
  const text = fc
    .string({ unit: "binary" })
    .filter((each) => each.isWellFormed() && !each.includes("\0") && each !== "");
  fc.assert(
    fc.property(text, (value) => {
      const parsed = parseXml(renderXml("Delete", { Object: { Key: value } }), "Delete");
      expect(parsed.children("Object")[0]?.childText("Key")).toBe(value);
    }),
  );
});

describe("MalformedXML is thrown for", () => {
  test.each([
    ["no XML", "hello"],
    ["nothing", ""],
    ["another root", "<Other/>"],
    ["two roots", "<A/><A/>"],
    ["an element that does not end", "<A><B></A>"],
    ["a document type", '<!DOCTYPE A [<!ENTITY b "c">]><A>&b;</A>'],
    ["deep nesting", `${"<A>".repeat(5000)}${"</A>".repeat(5000)}`],
  ])("%s", (_, document) => {
    expect(() => parseXml(document, "A")).toThrow(expect.objectContaining({ code: "MalformedXML" }));
  });

  test.each(["&unknown;", "&#xD800;", "&#0;", "&#x110000;"])("the reference %s", (reference) => {
    const root = parseXml(`<A><B>${reference}</B></A>`, "A");
    expect(() => root.childText("B")).toThrow(expect.objectContaining({ code: "MalformedXML" }));
  });

  test("an element in place of text", () => {
    expect(() => parseXml("<A><B><C/></B></A>", "A").childText("B")).toThrow();
  });
});

test.each(["__proto__", "constructor", "prototype"])("an element named %s does no harm", (name) => {
  const read = () => parseXml(`<A><${name}><polluted>1</polluted></${name}></A>`, "A").children("toString");
  // The parser refuses names that it knows to be dangerous, and accepts the others as ordinary names.
  try {
    expect(read()).toEqual([]);
  } catch (error) {
    expect(error).toMatchObject({ code: "MalformedXML" });
  }
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});
