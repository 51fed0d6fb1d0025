import { readDefaultEncryption } from "../../storage/inspection/bucket-configuration.ts";
import { type BucketUnderTest, ofBucket, unreadable } from "./bucket-under-test.ts";
import type { Findings } from "./finding.ts";

/** Whether the bucket's default key agrees with the access file. The round trip shows whether the session has the key. */
export async function* checkEncryption(bucket: BucketUnderTest): Findings {
  const check = "encryption";
  const { kmsKey } = bucket.settings;
  const reading = await readDefaultEncryption(bucket.s3, bucket.name);
  if ("unreadable" in reading) {
    yield unreadable(bucket, check, reading.unreadable, "s3:GetEncryptionConfiguration");
    return;
  }
  const [rule] = reading.value;
  const { SSEAlgorithm, KMSMasterKeyID } = rule?.ApplyServerSideEncryptionByDefault ?? {};
  const usesKms = SSEAlgorithm?.startsWith("aws:kms") ?? false;
  const byDefault = usesKms ? `KMS with ${KMSMasterKeyID ?? "the key aws/s3"}` : (SSEAlgorithm ?? "none");
  if (usesKms && kmsKey === undefined) {
    yield ofBucket(
      bucket,
      check,
      "fault",
      `The bucket's default encryption is ${byDefault}, and the access file has no kmsKey.`,
      {
        means:
          "The session policies have no permission for the key, so every upload and download is refused.",
        mend: `set kmsKey for the bucket in the access file${KMSMasterKeyID === undefined ? ", after giving the bucket a key of your own" : `: ${KMSMasterKeyID}`}.`,
      },
    );
    return;
  }
  if (usesKms && KMSMasterKeyID !== undefined && KMSMasterKeyID !== kmsKey) {
    yield ofBucket(
      bucket,
      check,
      "warning",
      `The bucket's default encryption is ${byDefault}, and the access file names ${kmsKey}.`,
      {
        means: "Objects that other programs store have another key, and the sessions cannot read them.",
        mend: "give both the same key.",
      },
    );
    return;
  }
  const asked = kmsKey === undefined ? "" : ` Uploads ask for ${kmsKey}.`;
  yield ofBucket(bucket, check, "ok", `The bucket's default encryption is ${byDefault}.${asked}`);
}
