import { describe, expect, test } from "vitest";
import { requestUpload } from "../support/operations.ts";
import { sendPost } from "../support/presigned-requests.ts";
import { startRewritingSts } from "../support/rewriting-sts.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";
import { inspect, noise, ownPrefix, refused, store } from "./store.ts";

const bucket = store.buckets.main;
const prefix = ownPrefix("post");
// On a store that cannot combine a POST with a session policy, sessions have none, and only the POST policy is tested.
const sts = store.differs("storesNoPostUnderSessionPolicy")
  ? await shareInFile(startRewritingSts(store, ({ Policy: _, ...asked }) => asked))
  : undefined;
const server = await shareInFile(
  startTestServer({
    store,
    stsUrl: sts?.url,
    grants: [{ who: "anonymous", bucket, prefix, allow: ["UPLOAD", "DOWNLOAD"] }],
  }),
);

const body = noise(1000);
const presign = (key: string) =>
  requestUpload(server.client, "POST", {
    input: {
      bucket,
      key,
      contentType: "text/plain",
      cacheControl: "no-cache",
      metadata: [{ name: "author", value: "zoë" }],
    },
    size: body.length,
  });

test("the fields of a presigned POST store the file and its properties", async () => {
  const key = `${prefix}whole ü+#?%"quoted".txt`;
  const response = await sendPost(await presign(key), body);
  expect(response.ok).toBe(true);
  const stored = await inspect(bucket, key);
  expect(stored?.body).toEqual(body);
  expect(stored?.head).toMatchObject({
    ContentType: "text/plain",
    ...(store.differs("dropsHeadersOfPosts") ? {} : { CacheControl: "no-cache" }),
    Metadata: { author: "=?UTF-8?B?em/Dqw==?=" },
  });
});

test("metadata and tags of a presigned POST are returned as they were sent", async () => {
  const key = `${prefix}described`;
  const metadata = [
    { name: "author", value: "zoë" },
    { name: "long", value: "한국어 👩‍👩‍👧 ".repeat(12) },
    { name: "with_underscore", value: `"a"; b, c=d+e%20&f <g>` },
  ];
  const tags = [
    { name: "made by", value: "zoë and co" },
    { name: "sum", value: "1 + 1 = 2" },
  ];
  const upload = await requestUpload(server.client, "POST", {
    input: { bucket, key, metadata, tags },
    size: 1,
  });
  expect((await sendPost(upload, Buffer.of(1))).ok).toBe(true);
  const { object } = await server.client.data<{ object: Record<"metadata" | "tags", object[]> }>(
    `query ($bucket: String!, $key: String!) {
      object(bucket: $bucket, key: $key) { metadata { name value } tags { name value } }
    }`,
    { bucket, key },
  );
  expect(object.metadata).toHaveLength(3);
  expect(object.metadata).toEqual(expect.arrayContaining(metadata));
  expect(object.tags).toHaveLength(2);
  expect(object.tags).toEqual(expect.arrayContaining(tags));
});

describe("a presigned POST is refused, and nothing stored, with", () => {
  test.each([
    ["one byte more", Buffer.concat([body, Buffer.of(0)])],
    ["one byte fewer", body.subarray(1)],
    ["no bytes", Buffer.alloc(0)],
  ])("%s", async (what, other) => {
    const key = `${prefix}${what}`;
    expect(refused).toContain((await sendPost(await presign(key), other)).status);
    expect(await inspect(bucket, key)).toBeUndefined();
  });

  test("another key", async () => {
    const upload = await presign(`${prefix}here`);
    expect(refused).toContain((await sendPost(upload, body, { key: `${prefix}there` })).status);
    expect(await inspect(bucket, `${prefix}there`)).toBeUndefined();
  });

  test.each(["Content-Type", "Cache-Control", "x-amz-meta-author"])("another %s, or none", async (name) => {
    const key = `${prefix}field ${name}`;
    const upload = await presign(key);
    const field = upload.fields.find((each) => each.name.toLowerCase() === name.toLowerCase());
    if (field === undefined) throw new Error(`There is no field ${name}.`);
    expect(refused).toContain((await sendPost(upload, body, { [field.name]: "text/html" })).status);
    const fields = upload.fields.filter((each) => each !== field);
    expect(refused).toContain((await sendPost({ ...upload, fields }, body)).status);
    expect(await inspect(bucket, key)).toBeUndefined();
  });

  test("a field that the policy does not name", async () => {
    const key = `${prefix}extra`;
    expect(refused).toContain((await sendPost(await presign(key), body, { acl: "public-read" })).status);
    expect(await inspect(bucket, key)).toBeUndefined();
  });

  test.each(["policy", "x-amz-signature", "x-amz-security-token"])("no %s", async (name) => {
    const key = `${prefix}without ${name}`;
    const upload = await presign(key);
    const fields = upload.fields.filter((field) => field.name.toLowerCase() !== name);
    expect(fields).toHaveLength(upload.fields.length - 1);
    expect(refused).toContain((await sendPost({ ...upload, fields }, body)).status);
    expect(await inspect(bucket, key)).toBeUndefined();
  });
});
