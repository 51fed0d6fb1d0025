import { describe, expect, it } from "vitest";
import { encodeMetadataValue } from "../../../../src/storage/headers/metadata-value.ts";
import { type UploadDescription, uploadHeaders } from "../../../../src/storage/headers/upload-headers.ts";

describe("uploadHeaders", () => {
  it("has nothing for nothing", () => {
    expect(uploadHeaders({})).toEqual({});
    expect(
      uploadHeaders({ contentType: null, metadata: null, tags: [], checksum: null, overwrite: true }),
    ).toEqual({});
  });

  it("says everything that an object is stored with", () => {
    expect(
      uploadHeaders({
        contentType: "text/plain; charset=utf-8",
        contentDisposition: "attachment; filename*=UTF-8''na%C3%AFve.txt",
        contentEncoding: "gzip, br",
        cacheControl: "public, max-age=60",
        metadata: [
          { name: "Name", value: "zoë" },
          { name: "empty", value: "" },
        ],
        tags: [
          { name: "project", value: "valet key" },
          { name: "a/b", value: "é+=@" },
        ],
        checksum: { algorithm: "CRC32", value: "AAAAAA==" },
        overwrite: false,
      }),
    ).toEqual({
      "content-type": "text/plain; charset=utf-8",
      "content-disposition": "attachment; filename*=UTF-8''na%C3%AFve.txt",
      "content-encoding": "gzip, br",
      "cache-control": "public, max-age=60",
      "x-amz-meta-name": "=?UTF-8?B?em/Dqw==?=",
      "x-amz-meta-empty": "",
      "x-amz-tagging": "project=valet%20key&a%2Fb=%C3%A9%2B%3D%40",
      "x-amz-checksum-crc32": "AAAAAA==",
      "if-none-match": "*",
    });
  });

  const name = (value: string) => ({ metadata: [{ name: value, value: "" }] });
  const value = (text: string) => ({ metadata: [{ name: "a", value: text }] });
  const tag = (key: string, text = "") => ({ tags: [{ name: key, value: text }] });

  it.each<[string, UploadDescription]>([
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
    expect(() => uploadHeaders(input)).toThrow(expect.objectContaining({ code: "BAD_USER_INPUT", field }));
  });

  it("takes what is just within the limits", () => {
    expect(() =>
      uploadHeaders({
        metadata: [{ name: "a", value: "x".repeat(2_047) }],
        tags: Array.from({ length: 10 }, (_, i) => ({
          name: `${i}`.padEnd(128, "x"),
          value: "y".repeat(256),
        })),
      }),
    ).not.toThrow();
  });

  it("counts metadata as it is sent", () => {
    for (const length of [1, 300, 610]) {
      const { "x-amz-meta-a": header = "" } = uploadHeaders(value("é".repeat(length)));
      expect(header.length).toBeLessThan(2_048);
    }
    const long = Array.from({ length: 700 }, (_, length) => "é".repeat(length));
    const taken = long.filter((text) => {
      try {
        return uploadHeaders(value(text)) !== undefined;
      } catch {
        return false;
      }
    });
    expect(encodeMetadataValue(taken.at(-1) ?? "").length).toBeLessThanOrEqual(2_047);
    expect(encodeMetadataValue(`${taken.at(-1)}é`).length).toBeGreaterThan(2_047);
  });
});
