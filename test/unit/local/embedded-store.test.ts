import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { expect, test } from "vitest";
import { startEmbeddedStore } from "../../../src/local/embedded-store.ts";

test("smoke", async () => {
  const directory = await mkdtemp(join(tmpdir(), "store-"));
  const store = await startEmbeddedStore({ directory, port: 0, log: console.log, onRequest: console.log });
  const credentials = { accessKeyId: store.accessKeyId, secretAccessKey: store.secretAccessKey };
  const sts = new STSClient({ endpoint: store.endpoint, region: store.region, credentials });
  const session = await sts.send(new AssumeRoleCommand({ RoleArn: store.roleArn, RoleSessionName: "abc" }));
  const s3 = new S3Client({ endpoint: store.endpoint, region: store.region, forcePathStyle: true, requestChecksumCalculation: "WHEN_REQUIRED",
    credentials: { accessKeyId: session.Credentials?.AccessKeyId ?? "", secretAccessKey: session.Credentials?.SecretAccessKey ?? "", sessionToken: session.Credentials?.SessionToken ?? "" } });
  const put = await s3.send(new PutObjectCommand({ Bucket: "demo", Key: "a b+é//x", Body: "hello", Metadata: { a: "b" } }));
  console.log(put.ETag);
  const head = await s3.send(new HeadObjectCommand({ Bucket: "demo", Key: "a b+é//x" }));
  expect(head.ContentLength).toBe(5);
  const got = await s3.send(new GetObjectCommand({ Bucket: "demo", Key: "a b+é//x" }));
  expect(await got.Body?.transformToString()).toBe("hello");
  const url = await getSignedUrl(s3, new PutObjectCommand({ Bucket: "demo", Key: "p" }), { expiresIn: 60 });
  const res = await fetch(url, { method: "PUT", body: "xyz" });
  expect(await res.text()).toBe("");
  expect(res.status).toBe(200);
  const get = await fetch(await getSignedUrl(s3, new GetObjectCommand({ Bucket: "demo", Key: "p" })), {headers: {origin: "http://x"}});
  expect(await get.text()).toBe("xyz");
  console.log(get.headers);
  await store.close();
  await rm(directory, { recursive: true });
});
