import { describe, expect, test } from "vitest";
import { matches, type Who } from "../../../src/access/caller-match.ts";
import { anonymous } from "../../../src/core/principal.ts";
import { principalOf } from "./principals.ts";

const claims = (conditions: Record<string, (string | number | boolean)[]>): Who =>
  new Map(Object.entries(conditions));

describe("matches", () => {
  test("anonymous means callers without a token, authenticated those with one", () => {
    expect(matches("anonymous", anonymous)).toBe(true);
    expect(matches("anonymous", principalOf("alice"))).toBe(false);
    expect(matches("authenticated", anonymous)).toBe(false);
    expect(matches("authenticated", principalOf("alice"))).toBe(true);
    expect(matches(claims({ sub: ["alice"] }), anonymous)).toBe(false);
  });

  test("all claims must match, each with one of its values", () => {
    const editors = claims({ role: ["editor", "admin"], "org.id": ["acme"] });
    expect(matches(editors, principalOf("a", { role: "admin", org: { id: "acme" } }))).toBe(true);
    expect(matches(editors, principalOf("a", { role: "admin", org: { id: "other" } }))).toBe(false);
    expect(matches(editors, principalOf("a", { role: "viewer", org: { id: "acme" } }))).toBe(false);
    expect(matches(editors, principalOf("a", { role: "admin" }))).toBe(false);
  });

  test("a list matches if it contains one of the values", () => {
    const staff = claims({ groups: ["staff"] });
    expect(matches(staff, principalOf("a", { groups: ["guests", "staff"] }))).toBe(true);
    expect(matches(staff, principalOf("a", { groups: ["guests"] }))).toBe(false);
    expect(matches(staff, principalOf("a", { groups: "staffers" }))).toBe(false);
    expect(matches(staff, principalOf("a", { groups: [["staff"]] }))).toBe(false);
  });

  test("values are compared with their type", () => {
    expect(matches(claims({ level: [3] }), principalOf("a", { level: 3 }))).toBe(true);
    expect(matches(claims({ level: [3] }), principalOf("a", { level: "3" }))).toBe(false);
    expect(matches(claims({ verified: [true] }), principalOf("a", { verified: "true" }))).toBe(false);
  });
});
