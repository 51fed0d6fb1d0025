/** The syntax of names that operators write into the configuration, and what an error message says that it takes. */
export interface NameSyntax {
  readonly pattern: RegExp;
  readonly takes: string;
}

/** The account is missing in the ARNs of stores that have no accounts, such as Ceph. */
export const roleArn: NameSyntax = {
  pattern: /^arn:aws[a-z-]*:iam::(?:[\w-]{1,64})?:role\/[\w+=,.@/-]{1,512}$/,
  takes: "a role's ARN such as arn:aws:iam::111122223333:role/valetkey",
};

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export const externalId: NameSyntax = {
  pattern: /^[\w+=,.@:/-]{2,1224}$/,
  takes: "2 to 1,224 letters, digits and _+=,.@:/-",
};

/** A label of a host name, which is what the AWS SDK requires. Other stores have regions such as "default". */
export const regionName: NameSyntax = {
  pattern: /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
  takes: "region names such as eu-central-1",
};

/** IAM conditions match the ARN of a key, never that of an alias. Multi-Region keys begin with `mrk-`. */
export const kmsKeyArn: NameSyntax = {
  pattern: /^arn:aws[a-z-]*:kms:([a-z0-9-]{1,63}):\d{12}:key\/[\w-]{1,128}$/,
  takes:
    "a key's ARN such as arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab, not an alias",
};

/** The id of a public key in CloudFront, not that of a key group or a distribution. Key pairs of the root user begin with APKA. */
export const cloudFrontKeyId: NameSyntax = {
  pattern: /^(?:K|APKA)[A-Z0-9]{3,62}$/,
  takes: "the id of a CloudFront public key such as K2JCJMDEHXQW5F",
};

export const accountId: NameSyntax = {
  pattern: /^\d{12}$/,
  takes: "an account number of 12 digits, in quotes",
};

/** `aws`, `aws-cn`, `aws-us-gov`: the second part of an ARN. */
export function partitionOf(arn: string): string {
  return arn.split(":")[1] ?? "aws";
}
