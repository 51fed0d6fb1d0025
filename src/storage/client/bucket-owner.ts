import type { S3Client } from "@aws-sdk/client-s3";
import type { Buckets } from "../../core/bucket-settings.ts";
import type { BucketName } from "../../core/object-address.ts";

/** S3 refuses a request with this header if another account owns the bucket. */
export const expectedOwnerHeader = "x-amz-expected-bucket-owner";
const expectedSourceOwnerHeader = "x-amz-source-expected-bucket-owner";

/**
 * Sends the account that has to own the bucket with every call, and for copies the account that has to own the source.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
 */
export function nameBucketOwners(client: S3Client, buckets: Pick<Buckets, "of">): void {
  client.middlewareStack.add(
    (next) => (args) => {
      const { Bucket, CopySource } = args.input as { Bucket?: string; CopySource?: string };
      const { headers } = args.request as { headers: Record<string, string> };
      const owner = ownerOf(Bucket);
      if (owner !== undefined) headers[expectedOwnerHeader] = owner;
      const sourceOwner = ownerOf(CopySource?.split("/", 1)[0]);
      if (sourceOwner !== undefined) headers[expectedSourceOwnerHeader] = sourceOwner;
      return next(args);
    },
    { step: "build", name: "nameBucketOwners" },
  );

  function ownerOf(bucket: string | undefined): string | undefined {
    return bucket === undefined ? undefined : buckets.of(bucket as BucketName).owner;
  }
}
