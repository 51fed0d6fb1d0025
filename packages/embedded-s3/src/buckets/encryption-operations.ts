import { notImplemented } from "../core/store-error.ts";
import { parseKmsKey } from "../encryption/kms-key.ts";
import { noContent, type StoreResponse, xmlResponse } from "../http/response.ts";
import { malformedXml, type ParsedElement, parseXml } from "../http/xml.ts";
import { authorizeBucket } from "../requests/authorization.ts";
import { receiveText } from "../requests/request-body.ts";
import type { BucketRequest } from "../requests/s3-request.ts";
import type { DefaultEncryption } from "../store/encryption.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html */
export async function getBucketEncryption(request: BucketRequest): Promise<StoreResponse> {
  authorizeBucket(request, "s3:GetEncryptionConfiguration");
  const { keyArn, bucketKey = false } = request.bucket.configuration.encryption ?? {};
  return xmlResponse("ServerSideEncryptionConfiguration", {
    Rule: {
      ApplyServerSideEncryptionByDefault: {
        SSEAlgorithm: keyArn === undefined ? "AES256" : "aws:kms",
        KMSMasterKeyID: keyArn,
      },
      BucketKeyEnabled: bucketKey,
    },
  });
}

export async function putBucketEncryption(request: BucketRequest): Promise<StoreResponse> {
  authorizeBucket(request, "s3:PutEncryptionConfiguration");
  const root = parseXml(await receiveText(request), "ServerSideEncryptionConfiguration");
  const [rule, ...others] = root.children("Rule");
  if (rule === undefined || others.length > 0) throw malformedXml();
  await request.bucket.configure({ encryption: parseRule(rule, request) });
  return { status: 200 };
}

function parseRule(rule: ParsedElement, { bucket, identity }: BucketRequest): DefaultEncryption {
  const unknown = rule.childNames.find((name) => !ruleElements.includes(name));
  if (unknown !== undefined) throw notImplemented(unknown);
  const enabled = rule.childText("BucketKeyEnabled");
  if (enabled !== undefined && enabled !== "true" && enabled !== "false") throw malformedXml();
  const bucketKey = enabled === "true";
  const [byDefault, ...others] = rule.children("ApplyServerSideEncryptionByDefault");
  if (byDefault === undefined || others.length > 0) throw malformedXml();
  const algorithm = byDefault.childText("SSEAlgorithm");
  const key = byDefault.childText("KMSMasterKeyID");
  if (algorithm === "AES256" && key === undefined) return { bucketKey };
  if (algorithm === "aws:kms:dsse") throw notImplemented(algorithm);
  if (algorithm !== "aws:kms") throw malformedXml();
  if (key === undefined)
    throw notImplemented("SSEAlgorithm without a key, for the key aws/s3 that AWS manages");
  return { keyArn: parseKmsKey(key, bucket, identity.arn), bucketKey };
}

const ruleElements = ["ApplyServerSideEncryptionByDefault", "BucketKeyEnabled"];

/** Afterwards, S3 encrypts new objects with AES256. */
export async function deleteBucketEncryption(request: BucketRequest): Promise<StoreResponse> {
  authorizeBucket(request, "s3:PutEncryptionConfiguration");
  await request.bucket.configure({ encryption: undefined });
  return noContent;
}
