import type { StoreName } from "../support/store-description.ts";

interface Difference {
  readonly store: StoreName;
  readonly reason: string;
}

/**
 * Where a store is known to differ from S3. A test that allows for one asks `store.differs(name)`:
 * everything else holds on every store.
 */
export const differences = {
  ignoresChecksums: {
    store: "ceph",
    reason: "Ceph 16 takes x-amz-checksum-* headers without verifying, storing or returning them.",
  },
  dropsTagsOfMultipartUploads: {
    store: "ceph",
    reason: "Ceph 16 drops x-amz-tagging of CreateMultipartUpload.",
  },
  bindsTagsOfCopiesToMetadata: {
    store: "ceph",
    reason:
      "Ceph 16's CopyObject ignores x-amz-tagging and x-amz-tagging-directive: with the source's metadata come its tags, with new metadata come none.",
  },
  readsUnderscoresAsHyphens: {
    store: "ceph",
    reason:
      "Ceph 16 stores the metadata a_b of a request's headers as a-b. Of a POST's fields it is stored as it is.",
  },
  completesOverWhatIsThere: {
    store: "ceph",
    reason:
      "Ceph 16 ignores If-None-Match at CompleteMultipartUpload: of uploads that may replace nothing and are completed at once, several replace each other.",
  },
  storesNoPostUnderSessionPolicy: {
    store: "ceph",
    reason:
      "Ceph 16 ends a POST as soon as a session policy has allowed it, whatever form and policy (the SDK's too): it answers 204, and neither checks the size nor stores anything. What the policy does not allow gets its 403.",
  },
  ignoresCopySourceIfMatch: {
    store: "ceph",
    reason: "Ceph 16 copies whatever the source is by then: it does not compare x-amz-copy-source-if-match.",
  },
  dropsHeadersOfPosts: {
    store: "ceph",
    reason: "Of a POST's fields Ceph 16 stores Content-Type and metadata, not Cache-Control and its like.",
  },
  takesPolicyEscapesLiterally: {
    store: "ceph",
    reason:
      "Ceph 16 does not know the policy variables ${*}, ${?} and ${$}: what they should allow stays refused.",
  },
  checksSignaturesOfPreflights: {
    store: "ceph",
    reason:
      "Ceph up to 16.2.15, 17.2.7 and 18.2.1 checks the signature of a preflight request, which lacks the headers that it covers, and responds with 403: https://github.com/ceph/ceph/pull/55458",
  },
  refusesPlusInSessionNames: {
    store: "ceph",
    reason: "Ceph 16 answers 400 to a RoleSessionName with a plus, which STS takes.",
  },
  comparesKeysOfPutObjectOnly: {
    store: "ceph",
    reason:
      "Ceph 16 sets the condition key s3:x-amz-server-side-encryption-aws-kms-key-id for PutObject only: a bucket policy that demands a KMS key denies forms, multipart uploads and copies even if they ask for the key.",
  },
  copiesNothingEncrypted: {
    store: "ceph",
    reason:
      "Ceph 16 responds with 501 to a copy of an encrypted object, and stores the copy of another object without the encryption that the copy asks for.",
  },
  asksForNoKmsPermissions: {
    store: "ceph",
    reason:
      "Ceph has no actions of KMS in its policies: who may write or read an object may use every key that the gateway has.",
  },
  hasNoBucketKeys: {
    store: "ceph",
    reason: "Ceph 16 takes x-amz-server-side-encryption-bucket-key-enabled and reports nothing.",
  },
  hasNoDefaultEncryption: {
    store: "ceph",
    reason: "Ceph 16 does not know PutBucketEncryption.",
  },
} as const satisfies Record<string, Difference>;

export type DifferenceName = keyof typeof differences;
