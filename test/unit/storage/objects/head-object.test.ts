import { DeleteObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Region } from "../../../../src/core/object-address.ts";
import { BucketRegions } from "../../../../src/storage/client/bucket-regions.ts";
import { bucketExists } from "../../../../src/storage/objects/bucket-exists.ts";
import { headObject } from "../../../../src/storage/objects/head-object.ts";
import { objectTags } from "../../../../src/storage/objects/object-tags.ts";
import { errorBody, scriptedS3 } from "../scripted-s3.ts";
import { region, startTestStore, type TestStore } from "../store.ts";

let store: TestStore;
let s3: S3Client;

beforeAll(async () => {
  store = await startTestStore();
  s3 = store.client();
});
afterAll(() => store.close());

describe("headObject", () => {
  test("returns everything that S3 stores about an object", async () => {
    const address = store.address("head/a + b.txt");
    await s3.send(
      new PutObjectCommand({
        Bucket: address.bucket,
        Key: address.key,
        Body: "hello",
        ContentType: "text/plain",
        Metadata: { who: "=?UTF-8?B?em/Dqw==?=" },
      }),
    );
    expect(await headObject(s3, address)).toMatchObject({
      ...address,
      sizeBytes: 5,
      etag: '"5d41402abc4b2a76b9719d911017c592"',
      storageClass: "STANDARD",
      contentType: "text/plain",
      metadata: [{ name: "who", value: "zoë" }],
    });
  });

  test("returns the storage class that S3 reports", async () => {
    await using scripted = await scriptedS3(() => ({
      status: 200,
      headers: { "x-amz-storage-class": "GLACIER" },
    }));
    expect(await headObject(scripted.s3, store.address("cold"))).toMatchObject({ storageClass: "GLACIER" });
  });

  test("distinguishes a missing object from a missing bucket", async () => {
    await expect(headObject(s3, store.address("none"))).rejects.toMatchObject({ code: "OBJECT_NOT_FOUND" });
    const address = { ...store.address("none"), bucket: "no-such-bucket-here" as TestStore["bucket"] };
    await expect(headObject(s3, address)).rejects.toMatchObject({ code: "BUCKET_NOT_FOUND" });
    expect(await bucketExists(s3, address)).toBe(false);
    expect(await bucketExists(s3, store.address("none"))).toBe(true);
  });

  test("finds versions, and treats a delete marker as a missing object", async () => {
    const address = { ...store.address("versioned"), bucket: store.versionedBucket };
    const target = { Bucket: address.bucket, Key: address.key };
    const first = await s3.send(new PutObjectCommand({ ...target, Body: "1" }));
    const marker = await s3.send(new DeleteObjectCommand(target));
    expect(await headObject(s3, { ...address, versionId: first.VersionId })).toMatchObject({
      sizeBytes: 1,
      versionId: first.VersionId,
    });
    await expect(headObject(s3, address)).rejects.toMatchObject({ code: "OBJECT_NOT_FOUND" });
    const deleted = headObject(s3, { ...address, versionId: marker.VersionId });
    await expect(deleted).rejects.toMatchObject({ code: "OBJECT_NOT_FOUND" });
  });
});

