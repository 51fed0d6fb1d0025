import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fillPrefix, PrefixTemplateError, parsePrefixTemplate } from "../../../src/access/prefix-template.ts";
import { anonymous } from "../../../src/core/principal.ts";
import { principalOf } from "./principals.ts";

const fill = (template: string, subject: string, claims: Record<string, unknown> = {}) =>
  fillPrefix(parsePrefixTemplate(template), principalOf(subject, claims));

describe("parsePrefixTemplate", () => {
  test.each([
    "{",
    "}",
    "a{b",
    "a}b",
    "{{sub}}",
    "{a{b}c}",
    "{}",
    "{ sub }",
    "a/../b/",
    "./a/",
    "a\u0000b",
    "\ud800",
  ])("refuses %j", (text) => {
    expect(() => parsePrefixTemplate(text)).toThrow(PrefixTemplateError);
  });

  test("keeps text without braces unchanged", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9 $*?#%+é/-]{0,40}$/), (text) => {
        expect(fillPrefix(parsePrefixTemplate(text), anonymous)).toBe(text);
      }),
    );
  });
});

describe("fillPrefix", () => {
  test("inserts claims, including nested ones and those with dots in their names", () => {
    const claims = { org: { id: "acme" }, "https://example.com/team": "red", number: 42 };
    expect(fill("o/{org.id}/{https://example.com/team}/{number}/{sub}/", "alice", claims)).toBe(
      "o/acme/red/42/alice/",
    );
  });

  test.each([
    ["..", "a dot segment"],
    [".", "a dot segment"],
    ["a/b", "two segments"],
    ["../other", "two segments"],
    ["a\u0000b", "NUL"],
    ["a\nb", "a line break"],
    ["a\u202eb", "a bidirectional override"],
    ["a\u200bb", "a zero-width space"],
    ["\ud800", "a lone surrogate"],
    ["x".repeat(10_240), "10 KB"],
    ["한".repeat(100), "300 bytes"],
  ])("does not match for the subject %j (%s)", (subject) => {
    expect(fill("users/{sub}/", subject)).toBeUndefined();
  });

  test.each(["*", "?", "${x}", "{sub}", "a b", "ä", "한국", "😀", "auth0|123", "…", "a\\b", "%2e%2e"])(
    "takes the subject %j for text",
    (subject) => {
      expect(fill("users/{sub}/", subject)).toBe(`users/${subject}/`);
    },
  );

  test.each([[["a"]], [{ a: 1 }], [true], [null], [1.5], [""], [2 ** 60]])(
    "does not match for the claim %j",
    (claim) => {
      expect(fill("{x}/", "alice", { x: claim })).toBeUndefined();
    },
  );

  test("finds nothing in prototypes", () => {
    for (const name of ["constructor.name", "__proto__.a", "toString.name", "missing"]) {
      expect(fill(`{${name}}/`, "alice")).toBeUndefined();
    }
  });

  test("never leaves the path segment of the claim", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 30 }), (subject) => {
        const prefix = fill("users/{sub}/", subject);
        if (prefix === undefined) return;
        expect(prefix.split("/")).toEqual(["users", subject, ""]);
        expect(new URL(`https://b.example/${encodeURI(prefix)}`).pathname.split("/")).toHaveLength(4);
      }),
    );
  });

  test("returns no prefix that is longer than a key", () => {
    expect(
      fill("{a}{b}{c}{d}{e}/", "s", Object.fromEntries([..."abcde"].map((name) => [name, "x".repeat(250)]))),
    ).toBe(undefined);
  });

  test("does not match an anonymous caller", () => {
    expect(fillPrefix(parsePrefixTemplate("{sub}/"), anonymous)).toBeUndefined();
  });
});
