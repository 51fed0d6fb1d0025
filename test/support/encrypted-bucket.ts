import { CreateBucketCommand, PutBucketPolicyCommand, S3Client } from "@aws-sdk/client-s3";
import type { AccessKey, StoreEncryption } from "./store-description.ts";

/** Creates a bucket whose policy denies uploads without the key, as a company's policy does. */
export async function createEncryptedBucket(
  { endpoint, region }: { readonly endpoint: string; readonly region: string },
  credentials: AccessKey,
  { bucket: Bucket, demandingPrefix, key }: StoreEncryption,
): Promise<void> {
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  const name = "s3:x-amz-server-side-encryption-aws-kms-key-id";
  const deny = (Condition: object) => ({
    Effect: "Deny",
    Principal: "*",
    Action: "s3:PutObject",
    Resource: `arn:aws:s3:::${Bucket}/${demandingPrefix}*`,
    Condition,
  });
  // For S3, StringNotEquals is enough: a request without a key does not have this key either. Ceph needs Null too.
  const Statement = [deny({ StringNotEquals: { [name]: key } }), deny({ Null: { [name]: "true" } })];
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
  try {
    await s3.send(new CreateBucketCommand({ Bucket }));
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  } finally {
    s3.destroy();
  }
}
