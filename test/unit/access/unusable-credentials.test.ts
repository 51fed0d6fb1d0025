import { expect, test } from "vitest";
import { parseAccessFile } from "../../../src/access/access-file.ts";

const warningsOf = (allow: readonly string[], maxExpiresSeconds?: number) =>
  parseAccessFile(
    JSON.stringify({ grants: [{ who: "anonymous", bucket: "demo", allow, maxExpiresSeconds }] }),
    "access.json",
  ).warnings;

test.each([
  ["CREDENTIALS alone", ["CREDENTIALS"], undefined, "allows nothing by itself"],
  ["less than 900 seconds", ["DOWNLOAD", "CREDENTIALS"], 899, "maxExpiresSeconds is 899"],
] as const)("a grant with %s is a warning with its place", (_what, allow, maxExpiresSeconds, message) => {
  const warnings = warningsOf(allow, maxExpiresSeconds);
  expect(warnings).toEqual([expect.stringMatching(/^access\.json:1:\d+: CREDENTIALS allows nothing/)]);
  expect(warnings[0]).toContain(message);
});

test.each([
  [["DOWNLOAD", "CREDENTIALS"], 900],
  [["DOWNLOAD", "CREDENTIALS"], undefined],
  [["DOWNLOAD"], 60],
] as const)("a grant for %j with a maximum of %s seconds is no warning", (allow, maxExpiresSeconds) => {
  expect(warningsOf(allow, maxExpiresSeconds)).toEqual([]);
});
