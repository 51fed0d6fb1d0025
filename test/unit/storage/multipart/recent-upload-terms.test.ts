import { describe, expect, test } from "vitest";
import {
  type GivenDescription,
  parseDescription,
} from "../../../../src/storage/description/object-description.ts";
import { RecentUploadTerms } from "../../../../src/storage/multipart/recent-upload-terms.ts";
import { planUpload } from "../../../../src/storage/multipart/upload-plan.ts";
import { objectAddress } from "../arbitraries.ts";

const { sizeBytes, partBytes } = planUpload(20_000_000);
const upload = { ...objectAddress("a"), uploadId: "1", sizeBytes, partBytes, overwrite: true };
const termsOf = (given: GivenDescription, sizeBytes = 20_000_000) => ({
  plan: planUpload(sizeBytes),
  description: parseDescription(given),
  checksumAlgorithm: given.checksum?.algorithm,
});
const given: GivenDescription = {
  contentType: "image/png",
  metadata: [{ name: "a", value: "b" }],
  tags: [{ name: "t", value: "" }],
};

describe("RecentUploadTerms", () => {
  test("recognizes the terms of the uploads that it remembers", () => {
    const begun = new RecentUploadTerms();
    expect(begun.haveTerms(upload, termsOf(given))).toBeUndefined();
    begun.remember(upload, termsOf(given));
    expect(begun.haveTerms(upload, termsOf(given))).toBe(true);
    expect(begun.haveTerms({ ...upload, uploadId: "2" }, termsOf(given))).toBeUndefined();
    expect(begun.find({ ...objectAddress("a"), uploadId: "1" })).toBe(upload);
    expect(begun.find({ ...objectAddress("a"), uploadId: "2" })).toBeUndefined();
  });

  test.each<[string, GivenDescription]>([
    ["content type", { ...given, contentType: "image/gif" }],
    ["Content-Disposition", { ...given, contentDisposition: "inline" }],
    ["Cache-Control", { ...given, cacheControl: "no-store" }],
    ["metadata", { ...given, metadata: [{ name: "a", value: "c" }] }],
    ["tags", { ...given, tags: [] }],
    ["checksum algorithm", { ...given, checksum: { algorithm: "CRC32", value: "AAAAAA==" } }],
  ])("distinguishes terms with another %s", (_what, other) => {
    const begun = new RecentUploadTerms();
    begun.remember(upload, termsOf(given));
    expect(begun.haveTerms(upload, termsOf(other))).toBe(false);
  });

  test("distinguishes sizes whose parts have the same length", () => {
    const begun = new RecentUploadTerms();
    begun.remember(upload, termsOf(given, 16_800_000));
    expect(begun.haveTerms(upload, termsOf(given, 16_800_000 + 8_388_593))).toBe(false);
  });
});
