import { type BucketPolicy, parseBucketPolicy } from "../iam/bucket-policy.ts";
import type { Bucket, BucketConfiguration } from "../store/bucket.ts";
import type { Buckets } from "../store/buckets.ts";

/** Finds the policy of a bucket by the bucket's name. */
export type FindBucketPolicy = (bucketName: string) => BucketPolicy | undefined;

const parsed = new WeakMap<BucketConfiguration, BucketPolicy>();

export function bucketPoliciesOf(buckets: Buckets): FindBucketPolicy {
  return (name) => {
    const bucket = buckets.find(name);
    return bucket && policyOf(bucket);
  };
}

/** A change of a bucket replaces its configuration, so each policy is parsed once. */
function policyOf({ name, configuration }: Bucket): BucketPolicy | undefined {
  if (configuration.policy === undefined) return undefined;
  const known = parsed.get(configuration);
  if (known !== undefined) return known;
  const policy = parseBucketPolicy(configuration.policy, name);
  parsed.set(configuration, policy);
  return policy;
}
