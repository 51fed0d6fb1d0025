import { StoreError } from "../core/store-error.ts";
import { requestContext } from "../iam/condition-context.ts";
import { type ConditionContext } from "../iam/condition-keys.ts";
import { evaluate, isAllowed } from "../iam/evaluate.ts";
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
  if (!isAllowedFor(request, action, resource, context))
    throw accessDenied(request.identity, action, resource);
}

export function isAllowedFor(
  request: SignedRequest,
  action: string,
  resource: string,
  context: ConditionContext = {},
): boolean {
  return isAllowed(request.identity, {
    action,
    resource,
    context: { ...request.context, ...requestContext(request.headers, request.query), ...context },
  });
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
  if (isAllowedFor(request, "s3:ListBucket", resource)) return missing;
  return accessDenied(request.identity, "s3:ListBucket", resource);
}

function accessDenied(identity: Identity, action: string, resource: string): StoreError {
  const sessionPolicyAllows =
    identity.kind === "session" &&
    (identity.sessionPolicy === undefined ||
      evaluate([identity.sessionPolicy], { action, resource, context: {} }));
  const lacking = sessionPolicyAllows ? "identity-based" : "session";
  return new StoreError(
    403,
    "AccessDenied",
    `User: ${identity.arn} is not authorized to perform: ${action} on resource: "${resource}" because no ${lacking} policy allows the ${action} action`,
  );
}
