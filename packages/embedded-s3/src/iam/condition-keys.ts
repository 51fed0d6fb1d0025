// What IAM calls condition keys: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
// S3's own: https://docs.aws.amazon.com/service-authorization/latest/reference/list_s3.html

/** The values of the condition keys of a request. Undefined if the request does not have a key. */
export type ConditionContext = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Headers whose values are condition keys, as s3:NAME. */
export const headerKeys = [
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

const suppliedKeys = [
  "aws:CurrentTime",
  "aws:EpochTime",
  "aws:SourceIp",
  "aws:SecureTransport",
  "aws:UserAgent",
  "aws:Referer",
  "aws:RequestedRegion",
  "aws:ResourceAccount",
  "aws:TagKeys",
  "aws:SourceIdentity",
  "aws:PrincipalType",
  "aws:PrincipalAccount",
  "aws:PrincipalArn",
  "aws:PrincipalIsAWSService",
  "aws:ViaAWSService",
  "aws:MultiFactorAuthPresent",
  "aws:userid",
  "s3:authType",
  "s3:signatureversion",
  "s3:signatureAge",
  "s3:ResourceAccount",
  "s3:RequestObjectTagKeys",
  "s3:prefix",
  "s3:delimiter",
  "s3:max-keys",
  "s3:versionid",
  ...headerKeys.map((name) => `s3:${name}`),
  "kms:CallerAccount",
  "kms:EncryptionContext:aws:s3:arn",
  "kms:EncryptionContextKeys",
  "kms:ViaService",
  "sts:ExternalId",
  "sts:RoleSessionName",
  "sts:SourceIdentity",
];

/** AWS does not set these either for role sessions that use plain HTTP from outside a VPC. */
const absentKeys = [
  "aws:username",
  "aws:MultiFactorAuthAge",
  "s3:TlsVersion",
  "aws:SourceVpc",
  "aws:SourceVpce",
  "aws:VpcSourceIp",
];

const knownKeys = new Set([...suppliedKeys, ...absentKeys].map((name) => name.toLowerCase()));
const knownTagKey = /^(?:aws:principaltag|aws:requesttag|s3:requestobjecttag|s3:existingobjecttag)\/./;

/** Whether the store sets this key on each request on which AWS would set it. */
export function isKnownConditionKey(name: string): boolean {
  const lowerCase = name.toLowerCase();
  return knownKeys.has(lowerCase) || knownTagKey.test(lowerCase);
}
