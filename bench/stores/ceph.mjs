import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";

const bench = join(import.meta.dirname, "..");

/** Whether `npm run test:ceph` (or anybody) has installed Ceph's gateway on this machine. */
export async function cephIsInstalled() {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = folders.map((folder) => access(join(folder, "radosgw"), constants.X_OK));
  return (await Promise.allSettled(found)).some(({ status }) => status === "fulfilled");
}

/** The cluster of the contract tests, whose TypeScript is compiled for this first. */
export async function startCeph(log) {
  const compiler = join(bench, "../node_modules/typescript/bin/tsc");
  await promisify(execFile)(process.execPath, [compiler, "-p", bench]);
  const { startCephCluster } = await import("../dist/test/ceph/cluster.js");
  const { accounts, roleArn } = await import("../dist/test/ceph/accounts.js");
  const bucket = "bench";
  const region = "us-east-1";
  const { endpoint, stop } = await startCephCluster([bucket], log);
  const owner = new S3Client({ endpoint, region, credentials: accounts.owner, forcePathStyle: true });
  await owner.send(new CreateBucketCommand({ Bucket: bucket }));
  owner.destroy();
  return {
    ...{ endpoint, region, roleArn, bucket, stop },
    credentials: accounts.server,
    adminCredentials: accounts.admin,
  };
}
