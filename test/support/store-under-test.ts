import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from "@aws-sdk/client-s3";
import { startEmbeddedS3 } from "@valetkey/embedded-s3";
import type { TestProject } from "vitest/node";
import { accounts, roleArn as cephRoleArn, rolePermissions } from "../ceph/accounts.ts";
import { startCephCluster } from "../ceph/cluster.ts";
import type { StoreBuckets, StoreDescription } from "./store-description.ts";

const buckets: StoreBuckets = {
  main: "contract-main",
  versioned: "contract-versioned",
  private: "contract-private",
};

interface RunningStore {
  readonly description: StoreDescription;
  stop(): Promise<void>;
}

/** vitest's globalSetup of the contract suite: VALETKEY_TEST_STORE names the store, embedded or ceph. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const store = await startStore(process.env.VALETKEY_TEST_STORE ?? "embedded");
  project.provide("storeDescription", store.description);
  return () => store.stop();
}

function startStore(name: string): Promise<RunningStore> {
  if (name === "embedded") return startEmbedded();
  if (name === "ceph") return startCeph();
  throw new Error(`VALETKEY_TEST_STORE=${name}: it takes embedded or ceph.`);
}

async function startEmbedded(): Promise<RunningStore> {
  // As on Ceph, what the role allows is judged too, not the session policy alone.
  const role = { name: "contract", policy: rolePermissions(buckets) };
  const store = await startEmbeddedS3({ minSessionSeconds: 1, roles: [role] });
  const { endpoint, region, credentials: baseCredentials } = store;
  const roleArn = `arn:aws:iam::000000000000:role/${role.name}`;
  await createBuckets(endpoint, region, baseCredentials);
  return {
    description: {
      ...{ name: "embedded", endpoint, region, roleArn, buckets, baseCredentials },
      adminCredentials: baseCredentials,
    },
    stop: () => store.close(),
  };
}

async function startCeph(): Promise<RunningStore> {
  const region = "us-east-1";
  const cluster = await startCephCluster(buckets, (line) => process.stderr.write(`ceph: ${line}\n`));
  await createBuckets(cluster.endpoint, region, accounts.owner);
  return {
    description: {
      ...{ name: "ceph", endpoint: cluster.endpoint, region, roleArn: cephRoleArn, buckets },
      baseCredentials: accounts.server,
      adminCredentials: accounts.admin,
    },
    stop: () => cluster.stop(),
  };
}

async function createBuckets(
  endpoint: string,
  region: string,
  credentials: StoreDescription["baseCredentials"],
): Promise<void> {
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  for (const Bucket of Object.values(buckets)) await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(
    new PutBucketVersioningCommand({
      Bucket: buckets.versioned,
      VersioningConfiguration: { Status: "Enabled" },
    }),
  );
  s3.destroy();
}
