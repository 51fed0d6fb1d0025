import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { uriEncode, uriEncodePath } from "../../../src/core/uri-encode.ts";

const unreserved = /[A-Za-z0-9\-._~]/;

/** The definition, byte by byte. */
function encodeByDefinition(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return unreserved.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");
}

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.string({ unit: "binary", maxLength: 60 }).filter((value) => value.isWellFormed()),
  fc.string({ unit: fc.constantFrom(..."/%+ #?&='\"()*!~;:@$,<>[]{}|\\^`é한😀"), maxLength: 60 }),
);

describe("uriEncode", () => {
  test("encodes everything except RFC 3986's unreserved characters", () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(uriEncode(value)).toBe(encodeByDefinition(value));
      }),
      { numRuns: 2_000 },
    );
  });

  test("does not encode slashes in a path", () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(uriEncodePath(value)).toBe(value.split("/").map(encodeByDefinition).join("/"));
      }),
      { numRuns: 2_000 },
    );
  });

  test("throws for a lone surrogate", () => {
    expect(() => uriEncode("a\ud800")).toThrow(URIError);
    expect(() => uriEncodePath("a\ud800")).toThrow(URIError);
  });
});
