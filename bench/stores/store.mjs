import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { startCeph } from "./ceph.mjs";
import { startEmbedded } from "./embedded.mjs";

/**
 * @typedef {object} Store an S3 and STS on loopback, off the server's processor
 * @property {"Ceph" | "embedded store"} name
 * @property {string} endpoint of S3 and STS
 * @property {string} region
 * @property {string} bucket
 * @property {string} roleArn
 * @property {{ accessKeyId: string, secretAccessKey: string }} credentials may assume the role
 * @property {Record<string, string>} env the same for AWS's SDK
 * @property {string[]} keys of the small objects in it
 * @property {() => Promise<void>} stop
 */

export const objectCount = 1000;

/** @returns {Promise<Store>} */
export async function openStore(name, log) {
  const started = await (name === "Ceph" ? startCeph(log) : startEmbedded());
  const { endpoint, region, credentials } = started;
  const keys = Array.from({ length: objectCount }, (_, i) => `photos/2024/05/IMG_${1000 + i}.jpg`);
  await seed(started, keys);
  return {
    ...started,
    name,
    keys,
    env: {
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_ENDPOINT_URL_STS: endpoint,
    },
  };
}

async function seed({ endpoint, region, bucket, adminCredentials }, keys) {
  const s3 = new S3Client({ endpoint, region, credentials: adminCredentials, forcePathStyle: true });
  const left = [...keys];
  const put = async () => {
    for (let Key = left.pop(); Key !== undefined; Key = left.pop()) {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Key, ContentType: "image/jpeg" }));
    }
  };
  await Promise.all(Array.from({ length: 16 }, put));
  s3.destroy();
}
