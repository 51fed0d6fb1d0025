import { describe, expect, test } from "vitest";
import { assertFitsForm, toFormFields } from "../../../../src/storage/description/description-form-fields.ts";
import { toHeaders } from "../../../../src/storage/description/description-headers.ts";
import { toS3Input } from "../../../../src/storage/description/description-parameters.ts";
import {
  type GivenDescription,
  parseDescription,
  parseDescriptionChanges,
} from "../../../../src/storage/description/object-description.ts";
import { encodeMetadataValue } from "../../../../src/storage/headers/metadata-value.ts";
import { pairs } from "../pairs.ts";

const complete = parseDescription({
  contentType: "text/plain; charset=utf-8",
  contentDisposition: "attachment; filename*=UTF-8''na%C3%AFve.txt",
  contentEncoding: "gzip, br",
  cacheControl: "public, max-age=60",
  metadata: [
    { name: "Name", value: "zoë" },
    { name: "__proto__", value: "" },
  ],
  tags: [
    { name: "project", value: "valet key" },
    { name: "__proto__", value: "é+=@" },
  ],
  checksum: { algorithm: "CRC32", value: "AAAAAA==" },
  storageClass: "STANDARD_IA",
  overwrite: false,
});

describe("toHeaders", () => {
  test("renders nothing for an empty description", () => {
    expect(toHeaders(parseDescription({}))).toEqual([]);
    const empty = { contentType: null, metadata: null, tags: [], checksum: null, overwrite: true };
    expect(toHeaders(parseDescription(empty))).toEqual([]);
  });

  test("renders every property", () => {
    const expected = pairs({
      "content-type": "text/plain; charset=utf-8",
      "content-disposition": "attachment; filename*=UTF-8''na%C3%AFve.txt",
      "content-encoding": "gzip, br",
      "cache-control": "public, max-age=60",
      "x-amz-meta-name": "=?UTF-8?B?em/Dqw==?=",
      "x-amz-meta-__proto__": "",
      "x-amz-storage-class": "STANDARD_IA",
      "x-amz-tagging": "project=valet%20key&__proto__=%C3%A9%2B%3D%40",
      "x-amz-checksum-crc32": "AAAAAA==",
      "if-none-match": "*",
    });
    expect(toHeaders(complete)).toEqual(expected);
  });
});

describe("toFormFields", () => {
  test("renders tags as XML and names the algorithm of the checksum", () => {
    const expected = pairs({
      "Content-Type": "text/plain; charset=utf-8",
      "Content-Disposition": "attachment; filename*=UTF-8''na%C3%AFve.txt",
      "Content-Encoding": "gzip, br",
      "Cache-Control": "public, max-age=60",
      "x-amz-meta-name": "=?UTF-8?B?em/Dqw==?=",
      "x-amz-meta-__proto__": "",
      "x-amz-storage-class": "STANDARD_IA",
      tagging:
        "<Tagging><TagSet><Tag><Key>project</Key><Value>valet key</Value></Tag>" +
        "<Tag><Key>__proto__</Key><Value>é+=@</Value></Tag></TagSet></Tagging>",
      "x-amz-checksum-algorithm": "CRC32",
      "x-amz-checksum-crc32": "AAAAAA==",
    });
    expect(toFormFields(complete)).toEqual(expected);
  });
});

describe("assertFitsForm", () => {
  test.each<[string, string, GivenDescription, string]>([
    ["an object that must not be replaced", "a", { overwrite: false }, "method"],
    ["a key with a variable", "a${filename}b", {}, "key"],
    ["metadata with a variable", "a", { metadata: [{ name: "a", value: "${filename}" }] }, "metadata"],
    ["a Cache-Control with a variable", "a", { cacheControl: "${filename}" }, "cacheControl"],
  ])("refuses %s", (_what, key, given, field) => {
    expect(() => assertFitsForm(key, parseDescription(given))).toThrow(
      expect.objectContaining({ code: "BAD_USER_INPUT", field }),
    );
  });

  test("accepts what a form can carry", () => {
    expect(() => assertFitsForm("a", { ...complete, overwrite: true })).not.toThrow();
  });
});

