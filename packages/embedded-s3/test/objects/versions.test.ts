import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { allowing, bucket as Bucket, refusal, runningStore } from "../running-store.ts";

async function setVersioning(s3: S3Client, Status: "Enabled" | "Suspended") {
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
}

async function put(s3: S3Client, Body: string, Key = "a"): Promise<string | undefined> {
  return (await s3.send(new PutObjectCommand({ Bucket, Key, Body }))).VersionId;
}

async function read(s3: S3Client, VersionId?: string, Key = "a"): Promise<string | undefined> {
  return await (await s3.send(new GetObjectCommand({ Bucket, Key, VersionId }))).Body?.transformToString();
}

test("old versions are kept until they are deleted by their ids", async () => {
  const { s3 } = await runningStore();
  expect(await put(s3, "zero")).toBeUndefined();
  await setVersioning(s3, "Enabled");
  expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe("Enabled");
  const one = await put(s3, "one");
  const two = await put(s3, "two");
  expect([await read(s3), await read(s3, one), await read(s3, "null")]).toEqual(["two", "one", "zero"]);

  const marker = await s3.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
  expect(marker.DeleteMarker).toBe(true);
  expect(await refusal(read(s3))).toEqual({ name: "NoSuchKey", status: 404 });
  expect((await refusal(read(s3, marker.VersionId))).status).toBe(405);
  expect((await s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(0);
  expect(await read(s3, two)).toBe("two");

  const { Versions, DeleteMarkers } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  expect(Versions?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest])).toEqual([
    [two, false],
    [one, false],
    ["null", false],
  ]);
  expect(DeleteMarkers).toMatchObject([{ VersionId: marker.VersionId, IsLatest: true }]);

  const undone = await s3.send(new DeleteObjectCommand({ Bucket, Key: "a", VersionId: marker.VersionId }));
  expect(undone).toMatchObject({ DeleteMarker: true, VersionId: marker.VersionId });
  expect(await read(s3)).toBe("two");
  const Objects = [{ Key: "a", VersionId: two }];
  await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  expect(await read(s3)).toBe("one");
  expect(await refusal(read(s3, two))).toEqual({ name: "NoSuchVersion", status: 404 });
  expect(await refusal(read(s3, "../x"))).toEqual({ name: "InvalidArgument", status: 400 });
});

test("a suspended bucket overwrites the null version only", async () => {
  const { s3 } = await runningStore();
  await setVersioning(s3, "Enabled");
  const one = await put(s3, "one");
  await setVersioning(s3, "Suspended");
  await put(s3, "two");
  await put(s3, "three");
  expect([await read(s3), await read(s3, "null"), await read(s3, one)]).toEqual(["three", "three", "one"]);
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
  const { Versions, DeleteMarkers } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  expect(Versions?.map(({ VersionId }) => VersionId)).toEqual([one]);
  expect(DeleteMarkers?.map(({ VersionId }) => VersionId)).toEqual(["null"]);
});

test("versions are listed page by page", async () => {
  const { s3 } = await runningStore();
  await setVersioning(s3, "Enabled");
  for (const Key of ["a", "a", "d/1", "d/2", "z", "z"]) await put(s3, "x", Key);
  const seen: string[] = [];
  let marker: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
  for (;;) {
    const page = await s3.send(
      new ListObjectVersionsCommand({ Bucket, Delimiter: "/", MaxKeys: 1, ...marker }),
    );
    seen.push(...(page.Versions ?? []).map(({ Key, VersionId }) => `${Key} ${VersionId}`));
    seen.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => `${Prefix}`));
    if (page.IsTruncated !== true) break;
    marker = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
  }
  expect(seen).toHaveLength(5);
  expect(new Set(seen).size).toBe(5);
  expect(seen[2]).toBe("d/");
});

test("an old version can be copied over the current one", async () => {
  const { s3 } = await runningStore();
  await setVersioning(s3, "Enabled");
  const one = await put(s3, "one");
  await put(s3, "two");
  await s3.send(new CopyObjectCommand({ Bucket, Key: "a", CopySource: `${Bucket}/a?versionId=${one}` }));
  expect(await read(s3)).toBe("one");
});

test("access to versions requires permissions of its own", async () => {
  const { s3, session } = await runningStore();
  await setVersioning(s3, "Enabled");
  const one = await put(s3, "one");
  const reader = await session(allowing(["s3:GetObject"]));
  expect(await read(reader)).toBe("one");
  expect((await refusal(read(reader, one))).name).toBe("AccessDenied");
  const versionReader = await session(allowing(["s3:GetObjectVersion"]));
  expect(await read(versionReader, one)).toBe("one");
  const head = versionReader.send(new HeadObjectCommand({ Bucket, Key: "a" }));
  expect((await refusal(head)).status).toBe(403);
});
