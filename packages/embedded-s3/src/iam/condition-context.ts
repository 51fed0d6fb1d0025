import { type ConditionContext, headerKeys } from "./condition-keys.ts";
import type { Identity } from "./identity.ts";

/** What the condition keys of every signed request, to S3 or STS, are made from. */
export interface SigningFacts {
  readonly now: Date;
  readonly signedAt: Date;
  /** The region it was signed for. */
  readonly region: string;
  readonly authType: "REST-HEADER" | "REST-QUERY-STRING" | "POST";
  /** HTTP headers, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

export function signingContext({ now, signedAt, region, authType, headers }: SigningFacts): ConditionContext {
  return {
    "aws:CurrentTime": now.toISOString(),
    "aws:EpochTime": String(Math.floor(now.getTime() / 1000)),
    "aws:SourceIp": "127.0.0.1",
    "aws:SecureTransport": "false",
    "aws:UserAgent": headers["user-agent"],
    "aws:Referer": headers.referer,
    "aws:RequestedRegion": region,
    "s3:authType": authType,
    "s3:signatureversion": "AWS4-HMAC-SHA256",
    // In milliseconds: https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html
    "s3:signatureAge": String(Math.max(0, now.getTime() - signedAt.getTime())),
  };
}

/** The condition keys of a request to S3, except those about tags. */
export function requestContext(
  headers: Readonly<Record<string, string>>,
  query: ReadonlyMap<string, string>,
): ConditionContext {
  return {
    ...Object.fromEntries(headerKeys.map((name) => [`s3:${name}`, headers[name]])),
    "s3:versionid": query.get("versionId"),
    "s3:delimiter": query.get("delimiter"),
    "s3:max-keys": query.get("max-keys"),
  };
}

type Tags = Readonly<Record<string, string>>;

/** The condition keys about the tags that a request gives to an object. */
export function requestTagContext(tags: Tags): ConditionContext {
  return { ...tagContext("s3:RequestObjectTag/", tags), "s3:RequestObjectTagKeys": Object.keys(tags) };
}

/** The condition keys about the tags that the object already has. */
export function existingTagContext(tags: Tags): ConditionContext {
  return tagContext("s3:ExistingObjectTag/", tags);
}

/** The condition keys about the tags that AssumeRole gives to a session. */
export function sessionTagContext(tags: Tags): ConditionContext {
  return { ...tagContext("aws:RequestTag/", tags), "aws:TagKeys": Object.keys(tags) };
}

function tagContext(prefix: string, tags: Tags): ConditionContext {
  return Object.fromEntries(Object.entries(tags).map(([name, value]) => [`${prefix}${name}`, value]));
}

/** The condition keys about the caller. The store has one account, which owns everything. */
export function principalContext(identity: Identity): ConditionContext {
  const account = identity.arn.split(":")[4];
  const ofCaller = {
    "aws:PrincipalAccount": account,
    "aws:PrincipalArn": identity.arn,
    "aws:PrincipalIsAWSService": "false",
    "aws:userid": identity.userId,
    "aws:ResourceAccount": account,
    "s3:ResourceAccount": account,
  };
  if (identity.kind === "base") return { ...ofCaller, "aws:PrincipalType": "User" };
  return {
    ...ofCaller,
    "aws:PrincipalType": "AssumedRole",
    "aws:PrincipalArn": roleArnOf(identity.arn),
    "aws:MultiFactorAuthPresent": "false",
    "aws:SourceIdentity": identity.sourceIdentity,
    ...tagContext("aws:PrincipalTag/", identity.tags),
  };
}

/** arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION → arn:aws:iam::ACCOUNT:role/ROLE, as aws:PrincipalArn has it. */
function roleArnOf(sessionArn: string): string {
  return sessionArn.replace(/^(arn:[^:]*):sts:(:[^:]*:)assumed-role\/([^/]*)\/.*$/, "$1:iam:$2role/$3");
}
