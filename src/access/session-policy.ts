import type { Buckets } from "../core/bucket-settings.ts";
import type { BucketName } from "../core/object-address.ts";
import type { Action, Grant, ObjectAction } from "./grants.ts";
import { type ArnOf, allow, group, oneOrMany, type Statement } from "./iam-statement.ts";
import { kmsStatements } from "./kms-statements.ts";

/**
 * The IAM actions behind each action on objects. HeadObject is s3:GetObject; CreateMultipartUpload,
 * UploadPart and CompleteMultipartUpload are s3:PutObject.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 */
const objectActions = {
  DOWNLOAD: ["s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectVersion", "s3:GetObjectVersionTagging"],
  UPLOAD: ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject", "s3:PutObjectTagging"],
  DELETE: ["s3:DeleteObject", "s3:DeleteObjectVersion"],
} as const satisfies Record<Exclude<ObjectAction, "LIST">, readonly string[]>;

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (Policy) */
const maxPolicyCharacters = 2048;

/** `aws`, `aws-cn`, `aws-us-gov`: the second part of an ARN. */
export type Partition = string;

/**
 * `objects`: everything that the grants allow, and nothing else. `pending-uploads`: listing the multipart uploads in
 * progress of the buckets that the caller may upload to, and nothing else. S3 has no prefix condition for that listing,
 * so it also returns the keys of other callers' uploads and the server has to filter. That is why this permission is
 * not part of the sessions for objects. `confirmation`: HEAD of the objects that the caller may upload, and nothing else,
 * for callers who may not download them. The server signs no URL with such a session.
 */
export type SessionPurpose = "objects" | "pending-uploads" | "confirmation";

/**
 * `credentials`: like `objects`, for a session that is given to the client and never used by the server. If the client
 * may upload to a whole bucket, it also includes listing the bucket's multipart uploads in progress.
 */
export type PolicyPurpose = SessionPurpose | "credentials";

/** The grants of one caller do not fit into a session policy. They are never reduced to fit. */
export class SessionPolicyTooLargeError extends Error {
  override readonly name = "SessionPolicyTooLargeError";
  readonly characters: number;

  constructor(characters: number) {
    super(
      `The session policy has ${characters} characters, and STS takes ${maxPolicyCharacters}: ` +
        "give this caller fewer grants, or shorter or more alike prefixes.",
    );
    this.characters = characters;
  }
}

export interface SessionPolicyOptions {
  readonly partition: Partition;
  /** Default: objects. */
  readonly purpose?: PolicyPurpose | undefined;
  /** Says which buckets are encrypted with a KMS key. */
  readonly buckets?: Pick<Buckets, "of"> | undefined;
}

/**
 * The shortest IAM policy that allows what the grants allow. Equal grants give equal text. It is ASCII, because STS
 * refuses characters beyond U+00FF.
 * @returns undefined if the grants allow nothing, because a session without a policy would have all permissions of the
 * role
 * @throws {SessionPolicyTooLargeError}
 */
export function sessionPolicy(grants: readonly Grant[], options: SessionPolicyOptions): string | undefined {
  const arn = (resource: string) => `arn:${options.partition}:s3:::${resource}`;
  const statements = statementsFor(grants, arn, options);
  if (statements.length === 0) return undefined;
  const policy = asciiJson({ Version: "2012-10-17", Statement: statements });
  if (policy.length > maxPolicyCharacters) throw new SessionPolicyTooLargeError(policy.length);
  return policy;
}

function statementsFor(
  grants: readonly Grant[],
  arn: ArnOf,
  { purpose, buckets }: SessionPolicyOptions,
): readonly Statement[] {
  if (purpose === "pending-uploads") return pendingUploadStatements(grants, arn);
  if (purpose === "confirmation") {
    return [...confirmationStatements(grants, arn), ...kmsStatements(toReadUploads(grants), arn, buckets)];
  }
  const ofObjects = [...objectStatements(grants, arn), ...listStatements(grants, arn)];
  if (ofObjects.length === 0) return [];
  const ofWholeBuckets = purpose === "credentials" ? grants.filter(({ prefix }) => prefix === "") : [];
  return [
    ...ofObjects,
    ...pendingUploadStatements(ofWholeBuckets, arn),
    ...kmsStatements(grants, arn, buckets),
  ];
}

