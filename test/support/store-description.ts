import "vitest";

/** A store that the contract suite runs against. Plain data: it goes from vitest's main process to its workers. */
export interface StoreDescription {
  readonly name: StoreName;
  /** Of Ceph only: the ceph.conf with which its own commands reach it. */
  readonly cephConfigurationFile?: string;
  /** S3 and STS answer at one origin. */
  readonly endpoint: string;
  readonly region: string;
  /** What the server is configured with: may assume the role. */
  readonly baseCredentials: AccessKey;
  readonly roleArn: string;
  readonly buckets: StoreBuckets;
  /** Absent in stores that are not those of the contract suite. */
  readonly encryption?: StoreEncryption;
  /** For tests to seed and to inspect: reads and writes every object. */
  readonly adminCredentials: AccessKey;
}

export type StoreName = "embedded" | "ceph";

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface StoreBuckets {
  readonly main: string;
  /** Keeps versions. */
  readonly versioned: string;
  /** The role has no right here. */
  readonly private: string;
  /** For one file of the contract suite, which changes the settings of the bucket while other files run. */
  readonly changing?: string;
  /** The same, for another file. */
  readonly examined?: string;
}

/** A bucket for objects that are encrypted with KMS keys. */
export interface StoreEncryption {
  readonly bucket: string;
  /** The bucket's policy denies uploads below this prefix that do not ask for `key`. */
  readonly demandingPrefix: string;
  readonly key: string;
  readonly otherKey: string;
}

declare module "vitest" {
  interface ProvidedContext {
    storeDescription: StoreDescription;
  }
}
