import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Sealer } from "../../../src/core/sealer.ts";

const secret = "a secret of more than thirty-two bytes";
const sealer = new Sealer([secret], "test");

describe("Sealer", () => {
  test("opens what it sealed", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(sealer.open(sealer.seal(text))).toBe(text);
      }),
    );
  });

  test("gives the same bytes for the same text and other bytes for another text", () => {
    expect(sealer.seal("text")).toEqual(new Sealer([secret], "test").seal("text"));
    const sealed = Array.from({ length: 1000 }, (_, index) => sealer.seal(`text ${index}`).toString("hex"));
    expect(new Set(sealed).size).toBe(sealed.length);
  });

  test("gives other bytes for another secret and for another purpose", () => {
    const others = [new Sealer(["another secret"], "test"), new Sealer([secret], "another purpose")];
    for (const other of others) {
      expect(other.seal("text")).not.toEqual(sealer.seal("text"));
      expect(other.open(sealer.seal("text"))).toBeUndefined();
    }
  });

  test("reveals nothing of the text, even if two texts begin alike", () => {
    const first = sealer.seal("users/alice/film.mp4 1");
    const second = sealer.seal("users/alice/film.mp4 2");
    expect(first.toString("latin1")).not.toContain("alice");
    const equalBytes = [...first].filter((byte, index) => byte === second[index]);
    expect(equalBytes.length).toBeLessThan(8);
  });

  test("refuses bytes with a changed bit, and truncated bytes", () => {
    const sealed = sealer.seal("a text of some length");
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(sealer.open(changed)).toBeUndefined();
    }
    for (let length = 0; length < sealed.length; length += 1) {
      expect(sealer.open(sealed.subarray(0, length))).toBeUndefined();
    }
  });

  test("opens with every secret of the list and seals with the first", () => {
    const rotating = new Sealer(["the next secret", secret], "test");
    expect(rotating.open(sealer.seal("text"))).toBe("text");
    expect(new Sealer(["the next secret"], "test").open(rotating.seal("text"))).toBe("text");
    expect(sealer.open(rotating.seal("text"))).toBeUndefined();
  });

  test("needs a secret", () => {
    expect(() => new Sealer([], "test")).toThrow(RangeError);
  });
});
