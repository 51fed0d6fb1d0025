import { StoreError } from "../core/store-error.ts";
import { noContent, type StoreResponse } from "../http/response.ts";
import { parseBucketPolicy } from "../iam/bucket-policy.ts";
import { authorizeBucket } from "../requests/authorization.ts";
import { receiveText } from "../requests/request-body.ts";
import type { BucketRequest } from "../requests/s3-request.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html */
export async function getBucketPolicy(request: BucketRequest): Promise<StoreResponse> {
  authorizeBucket(request, "s3:GetBucketPolicy");
  const { policy } = request.bucket.configuration;
  if (policy === undefined) {
    throw new StoreError(404, "NoSuchBucketPolicy", "The bucket policy does not exist", {
      details: { BucketName: request.bucketName },
    });
  }
  return { status: 200, headers: { "content-type": "application/json" }, body: policy };
}

export async function putBucketPolicy(request: BucketRequest): Promise<StoreResponse> {
  authorizeBucket(request, "s3:PutBucketPolicy");
  const policy = await receiveText(request);
  parseBucketPolicy(policy, request.bucketName);
  await request.bucket.configure({ policy });
  return noContent;
}

export async function deleteBucketPolicy(request: BucketRequest): Promise<StoreResponse> {
  authorizeBucket(request, "s3:DeleteBucketPolicy");
  await request.bucket.configure({ policy: undefined });
  return noContent;
}
