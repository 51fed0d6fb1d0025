import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deleteObjects } from "../../../../src/storage/objects/delete-objects.ts";
import { listObjects, parsePage } from "../../../../src/storage/objects/list-objects.ts";
import { errorBody, scriptedS3 } from "../scripted-s3.ts";
import { region, startTestStore, type TestStore } from "../store.ts";

let store: TestStore;
let s3: S3Client;

beforeAll(async () => {
  store = await startTestStore();
  s3 = store.client();
});
afterAll(() => store.close());

const put = (bucket: string, key: string) =>
  s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: key }));

describe("deleteObjects", () => {
  test("deletes any keys, including missing ones and those that XML cannot carry", async () => {
    const bucket = { region, bucket: store.bucket };
    const keys = ["plain", "a + b&<c>.txt", "한국어", "tab\tbed", "nonchar\ufffe", "line\nfeed", "\u{1f600}"];
    await Promise.all(keys.map((key) => put(store.bucket, key)));
    const wanted = [...keys, "never there", "plain"].map((key) => ({ key }));
    expect(await deleteObjects(s3, bucket, wanted)).toEqual(
      wanted.map(({ key }) => ({ key, versionId: undefined })),
    );
    expect((await listObjects(s3, bucket, parsePage({ prefix: "", first: 10 }))).objects).toEqual([]);
  });

  test("deletes more objects than fit into one call", async () => {
    const bucket = { region, bucket: store.bucket };
    const wanted = Array.from({ length: 1003 }, (_, index) => ({ key: `many/${index}` }));
    await Promise.all([0, 500, 1000, 1002].map((index) => put(store.bucket, `many/${index}`)));
    const answers = await deleteObjects(s3, bucket, wanted);
    expect(answers.map((answer) => ("key" in answer ? answer.key : answer.code))).toEqual(
      wanted.map(({ key }) => key),
    );
    expect((await listObjects(s3, bucket, parsePage({ prefix: "many/", first: 10 }))).objects).toEqual([]);
  });

  test("deletes one version, or adds a delete marker and returns its id", async () => {
    const bucket = { region, bucket: store.versionedBucket };
    const { VersionId: versionId } = await put(store.versionedBucket, "v");
    const [hidden] = await deleteObjects(s3, bucket, [{ key: "v" }]);
    expect(hidden).toMatchObject({ key: "v", versionId: expect.stringMatching(/.+/) });
    expect(hidden).not.toMatchObject({ versionId });
    expect(await deleteObjects(s3, bucket, [{ key: "v", versionId }])).toEqual([{ key: "v", versionId }]);
  });

  test("fails for the items that fail, and for all items when the call fails", async () => {
    await using partly = await scriptedS3(() => ({
      status: 200,
      body: `<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>b</Key><Code>AccessDenied</Code><Message>arn:aws</Message></Error></DeleteResult>`,
    }));
    const bucket = { region, bucket: store.bucket };
    const objects = [{ key: "b" }, { key: "a" }, { key: "unanswered" }];
    expect(await deleteObjects(partly.s3, bucket, objects)).toMatchObject([
      { code: "FORBIDDEN" },
      { key: "a" },
      { code: "STORAGE_UNAVAILABLE" },
    ]);
    await using refusing = await scriptedS3(() => ({ status: 404, body: errorBody("NoSuchBucket") }));
    expect(await deleteObjects(refusing.s3, bucket, objects.slice(0, 2))).toMatchObject([
      { code: "BUCKET_NOT_FOUND" },
      { code: "BUCKET_NOT_FOUND" },
    ]);
  });

  test.each(["plain", "line\nfeed"])("says of a bucket that it is in another region, for %j", async (key) => {
    await using redirecting = await scriptedS3(() => ({
      ...{ status: 301, headers: { "x-amz-bucket-region": "eu-west-1" } },
      body: errorBody("PermanentRedirect"),
    }));
    const deleted = deleteObjects(redirecting.s3, { region, bucket: store.bucket }, [{ key }]);
    await expect(deleted).rejects.toMatchObject({ code: "BUCKET_NOT_FOUND", region: "eu-west-1" });
  });
});
