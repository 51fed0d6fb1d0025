import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";

test("the web client has a sentence for every error code of the documentation", () => {
  const read = (path: string) => readFileSync(resolve(import.meta.dirname, "../..", path), "utf8");
  const codes = new Set(read("docs/errors.md").match(/(?<=`)[A-Z]+(?:_[A-Z]+)*(?=`)/g));
  // The message of the server says what is wrong with the input.
  for (const code of ["BAD_USER_INPUT", "VALETKEY_JWKS_URL", "VALETKEY_RATE_LIMIT"]) codes.delete(code);
  const missing = [...codes].filter((code) => !/^(GRAPHQL|PERSISTED|SIGTERM|POST|GET|HEAD|PUT)/.test(code));
  const explained = read("web/src/errors/explain.ts");
  expect(missing.filter((code) => !explained.includes(`\n  ${code}:`))).toEqual([]);
});
