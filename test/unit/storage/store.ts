import { randomUUID } from "node:crypto";
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from "@aws-sdk/client-s3";
import { startEmbeddedS3 } from "@valetkey/embedded-s3";
import {
  type ObjectAddress,
  parseBucketName,
  parseObjectKey,
  type Region,
} from "../../../src/core/object-address.ts";
import { type DifferenceName, differences } from "../../contract/differences.ts";

export const region = "us-east-1" as Region;

/** A real S3 of the test's own: the embedded store, or with STORAGE_TEST_S3 (JSON: endpoint and keys) another. */
export interface TestStore {
  readonly endpoint: string;
  readonly bucket: ReturnType<typeof parseBucketName>;
  readonly versionedBucket: ReturnType<typeof parseBucketName>;
  differs(name: DifferenceName): boolean;
  /** With the store's own keys; another endpoint leads through a proxy. */
  client(endpoint?: string, requestTimeoutMs?: number): S3Client;
  address(key: string): ObjectAddress;
  close(): Promise<void>;
}

interface Keys {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export async function startTestStore(): Promise<TestStore> {
  const external = process.env.STORAGE_TEST_S3;
  if (external !== undefined) return await openBuckets(JSON.parse(external) as Keys, true, async () => {});
  const store = await startEmbeddedS3();
  const keys = { endpoint: store.endpoint, ...store.credentials };
  return await openBuckets(keys, false, () => store.close());
}

async function openBuckets(keys: Keys, isCeph: boolean, stop: () => Promise<void>): Promise<TestStore> {
  const suffix = randomUUID().slice(0, 8);
  const bucket = parseBucketName(`plain-${suffix}`);
  const versionedBucket = parseBucketName(`versioned-${suffix}`);
  const clients: S3Client[] = [];
  const client = (endpoint = keys.endpoint, requestTimeoutMs = 30_000) => {
    const { accessKeyId, secretAccessKey } = keys;
    const s3 = new S3Client({
      region,
      endpoint,
      credentials: { accessKeyId, secretAccessKey },
      forcePathStyle: true,
      requestHandler: { requestTimeout: requestTimeoutMs, throwOnRequestTimeout: true },
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    });
    clients.push(s3);
    return s3;
  };
  const s3 = client();
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  await s3.send(new CreateBucketCommand({ Bucket: versionedBucket }));
  await s3.send(
    new PutBucketVersioningCommand({
      Bucket: versionedBucket,
      VersioningConfiguration: { Status: "Enabled" },
    }),
  );
  return {
    endpoint: keys.endpoint,
    bucket,
    versionedBucket,
    differs: (name) => isCeph && differences[name].store === "ceph",
    client,
    address: (key) => ({ region, bucket, key: parseObjectKey(key) }),
    close: async () => {
      for (const each of clients) each.destroy();
      await stop();
    },
  };
}
