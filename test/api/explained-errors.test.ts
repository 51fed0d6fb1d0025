import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";

test("the web client has a sentence for every error code of the documentation", () => {
  const read = (path: string) => readFileSync(resolve(import.meta.dirname, "../..", path), "utf8");
  const firstCells = read("docs/errors.md").match(/^\| `[^|]*/gm) ?? [];
  const codes = firstCells.flatMap((cell) => cell.match(/(?<=`)[A-Z]+(?:_[A-Z]+)*(?=`)/g) ?? []);
  expect(codes.length).toBeGreaterThan(20);
  // The first one's message says what is wrong with the input. The others are about GraphQL, not about files.
  const missing = codes.filter((code) => !/^(BAD_USER_INPUT|GRAPHQL_|PERSISTED_QUERY_)/.test(code));
  const explained = read("web/src/errors/explain.ts");
  expect(missing.filter((code) => !explained.includes(`\n  ${code}:`))).toEqual([]);
});
