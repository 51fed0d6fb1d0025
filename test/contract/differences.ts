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
  storesNoPostUnderSessionPolicy: {
    store: "ceph",
    reason:
      "Ceph 16 answers a POST that a session policy allows with 204, and neither checks its size nor stores it.",
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
  refusesPlusInSessionNames: {
    store: "ceph",
    reason: "Ceph 16 answers 400 to a RoleSessionName with a plus, which STS takes.",
  },
} as const satisfies Record<string, Difference>;

export type DifferenceName = keyof typeof differences;