function objectStatements(grants: readonly Grant[], arn: ArnOf): readonly Statement[] {
  const perAction = (["DOWNLOAD", "UPLOAD", "DELETE"] as const).map((action) => ({
    iamActions: objectActions[action] as readonly string[],
    arns: objectArns(grants, action, arn),
  }));
  // Lists either each action with all its resources, or each resource with all its actions, whichever is shorter.
  const byAction = perAction
    .filter(({ arns }) => arns.length > 0)
    .map(({ iamActions, arns }) => allow(iamActions, arns));
  const actionsByArn = group(
    perAction.flatMap(({ iamActions, arns }) => arns.map((each) => [each, iamActions] as const)),
  );
  const byResource = group(
    [...actionsByArn].map(([each, actionLists]) => [asciiJson(actionLists.flat()), each] as const),
  );
  const merged = [...byResource].map(([iamActions, arns]) => allow(JSON.parse(iamActions), arns));
  return asciiJson(byAction).length < asciiJson(merged).length ? byAction : merged;
}

function listStatements(grants: readonly Grant[], arn: ArnOf): readonly Statement[] {
  const bucketsByPrefixes = group(
    prefixesByBucket(grants, "LIST").map(([bucket, prefixes]) => [asciiJson(prefixes), bucket] as const),
  );
  return [...bucketsByPrefixes].map(([prefixes, buckets]) => {
    const patterns = (JSON.parse(prefixes) as string[]).map((prefix) => `${literal(prefix)}*`);
    const listing = allow(["s3:ListBucket", "s3:ListBucketVersions"], buckets.map(arn));
    // There is no condition for the whole bucket, because StringLike does not match a request without a prefix.
    if (patterns.includes("*")) return listing;
    return { ...listing, Condition: { StringLike: { "s3:prefix": oneOrMany(patterns) } } };
  });
}

function pendingUploadStatements(grants: readonly Grant[], arn: ArnOf): readonly Statement[] {
  const buckets = prefixesByBucket(grants, "UPLOAD").map(([bucket]) => arn(bucket));
  return buckets.length === 0 ? [] : [allow(["s3:ListBucketMultipartUploads"], buckets)];
}

function confirmationStatements(grants: readonly Grant[], arn: ArnOf): readonly Statement[] {
  const arns = objectArns(grants, "UPLOAD", arn);
  return arns.length === 0 ? [] : [allow(["s3:GetObject"], arns)];
}

/** What grants would have to be like to allow reading what the callers may upload. */
function toReadUploads(grants: readonly Grant[]): readonly Grant[] {
  return grants
    .filter(({ actions }) => actions.includes("UPLOAD"))
    .map((grant) => ({ ...grant, actions: ["DOWNLOAD"] }));
}

function objectArns(grants: readonly Grant[], action: Action, arn: ArnOf): readonly string[] {
  return prefixesByBucket(grants, action).flatMap(([bucket, prefixes]) =>
    prefixes.map((prefix) => arn(`${bucket}/${literal(prefix)}*`)),
  );
}

/** The prefixes of an action, sorted, without those that are covered by a shorter one. */
function prefixesByBucket(
  grants: readonly Grant[],
  action: Action,
): readonly (readonly [BucketName, readonly string[]])[] {
  const granted = grants.filter((grant) => grant.actions.includes(action));
  const byBucket = group(granted.map((grant) => [grant.bucket, grant.prefix] as const));
  return [...byBucket].sort(byText).map(([bucket, prefixes]) => {
    const widestFirst = [...new Set(prefixes)].sort();
    let widest: string | undefined;
    const uncovered = widestFirst.filter((prefix) => {
      if (widest !== undefined && prefix.startsWith(widest)) return false;
      widest = prefix;
      return true;
    });
    return [bucket, uncovered] as const;
  });
}

/**
 * Escapes text so that a pattern matches it literally.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html (special characters)
 */
function literal(text: string): string {
  return text.replace(/[*?$]/g, "${$&}");
}

function byText(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1;
}

function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