describe("a HEAD that is refused without a reason", () => {
  const address = {
    region,
    bucket: "bucket" as TestStore["bucket"],
    key: "key" as ReturnType<TestStore["address"]>["key"],
  };
  const arn = "arn:aws:sts::123456789012:assumed-role/r/s";

  test("means a missing object if the missing permission is s3:ListBucket", async () => {
    const message = `User: ${arn} is not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::bucket"`;
    await using scripted = await scriptedS3(({ method, url }) => {
      if (method === "HEAD") return { status: url?.startsWith("/bucket/key") ? 403 : 200 };
      return { status: 403, body: errorBody("AccessDenied", message) };
    });
    await expect(headObject(scripted.s3, address)).rejects.toMatchObject({ code: "OBJECT_NOT_FOUND" });
    expect(scripted.requests).toEqual(["HEAD /bucket/key", "HEAD /bucket/", "GET /bucket/key"]);
  });

  test("means the same for the request for tags", async () => {
    for (const [action, code] of [
      ["s3:ListBucket", "OBJECT_NOT_FOUND"],
      ["s3:GetObjectTagging", "FORBIDDEN"],
    ]) {
      const message = `User: ${arn} is not authorized to perform: ${action} on resource: "arn:aws:s3:::bucket"`;
      await using scripted = await scriptedS3(() => ({
        ...{ status: 403, body: errorBody("AccessDenied", message) },
      }));
      await expect(objectTags(scripted.s3, address)).rejects.toMatchObject({ code });
    }
  });

  test("is FORBIDDEN if the missing permission is s3:GetObject", async () => {
    const message = `User: ${arn} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::bucket/key"`;
    await using scripted = await scriptedS3(({ method }) =>
      method === "HEAD" ? { status: 403 } : { status: 403, body: errorBody("AccessDenied", message) },
    );
    await expect(headObject(scripted.s3, address)).rejects.toMatchObject({ code: "FORBIDDEN" });
  });

  test("means a missing bucket if there is none", async () => {
    await using scripted = await scriptedS3(({ url }) => ({
      status: url?.startsWith("/bucket/key") ? 403 : 404,
    }));
    await expect(headObject(scripted.s3, address)).rejects.toMatchObject({ code: "BUCKET_NOT_FOUND" });
  });

  test("means an invalid version id, or invalid credentials", async () => {
    for (const [s3Code, expected] of [
      ["InvalidArgument", { code: "BAD_USER_INPUT", field: "versionId" }],
      ["ExpiredToken", { code: "CREDENTIALS_UNAVAILABLE" }],
    ] as const) {
      await using scripted = await scriptedS3(({ method }) =>
        method === "HEAD" ? { status: 400 } : { status: 400, body: errorBody(s3Code) },
      );
      await expect(headObject(scripted.s3, { ...address, versionId: "x" })).rejects.toMatchObject(expected);
    }
  });

  test("asks once about the bucket of many objects", async () => {
    await using scripted = await scriptedS3(() => ({ status: 404 }));
    let asked: Promise<boolean> | undefined;
    const shared = () => (asked ??= bucketExists(scripted.s3, address));
    await Promise.allSettled(Array.from({ length: 5 }, () => headObject(scripted.s3, address, shared)));
    expect(scripted.requests.filter((request) => request === "HEAD /bucket/")).toHaveLength(1);
  });
});

describe("a bucket in another region", () => {
  const elsewhere = "eu-west-1" as Region;
  const address = {
    region,
    bucket: "bucket" as TestStore["bucket"],
    key: "key" as ReturnType<TestStore["address"]>["key"],
  };
  const redirecting = () =>
    scriptedS3(() => ({ status: 301, headers: { "x-amz-bucket-region": elsewhere } }));
  const holding = () => scriptedS3(() => ({ status: 200, headers: { "content-length": "3", etag: '"e"' } }));

  test("is followed and remembered if clients may name its region", async () => {
    await using wrong = await redirecting();
    await using right = await holding();
    const regions = new BucketRegions({ allowed: [region, elsewhere] });
    const ask = () =>
      regions.followRegion(address.bucket, region, (actual) =>
        headObject(actual === elsewhere ? right.s3 : wrong.s3, { ...address, region: actual }),
      );
    expect(await ask()).toMatchObject({ region: elsewhere, sizeBytes: 3 });
    expect(await ask()).toMatchObject({ region: elsewhere });
    expect(wrong.requests).toHaveLength(1);
    expect(regions.regionOf(address.bucket, region)).toBe(elsewhere);
  });

  test("is BUCKET_NOT_FOUND otherwise", async () => {
    await using wrong = await redirecting();
    const regions = new BucketRegions({ allowed: [region] });
    const asked = regions.followRegion(address.bucket, region, () => headObject(wrong.s3, address));
    await expect(asked).rejects.toMatchObject({ code: "BUCKET_NOT_FOUND" });
  });
});
