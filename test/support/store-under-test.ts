import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from "@aws-sdk/client-s3";
import { type StoreRole, startEmbeddedStore } from "@valetkey/embedded-s3";
import type { TestProject } from "vitest/node";
import { parseIamPolicy } from "../../packages/embedded-s3/src/iam/iam-policy.ts";
import { accounts, roleArn, rolePermissions } from "../ceph/accounts.ts";
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
  const directory = await mkdtemp(join(tmpdir(), "valetkey-contract-"));
  const role = embeddedRole();
  const store = await startEmbeddedStore({ directory, port: 0, minSessionSeconds: 1, roles: [role] });
  const baseCredentials = { accessKeyId: store.accessKeyId, secretAccessKey: store.secretAccessKey };
  const { endpoint, region } = store;
  await createBuckets(endpoint, region, baseCredentials);
  return {
    description: {
      ...{ name: "embedded", endpoint, region, roleArn: role.arn, buckets, baseCredentials },
      adminCredentials: baseCredentials,
    },
    stop: async () => {
      await store.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Like Ceph's: what a role reaches is judged too, and not the session policy alone. */
function embeddedRole(): StoreRole {
  const name = "contract";
  const policy = parseIamPolicy(rolePermissions(buckets));
  return { name, arn: `arn:aws:iam::000000000000:role/${name}`, policy, maxSessionSeconds: 3600 };
}

async function startCeph(): Promise<RunningStore> {
  const region = "us-east-1";
  const cluster = await startCephCluster(buckets, (line) => process.stderr.write(`ceph: ${line}\n`));
  await createBuckets(cluster.endpoint, region, accounts.owner);
  return {
    description: {
      ...{ name: "ceph", endpoint: cluster.endpoint, region, roleArn, buckets },
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
