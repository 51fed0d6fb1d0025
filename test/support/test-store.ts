import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from "@aws-sdk/client-s3";
import { type EmbeddedS3Options, startEmbeddedS3 } from "@valetkey/embedded-s3";
import { type Closable, startTogether } from "./resources.ts";
import type { AccessKey, StoreBuckets, StoreDescription } from "./store-description.ts";

/** The bucket that an embedded store begins with. */
export const bucket = "demo";
/** Keeps versions. */
export const versionedBucket = "demo-versioned";
/** Exists, but no grant allows anything in it unless a test adds one. */
export const otherBucket = "demo-other";

export interface TestStoreOptions
  extends Pick<EmbeddedS3Options, "minSessionSeconds" | "onRequest" | "roles"> {
  /** The buckets to create. Default: the three above. */
  readonly buckets?: StoreBuckets;
  /** What the server's role allows: the JSON text of an IAM policy. Default: everything in S3. */
  readonly rolePolicy?: string;
}

export interface TestStore extends Closable {
  readonly description: StoreDescription;
}

/** Starts an embedded store of its own, with buckets, in a temporary folder. */
export function startTestStore(options: TestStoreOptions = {}): Promise<TestStore> {
  const { buckets = defaultBuckets, rolePolicy, ...rest } = options;
  return startTogether(async (started) => {
    const roles = [
      ...(rest.roles ?? []),
      ...(rolePolicy === undefined ? [] : [{ name: roleName, policy: rolePolicy }]),
    ];
    const store = await started.use(startEmbeddedS3({ ...rest, roles }));
    await createBuckets(store, store.credentials, buckets);
    const description: StoreDescription = {
      name: "embedded",
      endpoint: store.endpoint,
      region: store.region,
      roleArn: rolePolicy === undefined ? store.roleArn : `arn:aws:iam::000000000000:role/${roleName}`,
      buckets,
      baseCredentials: store.credentials,
      adminCredentials: store.credentials,
    };
    return { description };
  });
}

const defaultBuckets: StoreBuckets = { main: bucket, versioned: versionedBucket, private: otherBucket };
const roleName = "tests";

/** Creates the buckets that do not exist yet. */
export async function createBuckets(
  { endpoint, region }: { readonly endpoint: string; readonly region: string },
  credentials: AccessKey,
  buckets: StoreBuckets,
): Promise<void> {
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  try {
    for (const Bucket of Object.values(buckets)) await s3.send(new CreateBucketCommand({ Bucket }));
    const VersioningConfiguration = { Status: "Enabled" } as const;
    await s3.send(new PutBucketVersioningCommand({ Bucket: buckets.versioned, VersioningConfiguration }));
  } finally {
    s3.destroy();
  }
}
