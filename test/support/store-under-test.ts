import type { TestProject } from "vitest/node";
import { accounts, allowObjects, policy, roleArn } from "../ceph/accounts.ts";
import { startCephCluster } from "../ceph/cluster.ts";
import { kmsKeys } from "../ceph/configuration.ts";
import { createEncryptedBucket } from "./encrypted-bucket.ts";
import { startTogether } from "./resources.ts";
import type { StoreBuckets } from "./store-description.ts";
import { createBuckets, startTestStore, type TestStore } from "./test-store.ts";

const buckets = {
  main: "contract-main",
  versioned: "contract-versioned",
  private: "contract-private",
  changing: "contract-changing",
  examined: "contract-examined",
} satisfies StoreBuckets;
const encrypted = { bucket: "contract-encrypted", demandingPrefix: "demanding/" };

/** The role may not use the private bucket. */
const rolesBuckets = [buckets.main, buckets.versioned, buckets.changing, buckets.examined, encrypted.bucket];

/** Vitest's globalSetup of the contract suite: VALETKEY_TEST_STORE names the store, `embedded` or `ceph`. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const store = await startStore(process.env.VALETKEY_TEST_STORE ?? "embedded");
  project.provide("storeDescription", store.description);
  return () => store.close();
}

function startStore(name: string): Promise<TestStore> {
  if (name === "embedded") return startEmbedded();
  if (name === "ceph") return startCeph();
  throw new Error(`VALETKEY_TEST_STORE must be "embedded" or "ceph", not ${JSON.stringify(name)}.`);
}

function startEmbedded(): Promise<TestStore> {
  return startTogether(async (started) => {
    const keyArn = (id: string) => `arn:aws:kms:us-east-1:000000000000:key/${id}`;
    const encryption = {
      ...encrypted,
      key: keyArn("1234abcd-12ab-34cd-56ef-1234567890ab"),
      otherKey: keyArn("0987dcba-09fe-87dc-65ba-ab0987654321"),
    };
    // As on Ceph, the role may not do everything, so the store checks the role's policy and the session's.
    const keys = { Effect: "Allow", Action: "kms:*", Resource: [encryption.key, encryption.otherKey] };
    const rolePolicy = policy(allowObjects(rolesBuckets), keys);
    const { description } = await started.use(startTestStore({ buckets, rolePolicy, minSessionSeconds: 1 }));
    await createEncryptedBucket(description, description.adminCredentials, encryption);
    return { description: { ...description, encryption } };
  });
}

function startCeph(): Promise<TestStore> {
  return startTogether(async (started) => {
    const cluster = await startCephCluster(rolesBuckets, (line) => process.stderr.write(`ceph: ${line}\n`));
    started.defer(() => cluster.stop());
    const { endpoint, configurationFile } = cluster;
    const region = "us-east-1";
    const encryption = { ...encrypted, ...kmsKeys };
    await createBuckets({ endpoint, region }, accounts.owner, buckets);
    await createEncryptedBucket({ endpoint, region }, accounts.owner, encryption);
    return {
      description: {
        name: "ceph",
        cephConfigurationFile: configurationFile,
        endpoint,
        region,
        roleArn,
        buckets,
        encryption,
        baseCredentials: accounts.server,
        adminCredentials: accounts.admin,
      },
    };
  });
}
