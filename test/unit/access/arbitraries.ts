import fc from "fast-check";
import { actions, type Grant } from "../../../src/access/grants.ts";
import {
  type BucketName,
  type ObjectKey,
  parseBucketName,
  parseObjectKey,
} from "../../../src/core/object-address.ts";

export const bucketA: BucketName = parseBucketName("bucket-a");
export const bucketB: BucketName = parseBucketName("bucket-b");

export function keyOf(text: string): ObjectKey {
  return parseObjectKey(text);
}

const anyBucket = fc.constantFrom(bucketA, bucketB);

// Few different characters, so that prefixes and keys often meet; among them all that means something to IAM.
const meaningful = fc.constantFrom(
  "a",
  "b",
  "/",
  "*",
  "?",
  "$",
  "{",
  "}",
  "${*}",
  "한",
  "😀",
  '"',
  "\\",
  ":",
);
const anyText = (minLength: number, maxLength: number) =>
  fc.array(meaningful, { minLength, maxLength }).map((pieces) => pieces.join(""));

const anyGrant: fc.Arbitrary<Grant> = fc.record({
  bucket: anyBucket,
  prefix: anyText(0, 3),
  actions: fc.subarray([...actions], { minLength: 1 }),
  maxUploadBytes: fc.option(fc.constantFrom(1, 100, 1_000_000), { nil: undefined }),
  contentTypes: fc.option(fc.subarray(["image/*", "image/png", "application/pdf", "*/*"], { minLength: 1 }), {
    nil: undefined,
  }),
  maxExpiresSeconds: fc.option(fc.constantFrom(60, 3600), { nil: undefined }),
});

/** Up to four grants of one caller. */
export const anyGrants: fc.Arbitrary<Grant[]> = fc.array(anyGrant, { maxLength: 4 });

export const anyObject = fc.record({ bucket: anyBucket, key: anyText(1, 6).map(keyOf) });
