import type { TestProject } from "vitest/node";
import { accounts, roleArn, rolePermissions } from "../ceph/accounts.ts";
import { startCephCluster } from "../ceph/cluster.ts";
import { startTogether } from "./resources.ts";
import type { StoreBuckets } from "./store-description.ts";
import { createBuckets, startTestStore, type TestStore } from "./test-store.ts";

const buckets: StoreBuckets = {
  main: "contract-main",
  versioned: "contract-versioned",
  private: "contract-private",
};

/** Vitest's globalSetup of the contract suite: VALETKEY_TEST_STORE names the store, `embedded` or `ceph`. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const store = await startStore(process.env.VALETKEY_TEST_STORE ?? "embedded");
  project.provide("storeDescription", store.description);
  return () => store.close();
}

function startStore(name: string): Promise<TestStore> {
  // As on Ceph, the role may not do everything, so the store checks the role's policy and the session's.
  if (name === "embedded")
    return startTestStore({ buckets, rolePolicy: rolePermissions(buckets), minSessionSeconds: 1 });
  if (name === "ceph") return startCeph();
  throw new Error(`VALETKEY_TEST_STORE must be "embedded" or "ceph", not ${JSON.stringify(name)}.`);
}

function startCeph(): Promise<TestStore> {
  return startTogether(async (started) => {
    const cluster = await startCephCluster(buckets, (line) => process.stderr.write(`ceph: ${line}\n`));
    started.defer(() => cluster.stop());
    const { endpoint } = cluster;
    const region = "us-east-1";
    await createBuckets({ endpoint, region }, accounts.owner, buckets);
    return {
      description: {
        name: "ceph",
        endpoint,
        region,
        roleArn,
        buckets,
        baseCredentials: accounts.server,
        adminCredentials: accounts.admin,
      },
    };
  });
}
