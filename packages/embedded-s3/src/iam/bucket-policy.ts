import { StoreError } from "../core/store-error.ts";
import { type IamPolicy, parseIamPolicy } from "./iam-policy.ts";

/** What a bucket denies to everyone, whatever other policies allow. */
export type BucketPolicy = IamPolicy;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html (20 KB) */
const maxPolicyBytes = 20 * 1024;

/**
 * Parses the policy of a bucket. Only statements that deny something to everyone are supported, because they need no
 * decision about who is meant, and cannot widen what identity policies allow.
 * @throws {StoreError} MalformedPolicy (400), NotImplemented (501)
 */
export function parseBucketPolicy(text: string, bucketName: string): BucketPolicy {
  if (Buffer.byteLength(text) > maxPolicyBytes) throw malformed("Policy exceeds the maximum allowed size.");
  const document = parseObject(text);
  const statements = Array.isArray(document.Statement) ? document.Statement : [document.Statement];
  const withoutPrincipals = statements.map((statement: unknown) => {
    if (!isObject(statement)) throw malformed("Syntax errors in policy.");
    const { Principal: principal, NotPrincipal: notPrincipal, ...rest } = statement;
    if (principal === undefined && notPrincipal === undefined)
      throw malformed("Missing required field Principal");
    if (statement.Effect === "Allow") throw unsupported();
    if (!isEveryone(principal)) throw unsupported();
    assertInBucket(rest, bucketName);
    return rest;
  });
  return parseStatements({ ...document, Statement: withoutPrincipals });
}

function parseStatements(document: object): IamPolicy {
  try {
    return parseIamPolicy(JSON.stringify(document));
  } catch (error) {
    throw error instanceof StoreError ? malformed(error.message) : error;
  }
}

function isEveryone(principal: unknown): boolean {
  const named = isObject(principal) && Object.keys(principal).join() === "AWS" ? principal.AWS : principal;
  return (Array.isArray(named) && named.length === 1 ? named[0] : named) === "*";
}

function assertInBucket({ Resource: resource }: Readonly<Record<string, unknown>>, bucketName: string): void {
  const arn = `arn:aws:s3:::${bucketName}`;
  for (const each of Array.isArray(resource) ? resource : [resource]) {
    if (each !== arn && !String(each).startsWith(`${arn}/`)) throw malformed("Policy has invalid resource");
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const document: unknown = JSON.parse(text);
    if (isObject(document)) return document;
  } catch {
    // Refused below.
  }
  throw malformed("Policies must be valid JSON and the first byte must be '{'");
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unsupported(): StoreError {
  return new StoreError(
    501,
    "NotImplemented",
    'The embedded store only has bucket policies that deny something to everyone: Effect "Deny", Principal "*".',
  );
}

function malformed(message: string): StoreError {
  return new StoreError(400, "MalformedPolicy", message);
}
