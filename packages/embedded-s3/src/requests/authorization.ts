import { StoreError } from "../core/store-error.ts";
import { requestContext } from "../iam/condition-context.ts";
import { type ConditionContext } from "../iam/condition-keys.ts";
import { type AccessRequest, evaluate, isAllowed, isDenied } from "../iam/evaluate.ts";
import type { Identity } from "../iam/identity.ts";
import type { SignedRequest } from "./s3-request.ts";

// Which action an operation needs: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html

export function bucketArn(bucketName: string): string {
  return `arn:aws:s3:::${bucketName}`;
}

export function objectArn(bucketName: string, key: string): string {
  return `arn:aws:s3:::${bucketName}/${key}`;
}

/** @throws {StoreError} AccessDenied (403) */
export function authorize(
  request: SignedRequest,
  action: string,
  resource: string,
  context: ConditionContext = {},
): void {
  const question = accessRequest(request, action, resource, context);
  assertAllowed(request.identity, question);
  if (isDeniedByBucket(request, question)) {
    throw accessDenied(request.identity, question, "with an explicit deny in a resource-based policy");
  }
}

function accessRequest(
  request: SignedRequest,
  action: string,
  resource: string,
  context: ConditionContext,
): AccessRequest {
  const ofRequest = { ...request.context, ...requestContext(request.headers, request.query) };
  return { action, resource, context: { ...ofRequest, ...context } };
}

const policyActions = ["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"];

/** As on AWS, an account cannot lock itself out of the policy of its bucket. */
function isDeniedByBucket(request: SignedRequest, question: AccessRequest): boolean {
  if (request.identity.kind === "base" && policyActions.includes(question.action)) return false;
  const [, bucketName = ""] = /^arn:aws:s3:::([^/]*)/.exec(question.resource) ?? [];
  const policy = request.bucketPolicyOf(bucketName);
  return policy !== undefined && isDenied(policy, request.identity, question);
}

/** @throws {StoreError} AccessDenied (403) */
export function authorizeObject(
  request: SignedRequest & { readonly bucketName: string; readonly key: string },
  action: string,
): void {
  authorize(request, action, objectArn(request.bucketName, request.key));
}

/** @throws {StoreError} AccessDenied (403) */
export function authorizeBucket(
  request: SignedRequest & { readonly bucketName: string },
  action: string,
  context?: ConditionContext,
): void {
  authorize(request, action, bucketArn(request.bucketName), context);
}

/**
 * The error for a missing object. S3 only tells callers who may list the bucket that an object is missing.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
 */
export function missingObject(request: SignedRequest, bucketName: string, missing: StoreError): StoreError {
  const resource = bucketArn(bucketName);
  try {
    authorize(request, "s3:ListBucket", resource);
    return missing;
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
}

/**
 * Checks the caller's own policies, without those of buckets.
 * @throws {StoreError} AccessDenied (403)
 */
export function assertAllowed(identity: Identity, question: AccessRequest): void {
  if (isAllowed(identity, question)) return;
  const sessionPolicyAllows =
    identity.kind === "session" &&
    (identity.sessionPolicy === undefined || evaluate([identity.sessionPolicy], question));
  const lacking = sessionPolicyAllows ? "identity-based" : "session";
  throw accessDenied(identity, question, `because no ${lacking} policy allows the ${question.action} action`);
}

function accessDenied(identity: Identity, { action, resource }: AccessRequest, reason: string): StoreError {
  return new StoreError(
    403,
    "AccessDenied",
    `User: ${identity.arn} is not authorized to perform: ${action} on resource: "${resource}" ${reason}`,
  );
}
