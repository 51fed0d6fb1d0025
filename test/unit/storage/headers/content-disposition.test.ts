import { parse } from "content-disposition";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  contentDisposition,
  parseContentTypeOverride,
} from "../../../../src/storage/headers/content-disposition.ts";

function filenameIn(header: string | undefined): string | undefined {
  return parse(header ?? "").parameters.filename;
}

describe("contentDisposition", () => {
  test.each([
    [undefined, undefined, undefined],
    ["INLINE", undefined, "inline"],
    ["ATTACHMENT", undefined, "attachment"],
    [undefined, "report.pdf", 'attachment; filename="report.pdf"'],
    ["INLINE", "report.pdf", 'inline; filename="report.pdf"'],
    ["INLINE", "", "inline"],
    [
      undefined,
      "보고서 1.pdf",
      "attachment; filename=\"___ 1.pdf\"; filename*=UTF-8''%EB%B3%B4%EA%B3%A0%EC%84%9C%201.pdf",
    ],
  ] as const)("%s, %s", (disposition, filename, header) => {
    expect(contentDisposition(disposition, filename)).toBe(header);
  });

  test.each([
    ['say "hi"\r\nSet-Cookie: a=b.txt', "say 'hi'Set-Cookie_ a=b.txt"],
    ["../../etc/passwd", "_.._etc_passwd"],
    ["..\\windows\\system.ini", "_windows_system.ini"],
    ["invoice\u202etxt.exe", "invoicetxt.exe"],
    [".htaccess", "htaccess"],
    ["a%20b.txt", "a%20b.txt"],
    ["👩‍👩‍👧 party.jpg", "👩‍👩‍👧 party.jpg"],
    ["..", "download"],
    ["\u0000\u0007", "download"],
  ])("%j is saved as %j", (filename, saved) => {
    expect(filenameIn(contentDisposition(undefined, filename))).toBe(saved);
  });

  test("is one line of printable ASCII without a path, whatever the file name", () => {
    const anyName = fc.oneof(
      fc.string({ unit: "binary", minLength: 1, maxLength: 100 }).filter((name) => name.isWellFormed()),
      fc.string({
        unit: fc.constantFrom(..."a./\\\"'%;=*\r\n\t\u202e\u2066é한😀"),
        minLength: 1,
        maxLength: 60,
      }),
    );
    fc.assert(
      fc.property(anyName, (name) => {
        const header = contentDisposition("ATTACHMENT", name);
        expect(header).toMatch(/^[\x20-\x7e]+$/);
        expect(filenameIn(header)).not.toMatch(/[\p{Cc}\p{Bidi_Control}/\\:"]|^\./u);
      }),
      { numRuns: 1_000 },
    );
  });

  test.each(["a\ud800", "x".repeat(1_025)])("refuses a name that cannot be: %#", (filename) => {
    expect(() => contentDisposition(undefined, filename)).toThrow(
      expect.objectContaining({ code: "BAD_USER_INPUT", field: "filename" }),
    );
  });
});

describe("parseContentTypeOverride", () => {
  test.each([
    "image/png",
    "text/plain; charset=utf-8",
    "application/pdf",
    'video/mp4; codecs="avc1.4d, mp4a"',
  ])("accepts %s", (contentType) => {
    expect(parseContentTypeOverride(contentType, undefined)).toBe(contentType);
    expect(parseContentTypeOverride(contentType, "INLINE")).toBe(contentType);
  });

  test.each([
    "text/html",
    "Text/HTML; charset=utf-8",
    "text/html ;a=b",
    "application/xhtml+xml",
    "image/svg+xml",
    "IMAGE/SVG+XML",
    "text/xml",
    "application/xml",
    "application/rss+xml",
    "application/xml-dtd",
    "text/javascript",
    "application/ecmascript",
    "text/jscript",
    "application/wasm",
    "multipart/x-mixed-replace; boundary=a",
    "text/cache-manifest",
    "*/*",
    "unknown/unknown",
  ])("accepts %s only for an attachment", (contentType) => {
    expect(parseContentTypeOverride(contentType, "ATTACHMENT")).toBe(contentType);
    for (const disposition of [undefined, "INLINE"] as const) {
      expect(() => parseContentTypeOverride(contentType, disposition)).toThrow(
        expect.objectContaining({ code: "BAD_USER_INPUT", field: "contentType" }),
      );
    }
  });

  test.each([
    "",
    "html",
    "text/",
    "text/plain\r\nA: b",
    "text/plain, text/html",
    "text/é",
    "text /plain",
    "a/b;c",
  ])("refuses %j", (contentType) => {
    expect(() => parseContentTypeOverride(contentType, "ATTACHMENT")).toThrow(
      expect.objectContaining({ code: "BAD_USER_INPUT", field: "contentType" }),
    );
  });
});
