// This store writes all bytes as they are. It only remembers how S3 would encrypt them.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html

/** Encryption with a KMS key. Objects without one have the encryption of S3 itself, which is AES256. */
export interface KmsEncryption {
  readonly keyArn: string;
  /** Whether S3 derives the keys of objects from a key of the bucket, and so calls KMS for the bucket only. */
  readonly bucketKey: boolean;
}

/** The encryption of new objects whose requests do not ask for another one. */
export interface DefaultEncryption {
  /** Undefined: AES256. */
  readonly keyArn?: string | undefined;
  readonly bucketKey: boolean;
}
