import { describe, expect, test } from "vitest";
import { parseAccessFile } from "../../../src/access/access-file.ts";

const roleOf = (account: number) => `arn:aws:iam::${String(account).padStart(12, "0")}:role/valetkey`;

/** A file with so many rules for everyone, each for a prefix of about 100 characters in a bucket of its own. */
function fileWith(rules: number, roleOfBucket: (index: number) => string | undefined): string {
  const names = Array.from({ length: rules }, (_, index) => `bucket-${index}`);
  const roles = names.map((name, index) => [name, { role: roleOfBucket(index) }]);
  const buckets = Object.fromEntries(roles);
  const grants = names.map((name) => ({
    who: "authenticated",
    bucket: name,
    prefix: `${"a-long-prefix-".repeat(7)}${name}/`,
    allow: ["DOWNLOAD"],
  }));
  return JSON.stringify({ buckets, grants });
}

const tooLarge = /access\.json:1:\d+: The session policy has \d+ characters/;

describe("the rules of an access file", () => {
  test("are refused if those that everyone shares do not fit into the session policy of one role", () => {
    expect(() =>
      parseAccessFile(
        fileWith(20, () => undefined),
        "access.json",
      ),
    ).toThrow(tooLarge);
    expect(() =>
      parseAccessFile(
        fileWith(20, () => roleOf(1)),
        "access.json",
      ),
    ).toThrow(tooLarge);
  });

  test("are counted apart for each role, because a policy holds only the buckets of one", () => {
    expect(
      parseAccessFile(
        fileWith(20, (index) => roleOf(index % 3)),
        "access.json",
      ).rules,
    ).toHaveLength(20);
    const someWithDefault = fileWith(20, (index) => (index % 3 === 0 ? undefined : roleOf(index % 3)));
    expect(parseAccessFile(someWithDefault, "access.json").rules).toHaveLength(20);
  });

  test("are measured with the partition of their role", () => {
    // Two characters more than with the partition `aws` for each resource.
    const rules = Array.from({ length: 40 }, (_, index) => index + 1).find((count) => {
      try {
        parseAccessFile(
          fileWith(count, () => undefined),
          "access.json",
          { defaultPartition: "aws-us-gov" },
        );
        return false;
      } catch {
        return true;
      }
    });
    const text = fileWith(rules ?? 0, () => roleOf(1).replace("arn:aws:", "arn:aws-us-gov:"));
    expect(() => parseAccessFile(text, "access.json")).toThrow(tooLarge);
  });
});
