import { HeadBucketCommand, type S3Client } from "@aws-sdk/client-s3";
import type { BucketAddress } from "../../core/object-address.ts";
import { describeFailure } from "../client/s3-failure.ts";
import { toStorageError } from "../client/to-storage-error.ts";

/** Whether a bucket exists. The result can be shared within a request. */
export type BucketProbe = (bucket: BucketAddress) => Promise<boolean>;

/**
 * Asks S3 whether a bucket exists. A bucket that the caller may not access exists.
 *
 * @throws {BucketInOtherRegion} and other errors if S3 does not tell
 */
export async function bucketExists(s3: S3Client, { bucket }: BucketAddress): Promise<boolean> {
  try {
    await s3.send(new HeadBucketCommand({ Bucket: bucket }));
    return true;
  } catch (cause) {
    const error = toStorageError(cause, { operation: "HeadBucket", subject: "bucket" });
    if (error.code === "FORBIDDEN") return true;
    if (describeFailure(cause).httpStatus === 404) return false;
    throw error;
  }
}
