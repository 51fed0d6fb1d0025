import { describe, expect, test } from "vitest";
import {
  assertCredentialsDuration,
  authorizeCredentials,
} from "../../../src/access/authorize-credentials.ts";
import type { CallerGrants, Grant, ObjectAction } from "../../../src/access/grants.ts";
import { bucketA, bucketB } from "./arbitraries.ts";

const grant = (prefix: string, actions: Grant["actions"], more: Partial<Grant> = {}): Grant => ({
  bucket: bucketA,
  prefix,
  actions,
  ...more,
});
const scope = (prefix: string, ...actions: ObjectAction[]) => ({ bucket: bucketA, prefix, actions });
const forbidden = expect.objectContaining({ code: "FORBIDDEN" });

describe("credentials draw only on grants that allow CREDENTIALS", () => {
  const grants = [
    grant("a/", ["DOWNLOAD", "LIST", "CREDENTIALS"]),
    grant("a/", ["UPLOAD"]),
    grant("", ["DELETE", "CREDENTIALS"], { bucket: bucketB }),
  ];

  test.each<[string, ObjectAction[]]>([
    ["a/", ["DOWNLOAD"]],
    ["a/b/", ["DOWNLOAD", "LIST"]],
  ])("those below %j for %j are allowed", (prefix, actions) => {
    expect(authorizeCredentials(grants, scope(prefix, ...actions))).toBe(Infinity);
  });

  test.each<[string, ObjectAction[]]>([
    ["a/", ["DOWNLOAD", "UPLOAD"]],
    ["a/", ["UPLOAD"]],
    ["a/", ["DELETE"]],
    ["a", ["DOWNLOAD"]],
    ["", ["LIST"]],
  ])("those below %j for %j are refused", (prefix, actions) => {
    expect(() => authorizeCredentials(grants, scope(prefix, ...actions))).toThrow(forbidden);
  });

  test("the error of a grant without CREDENTIALS names the argument", () => {
    expect(() => authorizeCredentials(grants, scope("a/", "UPLOAD"))).toThrow(
      expect.objectContaining({ code: "FORBIDDEN", field: "actions" }),
    );
  });

  test("a grant without CREDENTIALS takes nothing away from one that allows the same with it", () => {
    const both = [...grants, grant("", ["DOWNLOAD"])];
    expect(authorizeCredentials(both, scope("a/", "DOWNLOAD"))).toBe(Infinity);
    expect(() => authorizeCredentials(both, scope("", "DOWNLOAD"))).toThrow(forbidden);
  });
});

test("a caller without a token is told if a token could help", () => {
  const grants: CallerGrants = Object.assign([grant("a/", ["DOWNLOAD"])], {
    withToken: [{ bucket: bucketA, actions: ["DOWNLOAD", "CREDENTIALS"] as const }],
  });
  const unauthenticated = expect.objectContaining({ code: "UNAUTHENTICATED" });
  expect(() => authorizeCredentials(grants, scope("a/", "DOWNLOAD"))).toThrow(unauthenticated);
  expect(() => authorizeCredentials(grants, scope("b/", "DOWNLOAD"))).toThrow(unauthenticated);
  expect(() => authorizeCredentials(grants, scope("a/", "UPLOAD"))).toThrow(forbidden);
});

describe("the longest lifetime", () => {
  test("is that of the most generous grant for each action, and of the strictest action", () => {
    const grants = [
      grant("", ["DOWNLOAD", "CREDENTIALS"], { maxExpiresSeconds: 1_000 }),
      grant("a/", ["DOWNLOAD", "CREDENTIALS"], { maxExpiresSeconds: 3_000 }),
      grant("a/", ["DOWNLOAD"], { maxExpiresSeconds: 9_000 }),
      grant("a/", ["LIST", "CREDENTIALS"], { maxExpiresSeconds: 2_000 }),
    ];
    expect(authorizeCredentials(grants, scope("", "DOWNLOAD"))).toBe(1_000);
    expect(authorizeCredentials(grants, scope("a/", "DOWNLOAD"))).toBe(3_000);
    expect(authorizeCredentials(grants, scope("a/", "DOWNLOAD", "LIST"))).toBe(2_000);
  });

  test.each([
    [900, Infinity, 3600],
    [3600, Infinity, 3600],
    [1_000, 1_000, 3600],
  ])("%d s are allowed with grants of %d s and a role of %d s", (seconds, granted, ofRole) => {
    expect(() => assertCredentialsDuration(seconds, granted, ofRole)).not.toThrow();
  });

  test.each([
    [899, Infinity, 3600],
    [0, Infinity, 3600],
    [-900, Infinity, 3600],
    [3601, Infinity, 3600],
    [1_001, 1_000, 3600],
  ])("%d s are refused with grants of %d s and a role of %d s", (seconds, granted, ofRole) => {
    expect(() => assertCredentialsDuration(seconds, granted, ofRole)).toThrow(
      expect.objectContaining({ code: "BAD_USER_INPUT", field: "durationSeconds" }),
    );
  });

  test("a grant that allows less than STS's minimum allows no credentials", () => {
    expect(() => assertCredentialsDuration(900, 600, 3600)).toThrow(
      expect.objectContaining({ code: "FORBIDDEN", message: expect.stringContaining("at most 600") }),
    );
  });
});
