import { assertAllowed, bucketArn, objectArn } from "../requests/authorization.ts";
import type { SignedRequest } from "../requests/s3-request.ts";
import type { Bucket } from "../store/bucket.ts";
import type { KmsEncryption } from "../store/encryption.ts";

export interface EncryptedObject {
  readonly bucket: Bucket;
  readonly key: string;
  readonly encryption?: KmsEncryption | undefined;
}

/**
 * S3 calls KMS with the permissions of its caller, and with the ARN of the object as encryption context, or with that of
 * the bucket if it uses a key of the bucket. There are no key policies here: each key lets its account's policies decide.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
 * https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
 * @throws {StoreError} AccessDenied (403)
 */
export function authorizeKms(
  request: Pick<SignedRequest, "identity" | "context">,
  action: "kms:GenerateDataKey" | "kms:Decrypt",
  { bucket, key, encryption }: EncryptedObject,
): void {
  if (encryption === undefined) return;
  const { identity, context } = request;
  assertAllowed(identity, {
    action,
    resource: encryption.keyArn,
    context: {
      "aws:CurrentTime": context["aws:CurrentTime"],
      "aws:EpochTime": context["aws:EpochTime"],
      "aws:RequestedRegion": bucket.region,
      "aws:SecureTransport": "true",
      "aws:ViaAWSService": "true",
      "kms:CallerAccount": identity.arn.split(":")[4],
      "kms:ViaService": `s3.${bucket.region}.amazonaws.com`,
      "kms:EncryptionContextKeys": ["aws:s3:arn"],
      "kms:EncryptionContext:aws:s3:arn": encryption.bucketKey
        ? bucketArn(bucket.name)
        : objectArn(bucket.name, key),
    },
  });
}
