import { describe, expect, test } from "vitest";
import { SealedEntries } from "../../../src/redis/sealed-entries.ts";

const older = "an older secret of the tests, longer than 32 bytes";
const newer = "a newer secret of the tests, longer than 32 bytes";

describe("SealedEntries", () => {
  test("names say nothing about what they stand for", () => {
    const entries = new SealedEntries([newer, older]);
    const [name, olderName] = entries.names("session", "alice");
    expect(name).toMatch(/^valetkey:session:[\w-]{43}$/);
    expect(olderName).toBe(new SealedEntries([older]).names("session", "alice")[0]);
    const others = [entries.names("session", "bob"), entries.names("completion", "alice")].flat();
    expect(others).not.toContain(name);
  });

  test("values open under their own name only, and with a secret that is known", () => {
    const entries = new SealedEntries([newer, older]);
    const sealed = entries.seal("a", "the value");
    expect(sealed.toString("latin1")).not.toContain("value");
    expect(entries.seal("a", "the value")).not.toEqual(sealed);
    expect(entries.open("a", sealed)).toBe("the value");
    expect(entries.open("b", sealed)).toBeUndefined();
    expect(entries.open("a", new SealedEntries([older]).seal("a", "x"))).toBe("x");
    expect(new SealedEntries([older]).open("a", sealed)).toBeUndefined();
  });

  test("changed values do not open", () => {
    const entries = new SealedEntries([newer]);
    const sealed = entries.seal("a", "v");
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
      expect(entries.open("a", changed)).toBeUndefined();
      expect(entries.open("a", sealed.subarray(0, index))).toBeUndefined();
    }
  });
});
