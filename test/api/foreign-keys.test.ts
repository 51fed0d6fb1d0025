import { CreateMultipartUploadCommand } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { copyObject, downloadUrl, requestUpload, type StoredObject } from "../support/operations.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer } from "../support/test-server.ts";

const server = await shareInFile(startTestServer());
const { client, admin } = server;

// Keys that other programs may have written, and that the API does not accept for new objects.
const signableKeys = ["foreign/a\u0001b", "foreign/a\nb", "foreign/a\u007fb", "foreign/${filename}"];
const dotSegmentKeys = ["foreign/./b", "foreign/../b", "foreign/b/..", "foreign/."];
const foreignKeys = [...signableKeys, ...dotSegmentKeys];
const badKey = { code: "BAD_USER_INPUT", retryable: false };

const listedKeys = async (prefix: string): Promise<string[]> => {
  const query = `query ($bucket: String!, $prefix: String!) { objects(bucket: $bucket, prefix: $prefix) { nodes { key } } }`;
  const data = await client.data<{ objects: { nodes: { key: string }[] } }>(query, { bucket, prefix });
  return data.objects.nodes.map(({ key }) => key);
};
const find = async (key: string) => {
  const query = `query ($bucket: String!, $key: String!) { object(bucket: $bucket, key: $key) { key size metadata { name value } } }`;
  return (await client.data<{ object: StoredObject | null }>(query, { bucket, key })).object;
};
const pendingUploads = async (prefix: string) => {
  const query = `query ($bucket: String!, $prefix: String!) { uploads(bucket: $bucket, prefix: $prefix) { nodes { id key } } }`;
  const data = await client.data<{ uploads: { nodes: { id: string; key: string }[] } }>(query, {
    bucket,
    prefix,
  });
  return data.uploads.nodes;
};

describe.each(foreignKeys)("an object that another program stored as %j", (key) => {
  test("is described", async () => {
    await server.seed(key, "bytes", { Metadata: { a: "1" } });
    expect(await find(key)).toEqual({ key, size: 5, metadata: [{ name: "a", value: "1" }] });
    expect(await listedKeys(key)).toEqual([key]);
  });

  test("is copied to another key", async () => {
    await server.seed(key, "bytes");
    expect(await copyObject(client, { bucket, key }, { bucket, key: "copies/of it" })).toMatchObject({
      size: 5,
    });
  });

  test("is deleted, together with others", async () => {
    await server.seed(key, "bytes");
    await server.seed("foreign/ordinary", "bytes");
    const mutation = `mutation ($objects: [ObjectInput!]!) { deleteObjects(objects: $objects) { key } }`;
    const objects = [key, "foreign/ordinary"].map((each) => ({ bucket, key: each }));
    await client.data(mutation, { objects });
    expect(await find(key)).toBeNull();
    expect(await find("foreign/ordinary")).toBeNull();
  });

  test("is not replaced by an upload or a copy", async () => {
    await server.seed("foreign/source", "bytes");
    const upload = requestUpload(client, "PUT", { input: { bucket, key }, size: 1 });
    await expect(upload).rejects.toMatchObject({ ...badKey, field: "input.key" });
    const copy = copyObject(client, { bucket, key: "foreign/source" }, { bucket, key });
    await expect(copy).rejects.toMatchObject({ ...badKey, field: "to.key" });
  });
});

test.each(signableKeys)("an object with the key %j is downloaded", async (key) => {
  await server.seed(key, "bytes");
  const { url } = await downloadUrl(client, { bucket, key });
  expect(await (await fetch(url)).text()).toBe("bytes");
});

test.each(dotSegmentKeys)("no URL is signed for the key %j, which HTTP clients would change", async (key) => {
  await server.seed(key, "bytes");
  await expect(downloadUrl(client, { bucket, key })).rejects.toMatchObject({
    ...badKey,
    field: "key",
    message: expect.stringContaining("copyObject"),
  });
});

test.each(foreignKeys)("an unfinished upload to the key %j is listed and aborted", async (key) => {
  await admin.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: key }));
  const [upload] = await pendingUploads(key);
  expect(upload).toMatchObject({ key });
  await client.data(`mutation ($id: ID!) { abortUpload(id: $id) }`, { id: upload?.id });
  expect(await pendingUploads(key)).toEqual([]);
});
