import type { KeyObject } from "node:crypto";
import type { BucketName, Region } from "./object-address.ts";
import type { StorageClass } from "./storage-classes.ts";

/** The role for a bucket, and how to assume it. */
export interface BucketRole {
  readonly arn: string;
  /** Default: that of the configuration. */
  readonly externalId?: string | undefined;
  /** The profile of AWS's shared files whose credentials may assume the role. Default: AWS's provider chain. */
  readonly profile?: string | undefined;
  /** The origin of the STS that knows the role. Default: the endpoint of the bucket, or else AWS's own. */
  readonly stsEndpoint?: string | undefined;
}

/** The CloudFront distribution through which clients download objects. */
export interface CdnSettings {
  /** The origin of the distribution, without a slash at the end. */
  readonly url: string;
  /** The id of the public key in CloudFront. */
  readonly keyPairId: string;
  /** RSA or ECDSA. Neither logs nor JSON show what a KeyObject contains. */
  readonly privateKey: KeyObject;
}

/** Each URL of a batch asks for its key, and writing one takes about a microsecond. */
const keys = new WeakMap<BucketRole, string>();

/** Equal for roles with equal settings. */
export function roleKey(role: BucketRole): string {
  let key = keys.get(role);
  if (key === undefined) {
    const { arn, externalId, profile, stsEndpoint } = role;
    key = JSON.stringify([arn, externalId, profile, stsEndpoint]);
    keys.set(role, key);
  }
  return key;
}

/** Facts about one bucket that clients need not know: one entry of `buckets:` in the access file. */
export interface BucketSettings {
  /** The region of the bucket. Clients need not name it, and S3 is not asked for it. */
  readonly region?: Region | undefined;
  /** Default: the role of the configuration. */
  readonly role?: BucketRole | undefined;
  /** The KMS key that uploads ask for. */
  readonly kmsKey?: string | undefined;
  /** The account that has to own the bucket. S3 refuses every other one. */
  readonly owner?: string | undefined;
  /** The storage class of uploads that name none. */
  readonly storageClass?: StorageClass | undefined;
  /** Whether presigned URLs use S3 Transfer Acceleration. */
  readonly accelerate?: boolean | undefined;
  /** Whether presigned URLs and calls use endpoints that IPv6 clients can reach. */
  readonly dualStack?: boolean | undefined;
  /** The origin of another store that speaks S3. */
  readonly endpoint?: string | undefined;
  /** The origin under which clients reach that store. It is used for signatures only. */
  readonly publicEndpoint?: string | undefined;
  /** Whether the bucket is in the path instead of in the host name. */
  readonly forcePathStyle?: boolean | undefined;
  /** If set, download URLs lead to CloudFront instead of S3. */
  readonly cdn?: CdnSettings | undefined;
}

const noSettings: BucketSettings = {};

/** The settings of all buckets. They are replaced when the access file is read again. */
export class Buckets {
  #settings: ReadonlyMap<BucketName, BucketSettings>;

  constructor(settings: ReadonlyMap<BucketName, BucketSettings> = new Map()) {
    this.#settings = settings;
  }

  /** Replaces the settings, from the next request on. */
  replace(settings: ReadonlyMap<BucketName, BucketSettings>): void {
    this.#settings = settings;
  }

  /** The settings of a bucket: the same object until they are replaced. */
  of(bucket: BucketName): BucketSettings {
    return this.#settings.get(bucket) ?? noSettings;
  }

  all(): ReadonlyMap<BucketName, BucketSettings> {
    return this.#settings;
  }
}
