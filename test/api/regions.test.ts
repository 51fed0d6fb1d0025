import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, test } from "vitest";
import { copyObject } from "../support/operations.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { anyoneMayDoAnything, startTestServer } from "../support/test-server.ts";

const regions = "us-east-1,eu-west-1";
const allow = ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"] as const;
// A server forgets no region that it has learned, so each test has a bucket of its own.
const buckets = ["west-list", "west-delete", "west-wrong", "west-odd", "west-from", "west-to", "west-object"];
const server = await shareInFile(
  startTestServer({
    env: { VALETKEY_REGIONS: regions },
    grants: [
      ...anyoneMayDoAnything,
      ...buckets.map((bucket) => ({ who: "anonymous", bucket, allow }) as const),
    ],
  }),
);
const { client } = server;

beforeAll(async () => {
  const { credentials } = server.admin.config;
  const west = new S3Client({
    endpoint: server.storeUrl,
    region: "eu-west-1",
    forcePathStyle: true,
    credentials,
  });
  for (const Bucket of buckets) {
    const CreateBucketConfiguration = { LocationConstraint: "eu-west-1" } as const;
    await west.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
    for (const Key of ["a", "nonchar\ufffe"])
      await west.send(new PutObjectCommand({ Bucket, Key, Body: "x" }));
  }
  west.destroy();
});

const keysIn = async (bucket: string) => {
  const data = await client.data<{ objects: { nodes: { key: string }[] } }>(
    `{ objects(bucket: "${bucket}", region: "eu-west-1") { nodes { key } } }`,
  );
  return data.objects.nodes.map(({ key }) => key);
};
const remove = (objects: readonly object[]) =>
  client.data("mutation ($objects: [ObjectInput!]!) { deleteObjects(objects: $objects) { key } }", {
    objects,
  });

describe("a bucket of another region than the one named is followed", () => {
  test("by a listing, whose nodes and URLs are of that region", async () => {
    const { objects } = await client.data<{ objects: { nodes: { downloadUrl: { url: string } }[] } }>(
      '{ objects(bucket: "west-list") { nodes { region contentType downloadUrl { url region } } } }',
    );
    expect(objects.nodes[0]).toMatchObject({ region: "eu-west-1", downloadUrl: { region: "eu-west-1" } });
    expect(await (await fetch(objects.nodes[0]?.downloadUrl.url ?? "")).text()).toBe("x");
  });

  test.each([
    ["west-delete", "a", undefined],
    ["west-wrong", "a", "us-east-1"],
    ["west-odd", "nonchar\ufffe", undefined],
  ])("by a delete in %s of %j", async (bucket, key, region) => {
    await server.seed("east", "x");
    await remove([
      { bucket, key, region },
      { bucket: "demo", key: "east" },
    ]);
    expect(await keysIn(bucket)).not.toContain(key);
  });

  test("by an object, with one extra HEAD the first time", async () => {
    const heads = async () => {
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      const counts = metrics.matchAll(
        /^valetkey_s3_request_duration_seconds_count\{.*"HeadObject".*\} (\d+)$/gm,
      );
      return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
    };
    const query = '{ object(bucket: "west-object", key: "a") { region contentType metadata { name } } }';
    for (const calls of [2, 1]) {
      const before = await heads();
      expect(await client.data(query)).toMatchObject({ object: { region: "eu-west-1", metadata: [] } });
      expect((await heads()) - before).toBe(calls);
    }
  });

  test("by a copy, at both ends", async () => {
    await copyObject(client, { bucket: "west-from", key: "a" }, { bucket: "demo", key: "east copy" });
    const copied = await copyObject(
      client,
      { bucket: "demo", key: "east copy" },
      { bucket: "west-to", key: "west copy" },
    );
    expect(copied).toMatchObject({ bucket: "west-to", size: 1 });
    expect(await keysIn("west-to")).toContain("west copy");
  });
});
