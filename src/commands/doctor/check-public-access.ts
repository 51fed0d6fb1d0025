import { readPublicAccessBlock } from "../../storage/inspection/bucket-configuration.ts";
import { type BucketUnderTest, ofBucket, unreadable } from "./bucket-under-test.ts";
import type { Findings } from "./finding.ts";

/**
 * Not BlockPublicAcls: it refuses ACLs that have no effect with IgnorePublicAcls, and Ceph 16 refuses every upload with it.
 */
const settings = ["IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"] as const;

/** Whether S3 refuses to make the bucket public. Nothing of the server needs a public bucket. */
export async function* checkPublicAccess(bucket: BucketUnderTest): Findings {
  const check = "public access";
  const reading = await readPublicAccessBlock(bucket.s3, bucket.name);
  if ("unreadable" in reading) {
    yield unreadable(bucket, check, reading.unreadable, "s3:GetBucketPublicAccessBlock");
    return;
  }
  const open = settings.filter((name) => reading.value[name] !== true);
  yield open.length === 0
    ? ofBucket(bucket, check, "ok", "Public access is blocked.")
    : ofBucket(bucket, check, "warning", `The bucket's public access block lacks ${open.join(", ")}.`, {
        means:
          "Unless the account blocks public access, a policy or an ACL can make objects public past all grants.",
        mend: "turn on Block Public Access; at Ceph without BlockPublicAcls. Presigned URLs do not need public access.",
      });
}
