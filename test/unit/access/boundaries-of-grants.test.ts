import { describe, expect, test } from "vitest";
import {
  allowsDownload,
  allowsSizeForEveryType,
  authorizeDelete,
  authorizeUpload,
  authorizeUploadsBelow,
  limitsContentType,
} from "../../../src/access/authorization.ts";
import { matches } from "../../../src/access/caller-match.ts";
import type { Grant } from "../../../src/access/grants.ts";
import { fillPrefix, hasClaims, parsePrefixTemplate } from "../../../src/access/prefix-template.ts";
import { parseBucketName } from "../../../src/core/object-address.ts";
import { anonymous, service } from "../../../src/core/principal.ts";
import { bucketA, bucketB, keyOf } from "./arbitraries.ts";
import { principalOf } from "./principals.ts";

const at = (key: string, bucket = bucketA) => ({ bucket, key: keyOf(key) });
const upload = (more: Partial<Grant> = {}): Grant => ({
  bucket: bucketA,
  prefix: "",
  actions: ["UPLOAD"],
  ...more,
});
const error = (code: string, message: string) => expect.objectContaining({ code, message });

describe("an upload", () => {
  test("may have exactly the size of the limit", () => {
    const grants = [upload({ maxUploadBytes: 1_000 })];
    expect(authorizeUpload(grants, at("a"), { sizeBytes: 1_000 }).maxUploadBytes).toBe(1_000);
    expect(() => authorizeUpload(grants, at("a"), { sizeBytes: 1_001 })).toThrow(
      error("UPLOAD_TOO_LARGE", "At most 1000 bytes are allowed here."),
    );
  });

  test("is told which content types are allowed", () => {
    const grants = [upload({ contentTypes: ["image/*"] }), upload({ contentTypes: ["text/csv", "image/*"] })];
    expect(() => authorizeUpload(grants, at("a"))).toThrow(
      error("CONTENT_TYPE_NOT_ALLOWED", "A content type is needed for this key. Allowed: image/*, text/csv."),
    );
    expect(() => authorizeUpload(grants, at("a"), { contentType: "text/html" })).toThrow(
      error(
        "CONTENT_TYPE_NOT_ALLOWED",
        'The content type "text/html" is not allowed for this key. Allowed: image/*, text/csv.',
      ),
    );
  });

  test.each(["image", "image/", "/png", "image/png/more", "", "/"])(
    "with the malformed content type %j is not allowed by any pattern",
    (contentType) => {
      const grants = [upload({ contentTypes: ["*/*", "image/*"] })];
      expect(() => authorizeUpload(grants, at("a"), { contentType })).toThrow(
        expect.objectContaining({ code: "CONTENT_TYPE_NOT_ALLOWED" }),
      );
    },
  );

  test("has a content type whose spaces and parameters do not matter", () => {
    const grants = [upload({ contentTypes: ["text/csv"] })];
    for (const contentType of ["text/csv ; header=present", " TEXT/CSV"])
      expect(() => authorizeUpload(grants, at("a"), { contentType })).not.toThrow();
  });

  test("of an unknown type has a size that is allowed for every type of the grants", () => {
    const both = upload({ contentTypes: ["image/png", "text/csv"], maxUploadBytes: 10 });
    const one = upload({ contentTypes: ["image/png"], maxUploadBytes: 100 });
    const other = upload({ contentTypes: ["text/csv"], maxUploadBytes: 100 });
    expect(allowsSizeForEveryType([both, one], at("a"), 10)).toBe(true);
    expect(allowsSizeForEveryType([both, one], at("a"), 11)).toBe(false);
    expect(allowsSizeForEveryType([both, one, other], at("a"), 100)).toBe(true);
    expect(allowsSizeForEveryType([both, one, other], at("a"), 101)).toBe(false);
  });

  test("is limited in its content type by grants on its own key only", () => {
    const grants = [
      upload({ prefix: "images/", contentTypes: ["image/*"] }),
      upload({ prefix: "any/" }),
      { ...upload({ prefix: "read/", contentTypes: ["image/*"] }), actions: ["DOWNLOAD" as const] },
    ];
    expect(limitsContentType(grants, at("images/a"))).toBe(true);
    expect(limitsContentType(grants, at("any/a"))).toBe(false);
    expect(limitsContentType(grants, at("read/a"))).toBe(false);
    expect(limitsContentType(grants, at("images/a", bucketB))).toBe(false);
  });
});

