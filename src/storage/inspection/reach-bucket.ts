import { HeadBucketCommand, type S3Client } from "@aws-sdk/client-s3";
import type { BucketName } from "../../core/object-address.ts";
import { describeSdkFailure } from "../../core/sdk-failure.ts";

export type BucketReach =
  /** `region`: undefined for stores that do not name it. */
  | { readonly kind: "found"; readonly region: string | undefined }
  | { readonly kind: "elsewhere"; readonly region: string | undefined }
  | { readonly kind: "missing" }
  | { readonly kind: "denied" }
  /** `reason` is a message for operators. */
  | { readonly kind: "unreachable"; readonly reason: string };

/** Asks the store for the bucket, with HeadBucket. */
export async function reachBucket(s3: S3Client, Bucket: BucketName): Promise<BucketReach> {
  try {
    const { BucketRegion } = await s3.send(new HeadBucketCommand({ Bucket }));
    return { kind: "found", region: BucketRegion };
  } catch (error) {
    const { name, message, httpStatus, responseHeaders } = describeSdkFailure(error);
    const region = responseHeaders["x-amz-bucket-region"];
    const elsewhere = httpStatus === 301 || httpStatus === 307 || httpStatus === 400;
    if (elsewhere && typeof region === "string") return { kind: "elsewhere", region };
    if (httpStatus === 404) return { kind: "missing" };
    if (httpStatus === 403) return { kind: "denied" };
    return { kind: "unreachable", reason: `${name}: ${message}` };
  }
}
