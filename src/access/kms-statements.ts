import { kmsKeyArn } from "../core/aws-names.ts";
import type { Buckets } from "../core/bucket-settings.ts";
import type { BucketName } from "../core/object-address.ts";
import type { Action, Grant } from "./grants.ts";
import { type ArnOf, allow, group, oneOrMany, type Statement } from "./iam-statement.ts";

/**
 * What S3 needs of KMS on the caller's behalf. Uploads also need kms:Decrypt, because S3 reads the parts of a multipart
 * upload when it completes it.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#require-sse-kms
 */
const decrypt = "kms:Decrypt";
const generateDataKey = "kms:GenerateDataKey";

/**
 * The statements for the KMS keys of the granted buckets. Each key may be used only through S3, and only for these
 * buckets: the encryption context is the bucket's ARN with an S3 Bucket Key, and the object's ARN without one.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
 */
export function kmsStatements(
  grants: readonly Grant[],
  arn: ArnOf,
  buckets: Pick<Buckets, "of"> | undefined,
): readonly Statement[] {
  if (buckets === undefined) return [];
  const keyed = [...new Set(grants.map(({ bucket }) => bucket))].sort().flatMap((bucket) => {
    const { kmsKey } = buckets.of(bucket);
    // Keys of other stores than AWS have no ARN, and no policy is about them.
    const region = kmsKey === undefined ? undefined : kmsKeyArn.pattern.exec(kmsKey)?.[1];
    const actions = iamActionsFor(grants, bucket);
    return kmsKey === undefined || region === undefined || actions.length === 0
      ? []
      : [{ bucket, actions, kmsKey, region }];
  });
  const groups = group(
    keyed.map(({ bucket, ...alike }) => [JSON.stringify(alike), { ...alike, bucket }] as const),
  );
  return [...groups.values()].flatMap((alike) => {
    const [first] = alike;
    if (first === undefined) return [];
    const contexts = alike.flatMap(({ bucket }) => [arn(bucket), arn(`${bucket}/*`)]);
    const conditions = {
      // The rest of the name depends on the partition. AWS sets this value, not the caller.
      "kms:ViaService": `s3.${first.region}.*`,
      "kms:EncryptionContext:aws:s3:arn": oneOrMany(contexts),
    };
    return [{ ...allow(first.actions, [first.kmsKey]), Condition: { StringLike: conditions } }];
  });
}

function iamActionsFor(grants: readonly Grant[], bucket: BucketName): readonly string[] {
  const isGranted = (action: Action) =>
    grants.some((grant) => grant.bucket === bucket && grant.actions.includes(action));
  if (isGranted("UPLOAD")) return [decrypt, generateDataKey];
  return isGranted("DOWNLOAD") ? [decrypt] : [];
}
