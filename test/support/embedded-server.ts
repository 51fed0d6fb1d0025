import {
  CreateBucketCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from "@aws-sdk/client-s3";
import { startEmbeddedS3 } from "@valetkey/embedded-s3";
import { type GrantRule, startServer, type TestServer, type TestServerOptions } from "./server.ts";
import type { StoreDescription } from "./store-description.ts";

/** The bucket that the store begins with. */
export const bucket = "demo";
/** Keeps versions. */
export const versionedBucket = "demo-versioned";
/** Exists, and is in nobody's grants unless a test says so. */
export const otherBucket = "demo-other";

export const anyoneMayDoAnything: readonly GrantRule[] = [bucket, versionedBucket].map((name) => ({
  ...{ who: "anonymous", bucket: name },
  allow: ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"],
}));

export interface EmbeddedServer extends TestServer {
  /** Of the store. */
  readonly storeUrl: string;
  /** For a second server before the same store. */
  readonly store: StoreDescription;
  /** For seeding and inspecting: sees every object, whoever may. */
  readonly admin: S3Client;
  /** Puts an object there, around the server. Returns its version in a versioned bucket. */
  seed(key: string, body: string, more?: Partial<PutObjectCommandInput>): Promise<string | undefined>;
}

/** A whole Valet Key in this process, on a free port, before an embedded store of its own. */
export async function startEmbeddedServer(
  options: Partial<Omit<TestServerOptions, "store">> = {},
): Promise<EmbeddedServer> {
  const store = await startEmbeddedS3();
  const { endpoint, region, credentials, roleArn } = store;
  const admin = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  for (const Bucket of [versionedBucket, otherBucket]) await admin.send(new CreateBucketCommand({ Bucket }));
  const VersioningConfiguration = { Status: "Enabled" } as const;
  await admin.send(new PutBucketVersioningCommand({ Bucket: versionedBucket, VersioningConfiguration }));
  const description: StoreDescription = {
    ...{ name: "embedded", endpoint, region, roleArn },
    baseCredentials: credentials,
    adminCredentials: credentials,
    buckets: { main: bucket, versioned: versionedBucket, private: otherBucket },
  };
  const server = await startServer({
    ...{ grants: anyoneMayDoAnything, stsUrl: endpoint },
    ...options,
    store: description,
  });
  return {
    ...server,
    storeUrl: endpoint,
    store: description,
    admin,
    async seed(key, body, more = {}) {
      const command = new PutObjectCommand({ Bucket: bucket, ...more, Key: key, Body: body });
      return (await admin.send(command)).VersionId;
    },
    async close() {
      await server.close();
      admin.destroy();
      await store.close();
    },
  };
}
