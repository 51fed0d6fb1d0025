import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { beforeEach, describe, expect, test } from "vitest";
import type { TemporaryCredentials } from "../../../src/access/role-session.ts";
import { startRecordingProxy } from "../../support/recording-proxy.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { bucket, otherBucket, startTestServer, versionedBucket } from "../../support/test-server.ts";
import { startTestStore } from "../../support/test-store.ts";

const allowOn = (name: string) => ({
  Version: "2012-10-17",
  Statement: {
    Effect: "Allow",
    Action: "s3:*",
    Resource: [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`],
  },
});
const arnOf = (name: string) => `arn:aws:iam::000000000000:role/${name}`;
const allow = ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"] as const;

const store = await shareInFile(
  startTestStore({
    roles: [
      { name: "one", policy: allowOn(bucket) },
      { name: "other", policy: allowOn(otherBucket), externalId: "id-of-the-other-account" },
    ],
  }),
);
const proxy = await shareInFile(startRecordingProxy(store.description.endpoint));
const server = await shareInFile(
  startTestServer({
    store: store.description,
    s3Url: proxy.url,
    grants: [bucket, otherBucket, versionedBucket].map((name) => ({ who: "anonymous", bucket: name, allow })),
    buckets: {
      [bucket]: { role: arnOf("one") },
      [otherBucket]: { role: arnOf("other"), externalId: "id-of-the-other-account" },
    },
  }),
);
const { client } = server;

beforeEach(() => proxy.forget());

const put = (name: string, key: string, body: string) =>
  client
    .data<{ requestUpload: { url: string; headers: { name: string; value: string }[] } }>(
      `mutation ($input: UploadInput!, $size: SafeInt!) {
        requestUpload(input: $input, size: $size, method: PUT) {
          ... on PutUpload { url headers { name value } }
        }
      }`,
      { input: { bucket: name, key }, size: body.length },
    )
    .then(({ requestUpload: { url, headers } }) =>
      fetch(url, {
        method: "PUT",
        body,
        headers: headers.map(({ name: header, value }) => [header, value] as [string, string]),
      }),
    );

describe("a bucket with a role of its own", () => {
  test("has sessions of that role, and each role is assumed once for a request", async () => {
    for (const name of [bucket, otherBucket, versionedBucket]) {
      expect((await put(name, "greeting", `in ${name}`)).status).toBe(200);
    }
    const { a, b, c, d } = await client.data<Record<"a" | "b" | "c" | "d", { url: string }>>(`{
      a: downloadUrl(bucket: "${bucket}", key: "greeting") { url }
      b: downloadUrl(bucket: "${otherBucket}", key: "greeting") { url }
      c: downloadUrl(bucket: "${bucket}", key: "greeting", verify: false) { url }
      d: downloadUrl(bucket: "${versionedBucket}", key: "greeting") { url }
    }`);
    for (const [{ url }, name] of [
      [a, bucket],
      [b, otherBucket],
      [c, bucket],
      [d, versionedBucket],
    ] as const) {
      expect(await (await fetch(url)).text()).toBe(`in ${name}`);
    }
    expect(proxy.count("AssumeRole")).toBe(3);
  });

  test("cannot be reached with a session of another role", async () => {
    await client.data(`{ objects(bucket: "${bucket}") { nodes { key } } }`);
    const again = await startTestServer({
      store: store.description,
      s3Url: proxy.url,
      grants: [bucket, otherBucket].map((name) => ({ who: "anonymous", bucket: name, allow })),
      buckets: { [bucket]: { role: arnOf("one") } },
    });
    await using _ = again;
    await again.client.data(`{ objects(bucket: "${bucket}") { nodes { key } } }`);
    const [credentials] = proxy.roleSessions;
    expect(await reads(credentials, bucket)).toBe(true);
    expect(await reads(credentials, otherBucket)).toBe(false);
  });

  test("is used by batches, listings, uploads and deletions over several roles", async () => {
    const keys = [bucket, otherBucket, versionedBucket].map((name) => ({ bucket: name, key: "batch" }));
    for (const { bucket: name } of keys) await put(name, "batch", "x");
    const { downloadUrls } = await client.data<{ downloadUrls: { url: string }[] }>(
      "query ($objects: [ObjectInput!]!) { downloadUrls(objects: $objects) { url } }",
      { objects: keys },
    );
    for (const { url } of downloadUrls) expect((await fetch(url)).status).toBe(200);
    const { deleteObjects } = await client.data<{ deleteObjects: { bucket: string }[] }>(
      "mutation ($objects: [ObjectInput!]!) { deleteObjects(objects: $objects) { bucket } }",
      { objects: keys },
    );
    expect(deleteObjects.map((deleted) => deleted.bucket)).toEqual(keys.map((object) => object.bucket));
  });
});

async function reads(credentials: TemporaryCredentials | undefined, name: string): Promise<boolean> {
  if (credentials === undefined) throw new Error("No role was assumed.");
  const { endpoint, region } = store.description;
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  try {
    await s3.send(new GetObjectCommand({ Bucket: name, Key: "greeting" }));
    return true;
  } catch (error) {
    expect(error).toMatchObject({ name: "AccessDenied" });
    return false;
  } finally {
    s3.destroy();
  }
}