test("uploads below a prefix need a grant for the whole prefix", () => {
  const grants = [upload({ prefix: "mine/" }), upload({ prefix: "read/", actions: ["LIST"] })];
  expect(() => authorizeUploadsBelow(grants, { bucket: bucketA, prefix: "mine/a" })).not.toThrow();
  for (const prefix of ["min", "", "read/"])
    expect(() => authorizeUploadsBelow(grants, { bucket: bucketA, prefix })).toThrow(
      expect.objectContaining({ code: "FORBIDDEN" }),
    );
});

test("one grant among several is enough for a download", () => {
  const grants = [upload(), upload({ prefix: "shared/", actions: ["DOWNLOAD"] })];
  expect(allowsDownload(grants, at("shared/a"))).toBe(true);
  expect(allowsDownload(grants, at("other/a"))).toBe(false);
  expect(allowsDownload(grants, at("shared/a", bucketB))).toBe(false);
});

describe("the hint at other buckets", () => {
  const grantsFor = (count: number) =>
    Array.from({ length: count }, (_, index) => upload({ bucket: parseBucketName(`bucket-${index}`) }));
  const hintFor = (count: number) => {
    try {
      authorizeDelete(grantsFor(count), at("a", bucketB));
    } catch (error) {
      return (error as Error).message.split(". ")[1];
    }
    return undefined;
  };

  test("names at most five of them", () => {
    expect(hintFor(2)).toBe('Your grants are for the buckets "bucket-0", "bucket-1".');
    const five = [0, 1, 2, 3, 4].map((index) => `"bucket-${index}"`).join(", ");
    expect(hintFor(5)).toBe(`Your grants are for the buckets ${five}.`);
    expect(hintFor(6)).toBe(`Your grants are for the buckets ${five} and others.`);
  });
});

test("one rule among several for callers with a token asks for one", () => {
  const withToken = [
    { bucket: bucketB, actions: ["DELETE" as const] },
    { bucket: bucketA, actions: ["DELETE" as const] },
  ];
  const grants = Object.assign([] as Grant[], { withToken });
  expect(() => authorizeDelete(grants, at("a"))).toThrow(
    error(
      "UNAUTHENTICATED",
      `DELETE of "a" in the bucket "${bucketA}" needs a token: send an Authorization header.`,
    ),
  );
});

test("only the server's own jobs match rules for the service, and they match no others", () => {
  const everyone = new Map([["sub", ["service"]]]);
  expect(matches("service", service)).toBe(true);
  expect(matches("service", principalOf("service"))).toBe(false);
  expect(matches("service", anonymous)).toBe(false);
  for (const who of ["anonymous", "authenticated", everyone] as const)
    expect(matches(who, service)).toBe(false);
});

describe("a prefix", () => {
  test("has at most 1,024 bytes", () => {
    expect(parsePrefixTemplate("k".repeat(1_024))).toEqual(["k".repeat(1_024)]);
    for (const text of ["k".repeat(1_025), "é".repeat(513)])
      expect(() => parsePrefixTemplate(text)).toThrow("a prefix has at most 1,024 bytes of UTF-8");
  });

  test("has at most 1,024 bytes when it is filled in", () => {
    const subject = "s".repeat(200);
    const filled = (rest: string) => fillPrefix(parsePrefixTemplate(`{sub}${rest}`), principalOf(subject));
    expect(filled("k".repeat(824))).toHaveLength(1_024);
    expect(filled("k".repeat(825))).toBeUndefined();
    expect(filled("é".repeat(412))).toHaveLength(612);
    expect(filled("é".repeat(413))).toBeUndefined();
  });

  test("holds claims of at most 255 bytes", () => {
    const filled = (subject: string) => fillPrefix(parsePrefixTemplate("{sub}/"), principalOf(subject));
    expect(filled("s".repeat(255))).toHaveLength(256);
    expect(filled("s".repeat(256))).toBeUndefined();
    expect(filled(`${"é".repeat(127)}s`)).toHaveLength(129);
    expect(filled("é".repeat(128))).toBeUndefined();
  });

  test("depends on the caller if it has claims", () => {
    expect(hasClaims(parsePrefixTemplate("users/{sub}/"))).toBe(true);
    expect(hasClaims(parsePrefixTemplate("shared/"))).toBe(false);
    expect(hasClaims(parsePrefixTemplate(""))).toBe(false);
  });

  test.each([
    ["{}", "braces hold the name of a claim, such as {sub}"],
    ["a{b", "a brace without its pair: braces enclose the name of a claim, such as {sub}"],
    ["a\u0000b", "a prefix is well-formed Unicode without control characters"],
    ["a/../b", 'a prefix has no "." or ".." as a segment: no key has'],
  ])("tells the author of %j what is wrong", (text, message) => {
    expect(() => parsePrefixTemplate(text)).toThrow(message);
  });
});
