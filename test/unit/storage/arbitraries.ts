import fc from "fast-check";
import {
  type BucketName,
  type ObjectAddress,
  type ObjectKey,
  parseBucketName,
  parseNewObjectKey,
  type Region,
} from "../../../src/core/object-address.ts";

export const eu = "eu-west-1" as Region;

export function objectAddress(key: string, bucket = "photos", region = "eu-west-1"): ObjectAddress {
  return { region: region as Region, bucket: parseBucketName(bucket), key: parseNewObjectKey(key) };
}

export const anyRegion = fc
  .constantFrom("us-east-1", "eu-west-1", "ap-northeast-2", "cn-north-1", "us-gov-west-1", "me-central-1")
  .map((region) => region as Region);

export const anyBucket: fc.Arbitrary<BucketName> = fc
  .constantFrom("photos", "a-b-3", "my.dotted.bucket", "www.example.com", "b".repeat(63))
  .map((bucket) => parseBucketName(bucket));

/** Every key that the server takes: all of Unicode, and often what URLs and signatures trip over. */
export const anyKey: fc.Arbitrary<ObjectKey> = fc
  .oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 80 }),
    fc.string({ unit: "binary", minLength: 1, maxLength: 80 }),
    fc.string({
      unit: fc.constantFrom(..."a/.%+ #?&='\"()*!~;:@$,<>[]{}|\\^`é한😀"),
      minLength: 1,
      maxLength: 80,
    }),
  )
  .filter(isLegalKey)
  .map((key) => parseNewObjectKey(key));

function isLegalKey(key: string): boolean {
  try {
    parseNewObjectKey(key);
    return true;
  } catch {
    return false;
  }
}

export const anyCredentials = fc.record({
  accessKeyId: fc.stringMatching(/^ASIA[A-Z0-9]{16}$/),
  secretAccessKey: fc.base64String({ minLength: 20, maxLength: 44 }),
  sessionToken: fc.base64String({ minLength: 20, maxLength: 400 }),
});

/** Any second that a signature may carry, and often one beside midnight. */
export const anySigningDate = fc.oneof(
  fc.date({ min: new Date("2000-01-01"), max: new Date("2099-12-31"), noInvalidDate: true }),
  fc
    .tuple(fc.integer({ min: 10_000, max: 40_000 }), fc.integer({ min: -1_500, max: 1_500 }))
    .map(([days, milliseconds]) => new Date(days * 86_400_000 + milliseconds)),
);
