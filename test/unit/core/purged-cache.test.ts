import { expect, test } from "vitest";
import { PurgedCache } from "../../../src/core/purged-cache.ts";

// lru-cache takes 0 for "no time".
const startMs = 1;

test("an entry that has expired is not found", () => {
  let nowMs = startMs;
  const cache = new PurgedCache<{ name: string }>({ max: 10, ttl: 1_000, now: () => nowMs });
  cache.set("a", { name: "a" });
  nowMs = startMs + 1_000;
  expect(cache.get("a")).toEqual({ name: "a" });
  nowMs = startMs + 1_001;
  expect(cache.get("a")).toBeUndefined();
});

test("expired entries are removed when one is added, but not more than once a minute", () => {
  let nowMs = startMs;
  const cache = new PurgedCache<{ name: string }>({ max: 10, ttl: 1_000, now: () => nowMs });
  for (const name of ["a", "b", "c"]) cache.set(name, { name });
  nowMs = startMs + 59_999;
  cache.set("d", { name: "d" });
  expect(cache.size).toBe(4);
  nowMs = startMs + 60_000;
  cache.set("e", { name: "e" });
  expect([...cache.keys()].sort()).toEqual(["d", "e"]);
});
