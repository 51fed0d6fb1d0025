import type { Readable } from "node:stream";
import type { BlobFiles } from "../disk/blob-files.ts";
import type { ConditionContext } from "../iam/condition-keys.ts";
import type { Identity } from "../iam/identity.ts";
import type { AccessKeys } from "../signing/access-keys.ts";
import type { VerifiedRequest } from "../signing/verify-signature.ts";
import type { WireRequest } from "../signing/wire-request.ts";
import type { Bucket } from "../store/bucket.ts";
import type { Buckets } from "../store/buckets.ts";
import type { FindBucketPolicy } from "./bucket-policy.ts";
import type { Target } from "./target.ts";

/** The caller and the parts of a request that policies are evaluated on. */
export interface SignedRequest {
  readonly identity: Identity;
  /** The condition keys of its signature, time and transport. */
  readonly context: ConditionContext;
  /** Names in lower case. They include headers that a presigned URL has in its query, and those that are fields of a form. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: ReadonlyMap<string, string>;
  readonly bucketPolicyOf: FindBucketPolicy;
}

/** A request to S3 whose signature is valid. */
export interface S3Request extends SignedRequest, Target {
  readonly wire: WireRequest;
  readonly signature: VerifiedRequest;
  /** Opens the body. A client that waits for "100 Continue" receives it now. */
  readonly openBody: () => Readable;
}

export interface BucketRequest extends S3Request {
  readonly bucketName: string;
  readonly bucket: Bucket;
}

export interface ObjectRequest extends BucketRequest {
  readonly key: string;
}

/** The state that every operation has access to. */
export interface StoreState {
  readonly buckets: Buckets;
  readonly blobs: BlobFiles;
  readonly now: () => Date;
}

export interface S3Endpoint extends StoreState {
  readonly keys: AccessKeys;
}
