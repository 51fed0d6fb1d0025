import { describe, expect, test } from "vitest";
import { type StorageTerms, withBucketTerms } from "../../../../src/storage/description/storage-terms.ts";

const key = "arn:aws:kms:eu-central-1:111122223333:key/bucket";

describe("the settings of a bucket", () => {
  test.each<[string, StorageTerms, StorageTerms]>([
    ["are added", {}, { storageClass: "STANDARD_IA", kmsKey: key }],
    ["leave a chosen storage class", { storageClass: "GLACIER" }, { storageClass: "GLACIER", kmsKey: key }],
    [
      "name the key, whatever else names one",
      { kmsKey: "other" },
      { storageClass: "STANDARD_IA", kmsKey: key },
    ],
    ["name the key where none is named", { kmsKey: undefined }, { storageClass: "STANDARD_IA", kmsKey: key }],
  ])("%s", (_name, given, expected) => {
    expect(withBucketTerms(given, { storageClass: "STANDARD_IA", kmsKey: key })).toEqual(expected);
  });
});
