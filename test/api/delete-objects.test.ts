import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer, versionedBucket } from "../support/test-server.ts";

const server = await shareInFile(
  startTestServer({
    grants: [
      { who: "anonymous", bucket, prefix: "mine/", allow: ["DELETE", "DOWNLOAD"] },
      { who: "anonymous", bucket, prefix: "yours/", allow: ["DOWNLOAD", "UPLOAD", "LIST"] },
      { who: "anonymous", bucket: versionedBucket, allow: ["DELETE", "DOWNLOAD"] },
      { who: "anonymous", bucket: "demo-missing", allow: ["DELETE"] },
    ],
  }),
);
const { client } = server;

type Item = { readonly bucket: string; readonly key: string; readonly versionId: string | null } | null;
const query = `mutation ($objects: [ObjectInput!]!) { deleteObjects(objects: $objects) { bucket key versionId } }`;
const remove = (objects: unknown) => client.request<{ deleteObjects: Item[] }>(query, { objects });
const object = (key: string) => ({ bucket, key });

async function keysBelow(Prefix: string, Bucket = bucket): Promise<string[]> {
  const { Contents } = await server.admin.send(new ListObjectsV2Command({ Bucket, Prefix }));
  return (Contents ?? []).map(({ Key }) => Key ?? "");
}

describe("deleteObjects", () => {
  test("returns item i for object i, from several buckets", async () => {
    await server.seed("mine/a", "a");
    await server.seed("b", "b", { Bucket: versionedBucket });
    const objects = [object("mine/a"), { bucket: versionedBucket, key: "b" }, object("mine/never was")];
    const { data, errors } = await remove(objects);
    expect(errors).toBeUndefined();
    expect(data?.deleteObjects).toEqual([
      { bucket, key: "mine/a", versionId: null },
      { bucket: versionedBucket, key: "b", versionId: expect.any(String) },
      { bucket, key: "mine/never was", versionId: null },
    ]);
    expect(await keysBelow("mine/a")).toEqual([]);
    expect(await keysBelow("b", versionedBucket)).toEqual([]);
  });

  test("deletes one version and leaves the others", async () => {
    const first = await server.seed("v", "first", { Bucket: versionedBucket });
    await server.seed("v", "second", { Bucket: versionedBucket });
    const { data } = await remove([{ bucket: versionedBucket, key: "v", versionId: first }]);
    expect(data?.deleteObjects).toEqual([{ bucket: versionedBucket, key: "v", versionId: first }]);
    expect(await keysBelow("v", versionedBucket)).toEqual(["v"]);
  });

  test("returns an error for each failing item, and does not affect the others", async () => {
    await server.seed("mine/gone", "x");
    await server.seed("yours/kept", "x");
    const { data, errors } = await remove([
      object("yours/kept"),
      object("mine/gone"),
      object("mine/\ud800"),
      { bucket: "Demo", key: "mine/gone" },
      { ...object("mine/a"), region: "eu-west-1" },
      { ...object("mine/a"), versionId: "no version" },
      { bucket: "demo-missing", key: "a" },
    ]);
    expect(data?.deleteObjects.map((item) => item?.key)).toEqual([
      undefined,
      "mine/gone",
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(errors?.map(({ path, extensions }) => [path?.[1], extensions?.code, extensions?.field])).toEqual([
      [0, "FORBIDDEN", undefined],
      [2, "BAD_USER_INPUT", "objects.2.key"],
      [3, "BAD_USER_INPUT", "objects.3.bucket"],
      [4, "BAD_USER_INPUT", "objects.4.region"],
      [5, "BAD_USER_INPUT", "objects.5.versionId"],
      [6, "BUCKET_NOT_FOUND", undefined],
    ]);
    expect(await keysBelow("yours/")).toEqual(["yours/kept"]);
  });

  test("uses a key literally, whatever it would mean as a path", async () => {
    await server.seed("mine/../yours/kept", "x");
    await server.seed("yours/kept", "x");
    const { errors } = await remove([object("mine/../yours/kept")]);
    expect(errors).toBeUndefined();
    expect(await keysBelow("yours/")).toEqual(["yours/kept"]);
  });

  test("of an invalid version id is an error, whatever the key", async () => {
    const kept = await server.seed("nosuch", "x", { Bucket: versionedBucket });
    const { data, errors } = await remove([
      { bucket: versionedBucket, key: "nosuch", versionId: kept },
      { bucket: versionedBucket, key: "nosuch", versionId: "nosuch" },
      { bucket: versionedBucket, key: "nosuch\ufffe", versionId: "nosuch" },
    ]);
    expect(data?.deleteObjects.map((item) => item?.versionId)).toEqual([kept, undefined, undefined]);
    expect(errors?.map(({ extensions }) => [extensions?.code, extensions?.field])).toEqual([
      ["BAD_USER_INPUT", "objects.1.versionId"],
      ["BAD_USER_INPUT", "objects.2.versionId"],
    ]);
  });

  test("accepts the same object twice", async () => {
    await server.seed("mine/twice", "x");
    const { data } = await remove([object("mine/twice"), object("mine/twice")]);
    expect(data?.deleteObjects).toHaveLength(2);
    expect(data?.deleteObjects).not.toContain(null);
  });

  test("accepts at most 1,000 objects", async () => {
    const objects = Array.from({ length: 1000 }, (_, index) => object(`mine/many/${index}`));
    const { data } = await remove(objects);
    expect(data?.deleteObjects.map((item) => item?.key)).toEqual(objects.map(({ key }) => key));
    await server.seed("mine/kept", "x");
    expect(await remove([object("mine/kept"), ...objects])).toMatchObject({
      errors: [{ path: ["deleteObjects"], extensions: { code: "BAD_USER_INPUT", field: "objects" } }],
    });
    expect(await keysBelow("mine/kept")).toEqual(["mine/kept"]);
  });

  test("of nothing is nothing", async () => {
    expect(await remove([])).toMatchObject({ data: { deleteObjects: [] } });
  });

  test("shows deleted objects as missing in the same request", async () => {
    await server.seed("mine/seen", "x");
    const answer = await client.request(
      `mutation ($objects: [ObjectInput!]!) {
        first: deleteObjects(objects: $objects) { key }
        second: deleteObjects(objects: $objects) { key }
      }`,
      { objects: [object("mine/seen")] },
    );
    expect(answer.errors).toBeUndefined();
  });

  test("is not a query", async () => {
    const { errors } = await client.request(
      '{ deleteObjects(objects: [{ bucket: "demo", key: "a" }]) { key } }',
    );
    expect(errors).toMatchObject([{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }]);
  });
});
