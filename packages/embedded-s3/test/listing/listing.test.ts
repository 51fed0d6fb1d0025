import fc from "fast-check";
import { expect, test } from "vitest";
import { compareUtf8, SortedByKey } from "../../src/core/sorted-by-key.ts";
import { type ListingRequest, listPage } from "../../src/listing/listing.ts";

const key = fc.string({
  unit: fc.constantFrom("a", "b", "/", "-", "é", "\u{ffff}", "\u{1f600}"),
  minLength: 1,
  maxLength: 6,
});
const prefix = fc.string({ unit: fc.constantFrom("a", "b", "/"), maxLength: 2 });

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

test("keys are sorted by the bytes of UTF-8", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (a, b) => {
      expect(Math.sign(compareUtf8(a, b))).toBe(Math.sign(byBytes(a, b)));
    }),
  );
});

test("items stay sorted and unique when they are added and removed", () => {
  fc.assert(
    fc.property(fc.array(key), fc.array(key), (added, removed) => {
      const sorted = new SortedByKey<{ key: string }>();
      for (const each of added) sorted.set({ key: each });
      for (const each of removed) sorted.delete(each);
      const expected = [...new Set(added)].filter((each) => !removed.includes(each)).sort(byBytes);
      expect(sorted.all.map((item) => item.key)).toEqual(expected);
    }),
  );
});

/** The whole listing, computed in the most obvious way. */
function expectedListing(keys: readonly string[], question: { prefix: string; delimiter: string }): string[] {
  const rolledUp = keys
    .filter((each) => each.startsWith(question.prefix))
    .map((each) => {
      const index = question.delimiter === "" ? -1 : each.indexOf(question.delimiter, question.prefix.length);
      return index === -1 ? each : `${each.slice(0, index + 1)} (prefix)`;
    });
  return [...new Set(rolledUp)];
}

test("pages of any size together make the whole listing", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(key, { maxLength: 30 }),
      prefix,
      fc.constantFrom("", "/"),
      fc.integer({ min: 1, max: 5 }),
      (keys, wanted, delimiter, maxItems) => {
        const sorted = [...keys].sort(byBytes).map((each) => ({ key: each }));
        const found: string[] = [];
        let question: ListingRequest = { prefix: wanted, delimiter, after: "", maxItems };
        for (;;) {
          const page = listPage(sorted, question);
          const names = [
            ...page.items.map((item) => item.key),
            ...page.commonPrefixes.map((each) => `${each} (prefix)`),
          ];
          expect(names.length).toBeLessThanOrEqual(maxItems);
          found.push(...names.sort(byBytes));
          if (page.next === undefined) break;
          question = { ...question, after: page.next.key };
        }
        const whole = expectedListing(
          sorted.map((item) => item.key),
          { prefix: wanted, delimiter },
        );
        expect(new Set(found)).toEqual(new Set(whole));
        expect(found).toHaveLength(whole.length);
      },
    ),
  );
});

test("a page that starts inside a common prefix still lists that prefix", () => {
  const sorted = ["a/1", "a/2", "b"].map((each) => ({ key: each }));
  const page = listPage(sorted, { prefix: "", delimiter: "/", after: "a/1", maxItems: 10 });
  expect(page.commonPrefixes).toEqual(["a/"]);
});

test("a page of at most 0 items is empty and the last one", () => {
  const page = listPage([{ key: "a" }], { prefix: "", delimiter: "", after: "", maxItems: 0 });
  expect(page).toEqual({ items: [], commonPrefixes: [], next: undefined });
});
