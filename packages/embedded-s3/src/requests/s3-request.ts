import type { Readable } from "node:stream";
import type { BlobFiles } from "../disk/blob-files.ts";
import type { ConditionContext } from "../iam/condition-keys.ts";
import type { Identity } from "../iam/identity.ts";
import type { AccessKeys } from "../signing/access-keys.ts";
import type { VerifiedRequest } from "../signing/signature.ts";
import type { WireRequest } from "../signing/wire-request.ts";
import type { Bucket } from "../store/bucket.ts";
import type { Buckets } from "../store/buckets.ts";
import type { Target } from "./target.ts";

/** Whoever asks, and what with: all that policies look at. */
export interface SignedRequest {
  readonly identity: Identity;
  /** The condition keys of its signature, time and transport. */
  readonly context: ConditionContext;
  /** Names in lower case; those that a presigned URL has in its query, or a form in its fields, included. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: ReadonlyMap<string, string>;
}

/** A request to S3 whose signature is right. */
export interface S3Request extends SignedRequest, Target {
  readonly wire: WireRequest;
  readonly signature: VerifiedRequest;
  /** The body as it comes; the client that waits for "100 Continue" gets it now. */
  readonly openBody: () => Readable;
}

export interface BucketRequest extends S3Request {
  readonly bucketName: string;
  readonly bucket: Bucket;
}

export interface ObjectRequest extends BucketRequest {
  readonly key: string;
}

/** What every operation works on. */
export interface StoreState {
  readonly buckets: Buckets;
  readonly blobs: BlobFiles;
  readonly now: () => Date;
}

export interface S3Endpoint extends StoreState {
  readonly keys: AccessKeys;
}
