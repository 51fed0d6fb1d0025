import { readdir, stat, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import {
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { expect, test } from "vitest";
import { startEmbeddedS3 } from "../src/index.ts";
import { bucket as Bucket, refusal, runningStore, temporaryDirectory } from "./running-store.ts";

async function blobCount(directory: string): Promise<number> {
  const names = await readdir(join(directory, "blobs"), { recursive: true });
  return names.filter((name) => /[0-9a-f]{32}$/.test(name)).length;
}

test("a new store has one empty bucket", async () => {
  const { s3, requests } = await runningStore();
  const { Buckets } = await s3.send(new ListBucketsCommand());
  expect(Buckets).toMatchObject([{ Name: "demo", BucketRegion: "us-east-1" }]);
  expect(requests).toEqual([{ operation: "ListBuckets", bucket: undefined, key: undefined, status: 200 }]);
});

test("objects, uploads in progress, keys and URLs survive a restart", async () => {
  const directory = await temporaryDirectory();
  const first = await runningStore({ directory });
  const session = await first.session();
  await session.send(new PutObjectCommand({ Bucket, Key: "a", Body: "kept", Metadata: { m: "1" } }));
  const { UploadId } = await session.send(new CreateMultipartUploadCommand({ Bucket, Key: "b" }));
  await session.send(new UploadPartCommand({ Bucket, Key: "b", UploadId, PartNumber: 1, Body: "part" }));
  const url = await getSignedUrl(session, new GetObjectCommand({ Bucket, Key: "a" }));
  await first.close();

  const second = await runningStore({ directory, port: first.port });
  expect(second.credentials.accessKeyId).toBe(first.credentials.accessKeyId);
  expect(await (await fetch(url)).text()).toBe("kept");
  const { Parts } = await second.s3.send(new ListPartsCommand({ Bucket, Key: "b", UploadId }));
  expect(Parts).toMatchObject([{ PartNumber: 1, Size: 4 }]);
  expect((await second.s3.send(new HeadObjectCommand({ Bucket, Key: "a" }))).Metadata).toEqual({ m: "1" });
});

test("secrets can be read by their owner only", async () => {
  const { directory } = await runningStore();
  expect((await stat(join(directory, "keys.json"))).mode & 0o777).toBe(0o600);
});

test("a folder takes one store, and the lock of a dead process is ignored", async () => {
  const store = await runningStore();
  const { directory } = store;
  await expect(startEmbeddedS3({ directory })).rejects.toMatchObject({
    name: "StoreStartError",
    option: "directory",
    message: expect.stringContaining("in use by"),
  });
  await store.close();
  await writeFile(join(directory, "lock"), `${process.ppid}\n`);
  await expect(startEmbeddedS3({ directory })).rejects.toThrow(`process ${process.ppid}`);
  for (const dead of ["999999999", "garbage", String(process.pid)]) {
    await writeFile(join(directory, "lock"), dead);
    await (await startEmbeddedS3({ directory })).close();
  }
});

test("a store that cannot listen releases the folder", async () => {
  const { port } = await runningStore();
  const directory = await temporaryDirectory();
  await expect(startEmbeddedS3({ directory, port })).rejects.toMatchObject({
    name: "StoreStartError",
    option: "port",
    message: expect.stringContaining("EADDRINUSE"),
  });
  await (await startEmbeddedS3({ directory })).close();
});

test("the start removes what a crash left behind", async () => {
  const directory = await temporaryDirectory();
  const first = await runningStore({ directory });
  await first.s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "kept" }));
  await first.close();
  const [shard = ""] = await readdir(join(directory, "blobs"));
  await writeFile(join(directory, "blobs", shard, `${shard}${"0".repeat(30)}`), "half an upload");
  const objects = join(directory, "buckets", Bucket, "objects");
  await writeFile(join(objects, "x.json.abc.tmp"), '{"key":');
  const second = await runningStore({ directory });
  expect(await blobCount(directory)).toBe(1);
  expect(await readdir(objects)).toHaveLength(1);
  const got = await second.s3.send(new GetObjectCommand({ Bucket, Key: "a" }));
  expect(await got.Body?.transformToString()).toBe("kept");
});

test("overwritten and refused bodies leave no files", async () => {
  const { s3, directory } = await runningStore();
  for (const Body of ["1", "2", "3"]) await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body }));
  expect(await blobCount(directory)).toBe(1);
  await refusal(s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "4", IfNoneMatch: "*" })));
  expect(await blobCount(directory)).toBe(1);
});

test("a download is complete although the object is overwritten meanwhile", async () => {
  const { s3, directory } = await runningStore();
  const old = Buffer.alloc(8 * 1024 ** 2, "o");
  await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: old }));
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: "a" }));
  await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "new" }));
  expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(old)).toBe(true);
  await expect.poll(() => blobCount(directory)).toBe(1);
});

test("a client that disconnects in the middle of a body stores nothing", async () => {
  const { s3, client, directory } = await runningStore();
  await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "old" }));
  const plain = client({ requestChecksumCalculation: "WHEN_REQUIRED" });
  const target = new URL(await getSignedUrl(plain, new PutObjectCommand({ Bucket, Key: "a" })));
  const upload = request(target, { method: "PUT", headers: { "content-length": 1_000_000 } });
  upload.on("error", () => {});
  await new Promise<void>((resolve) => upload.write(Buffer.alloc(200_000), () => resolve()));
  await expect.poll(() => blobCount(directory)).toBe(2);
  upload.destroy();
  await expect.poll(() => blobCount(directory)).toBe(1);
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket }));
  expect(Contents).toMatchObject([{ Key: "a", Size: 3 }]);
});

test("close ends open connections", async () => {
  const store = await runningStore();
  const url = await getSignedUrl(store.s3, new PutObjectCommand({ Bucket, Key: "a" }));
  const upload = request(new URL(url), { method: "PUT", headers: { "content-length": 10 } });
  const ended = new Promise((resolve) => upload.once("error", resolve).once("close", resolve));
  upload.write("half");
  await expect.poll(() => blobCount(store.directory).catch(() => 0)).toBe(1);
  await store.close();
  await ended;
});
