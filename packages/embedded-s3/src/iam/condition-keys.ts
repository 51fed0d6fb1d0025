import type { Identity } from "../signing/identity.ts";

// What IAM calls condition keys: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
// S3's own: https://docs.aws.amazon.com/service-authorization/latest/reference/list_s3.html

/** The values of a request's condition keys; undefined where the request has no such key. */
export type ConditionContext = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Of every signed request, to S3 and to STS. */
export interface SigningFacts {
  readonly now: Date;
  readonly signedAt: Date;
  /** The region it was signed for. */
  readonly region: string;
  readonly authType: "REST-HEADER" | "REST-QUERY-STRING" | "POST";
  /** Of HTTP, names in lower case. */
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

const headerKeys = [
  "x-amz-acl",
  "x-amz-content-sha256",
  "x-amz-copy-source",
  "x-amz-grant-full-control",
  "x-amz-grant-read",
  "x-amz-grant-read-acp",
  "x-amz-grant-write",
  "x-amz-grant-write-acp",
  "x-amz-metadata-directive",
  "x-amz-server-side-encryption",
  "x-amz-server-side-encryption-aws-kms-key-id",
  "x-amz-server-side-encryption-customer-algorithm",
  "x-amz-storage-class",
  "x-amz-website-redirect-location",
  "if-match",
  "if-none-match",
];

/** Of what a request to S3 says, beside its tags. */
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

/** Of the tags that a request brings for an object. */
export function requestTagContext(tags: Tags): ConditionContext {
  return { ...tagContext("s3:RequestObjectTag/", tags), "s3:RequestObjectTagKeys": Object.keys(tags) };
}

/** Of the tags that the object has which a request is about. */
export function existingTagContext(tags: Tags): ConditionContext {
  return tagContext("s3:ExistingObjectTag/", tags);
}

/** Of the tags that AssumeRole is to give a session. */
export function sessionTagContext(tags: Tags): ConditionContext {
  return { ...tagContext("aws:RequestTag/", tags), "aws:TagKeys": Object.keys(tags) };
}

function tagContext(prefix: string, tags: Tags): ConditionContext {
  return Object.fromEntries(Object.entries(tags).map(([name, value]) => [`${prefix}${name}`, value]));
}

/** Of whoever asks in a role session. The one account owns everything. */
export function principalContext(identity: Extract<Identity, { kind: "session" }>): ConditionContext {
  const account = identity.arn.split(":")[4];
  return {
    "aws:PrincipalType": "AssumedRole",
    "aws:PrincipalAccount": account,
    "aws:PrincipalArn": roleArnOf(identity.arn),
    "aws:PrincipalIsAWSService": "false",
    "aws:userid": identity.userId,
    "aws:ViaAWSService": "false",
    "aws:MultiFactorAuthPresent": "false",
    "aws:SourceIdentity": identity.sourceIdentity,
    "aws:ResourceAccount": account,
    "s3:ResourceAccount": account,
    ...tagContext("aws:PrincipalTag/", identity.tags),
  };
}

/** arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION → arn:aws:iam::ACCOUNT:role/ROLE, as aws:PrincipalArn has it. */
function roleArnOf(sessionArn: string): string {
  return sessionArn.replace(/^(arn:[^:]*):sts:(:[^:]*:)assumed-role\/([^/]*)\/.*$/, "$1:iam:$2role/$3");
}

const suppliedKeys = [
  ...[
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:SourceIp",
    "aws:SecureTransport",
    "aws:UserAgent",
    "aws:Referer",
  ],
  ...["aws:RequestedRegion", "aws:ResourceAccount", "aws:TagKeys", "aws:SourceIdentity"],
  ...["aws:PrincipalType", "aws:PrincipalAccount", "aws:PrincipalArn", "aws:PrincipalIsAWSService"],
  ...["aws:ViaAWSService", "aws:MultiFactorAuthPresent", "aws:userid"],
  ...[
    "s3:authType",
    "s3:signatureversion",
    "s3:signatureAge",
    "s3:ResourceAccount",
    "s3:RequestObjectTagKeys",
  ],
  ...["s3:prefix", "s3:delimiter", "s3:max-keys", "s3:versionid"],
  ...headerKeys.map((name) => `s3:${name}`),
  ...["sts:ExternalId", "sts:RoleSessionName", "sts:SourceIdentity"],
];

/** AWS has none of these either for a role session that comes over plain HTTP from no VPC. */
const absentKeys = [
  ...["aws:username", "aws:MultiFactorAuthAge", "s3:TlsVersion"],
  ...["aws:SourceVpc", "aws:SourceVpce", "aws:VpcSourceIp"],
];

const knownKeys = new Set([...suppliedKeys, ...absentKeys].map((name) => name.toLowerCase()));
const knownTagKey = /^(?:aws:principaltag|aws:requesttag|s3:requestobjecttag|s3:existingobjecttag)\/./;

/** Whether a request has the key whenever AWS would say that it has it. */
export function isKnownConditionKey(name: string): boolean {
  const lowerCase = name.toLowerCase();
  return knownKeys.has(lowerCase) || knownTagKey.test(lowerCase);
}