describe("toS3Input", () => {
  test("renders every property, with metadata of every name", () => {
    const { Metadata = {}, ...others } = toS3Input(complete);
    expect(others).toEqual({
      ContentType: "text/plain; charset=utf-8",
      StorageClass: "STANDARD_IA",
      ContentDisposition: "attachment; filename*=UTF-8''na%C3%AFve.txt",
      ContentEncoding: "gzip, br",
      CacheControl: "public, max-age=60",
      Tagging: "project=valet%20key&__proto__=%C3%A9%2B%3D%40",
    });
    expect(Object.entries(Metadata)).toEqual([
      ["name", "=?UTF-8?B?em/Dqw==?="],
      ["__proto__", ""],
    ]);
  });
});

describe("parseDescriptionChanges", () => {
  test("distinguishes an empty list from an omitted one", () => {
    expect(parseDescriptionChanges({ metadata: [] })).toMatchObject({ metadata: [], tags: undefined });
    expect(parseDescriptionChanges({ tags: [], metadata: null })).toMatchObject({
      metadata: undefined,
      tags: [],
    });
  });
});

describe("parseDescription", () => {
  const name = (value: string) => ({ metadata: [{ name: value, value: "" }] });
  const value = (text: string) => ({ metadata: [{ name: "a", value: text }] });
  const tag = (key: string, text = "") => ({ tags: [{ name: key, value: text }] });

  test.each<[string, GivenDescription]>([
    ["contentType", { contentType: "text" }],
    ["contentType", { contentType: "" }],
    ["contentType", { contentType: "text/plain\r\nx: y" }],
    ["contentDisposition", { contentDisposition: 'attachment; filename="한.txt"' }],
    ["contentDisposition", { contentDisposition: "attachment\r\nx: y" }],
    ["contentDisposition", { contentDisposition: ";" }],
    ["contentEncoding", { contentEncoding: "gzip;" }],
    ["contentEncoding", { contentEncoding: "gzip, AWS-chunked" }],
    ["cacheControl", { cacheControl: " no-store" }],
    ["cacheControl", { cacheControl: "x".repeat(1_025) }],
    ["metadata", name("")],
    ["metadata", name("a b")],
    ["metadata", name("é")],
    ["metadata", name("x".repeat(129))],
    ["metadata", value("a\u0000")],
    ["metadata", value("a\nb")],
    ["metadata", value("a\ud800")],
    ["metadata", value("x".repeat(2_048))],
    ["metadata", value("é".repeat(1_024))],
    ["metadata", value("é".repeat(700))],
    ["metadata", { metadata: ["a", "A"].map((name) => ({ name, value: "" })) }],
    ["tags", tag("")],
    ["tags", tag("aws:x")],
    ["tags", tag("a&b")],
    ["tags", tag("x".repeat(129))],
    ["tags", tag("a", "x".repeat(257))],
    ["tags", tag("\u{20bb7}".repeat(65))],
    ["tags", tag("a", "\u{20bb7}".repeat(129))],
    ["tags", tag("a", "\t")],
    ["tags", { tags: ["a", "a"].map((name) => ({ name, value: "" })) }],
    ["tags", { tags: Array.from({ length: 11 }, (_, i) => ({ name: `t${i}`, value: "" })) }],
    ["checksum.value", { checksum: { algorithm: "CRC32", value: "AAAA" } }],
    ["checksum.value", { checksum: { algorithm: "CRC32", value: "AAAAAB==" } }],
    ["checksum.value", { checksum: { algorithm: "SHA256", value: "AAAAAA==" } }],
    ["checksum.value", { checksum: { algorithm: "SHA1", value: "not base64" } }],
  ])("refuses %s: %j", (field, input) => {
    expect(() => parseDescription(input)).toThrow(expect.objectContaining({ code: "BAD_USER_INPUT", field }));
  });

  test("accepts values exactly at the limits", () => {
    expect(() =>
      parseDescription({
        metadata: [{ name: "a", value: "x".repeat(2_047) }],
        tags: Array.from({ length: 10 }, (_, i) => ({
          name: `${i}`.padEnd(128, "x"),
          value: "y".repeat(256),
        })),
      }),
    ).not.toThrow();
  });

  test("counts metadata as it is sent", () => {
    const long = Array.from({ length: 700 }, (_, length) => "é".repeat(length));
    const taken = long.filter((text) => {
      try {
        parseDescription(value(text));
        return true;
      } catch {
        return false;
      }
    });
    expect(encodeMetadataValue(taken.at(-1) ?? "").length).toBeLessThanOrEqual(2_047);
    expect(encodeMetadataValue(`${taken.at(-1)}é`).length).toBeGreaterThan(2_047);
  });
});
