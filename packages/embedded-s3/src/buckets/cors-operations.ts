import { StoreError } from "../core/store-error.ts";
import { noContent, type StoreResponse, xmlResponse } from "../http/response.ts";
import { parseXml } from "../http/xml.ts";
import { authorizeBucket } from "../requests/authorization.ts";
import { receiveText } from "../requests/request-body.ts";
import type { BucketRequest } from "../requests/s3-request.ts";
import { parseCorsConfiguration, renderCorsConfiguration } from "./cors-configuration.ts";
import { corsRulesOf } from "./cors-headers.ts";

export async function getBucketCors(request: BucketRequest): Promise<StoreResponse> {
  authorizeBucket(request, "s3:GetBucketCORS");
  const rules = corsRulesOf(request.bucket);
  if (rules.length === 0) {
    throw new StoreError(404, "NoSuchCORSConfiguration", "The CORS configuration does not exist", {
      details: { BucketName: request.bucketName },
    });
  }
  return xmlResponse("CORSConfiguration", renderCorsConfiguration(rules));
}

export async function putBucketCors(request: BucketRequest): Promise<StoreResponse> {
  authorizeBucket(request, "s3:PutBucketCORS");
  await request.bucket.configure({
    cors: parseCorsConfiguration(parseXml(await receiveText(request), "CORSConfiguration")),
  });
  return { status: 200 };
}

export async function deleteBucketCors(request: BucketRequest): Promise<StoreResponse> {
  authorizeBucket(request, "s3:PutBucketCORS");
  await request.bucket.configure({ cors: [] });
  return noContent;
}
