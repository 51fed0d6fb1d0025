import { HeadObjectCommand, PutObjectCommand, type PutObjectCommandInput } from "@aws-sdk/client-s3";
import { beforeEach, describe, expect, test } from "vitest";
import { noise } from "../../support/noise.ts";
import { startRecordingProxy } from "../../support/recording-proxy.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { bucket, otherBucket, startTestServer } from "../../support/test-server.ts";
import { startTestStore } from "../../support/test-store.ts";

const MiB = 2 ** 20;
const allow = ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"] as const;
const onlyIn = (name: string) => ({
  Version: "2012-10-17",
  Statement: {
    Effect: "Allow",
    Action: "s3:*",
    Resource: [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`],
  },
});

const store = await shareInFile(
  startTestStore({
    roles: [
      { name: "one", policy: onlyIn(bucket) },
      { name: "other", policy: onlyIn(otherBucket) },
    ],
  }),
);
const proxy = await shareInFile(startRecordingProxy(store.description.endpoint));
const server = await shareInFile(
  startTestServer({
    store: store.description,
    s3Url: proxy.url,
    grants: [bucket, otherBucket].map((name) => ({ who: "anonymous", bucket: name, allow })),
    buckets: {
      [bucket]: { role: "arn:aws:iam::000000000000:role/one" },
      [otherBucket]: { role: "arn:aws:iam::000000000000:role/other" },
    },
    env: { VALETKEY_MAX_UPLOAD_BYTES: String(40 * MiB) },
  }),
);

beforeEach(() => proxy.forget());

const put = (Key: string, Body: Buffer, more: Partial<PutObjectCommandInput> = {}) =>
  server.admin.send(new PutObjectCommand({ ...more, Bucket: bucket, Key, Body }));

const copy = (key: string, to: object) =>
  server.client.request<{ copyObject: { size: number; etag: string } | null }>(
    `mutation ($from: ObjectInput!, $to: UploadInput!) {
      copyObject(from: $from, to: $to) { bucket key size contentType metadata { name value } tags { name value } }
    }`,
    { from: { bucket, key }, to: { bucket: otherBucket, ...to } },
  );

describe("a copy between buckets of two roles", () => {
  test.each([
    ["small", 10],
    ["in parts", 30 * MiB],
  ])("passes through the server: a %s object, with all that describes it", async (name, bytes) => {
    const body = noise(bytes, 7);
    await put(name, body, { ContentType: "image/png", Metadata: { author: "alice" }, Tagging: "kind=a" });
    const { data } = await copy(name, { key: `copy of ${name}` });
    expect(data?.copyObject).toEqual({
      bucket: otherBucket,
      key: `copy of ${name}`,
      size: bytes,
      contentType: "image/png",
      metadata: [{ name: "author", value: "alice" }],
      tags: [{ name: "kind", value: "a" }],
    });
    expect(proxy.count("CopyObject")).toBe(0);
    expect(proxy.count("GetObject")).toBe(1);
    const { url } = (
      await server.client.data<{ downloadUrl: { url: string } }>(
        `{ downloadUrl(bucket: "${otherBucket}", key: "copy of ${name}") { url } }`,
      )
    ).downloadUrl;
    expect(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(body)).toBe(true);
  });

  test("of more bytes than uploadFile takes is refused before a byte is read", async () => {
    await put("large", noise(41 * MiB, 1));
    const { errors } = await copy("large", { key: "copy" });
    expect(errors?.[0]?.extensions).toMatchObject({ code: "UPLOAD_TOO_LARGE", field: "from" });
    expect(proxy.count("GetObject")).toBe(0);
  });

  test("of an object that changes meanwhile copies the new one", async () => {
    await server.seed("changing", "before");
    proxy.meanwhile("HeadObject", "after", () => server.seed("changing", "after it"));
    const { data } = await copy("changing", { key: "changing" });
    expect(data?.copyObject?.size).toBe(8);
  });

  test("that must not replace an object does not", async () => {
    await server.seed("once", "original");
    expect((await copy("once", { key: "once", overwrite: false })).errors).toBeUndefined();
    const { errors } = await copy("once", { key: "once", overwrite: false });
    expect(errors?.[0]?.extensions?.code).toBe("OBJECT_EXISTS");
  });

  test("of a missing object names the source, and stores nothing", async () => {
    const { errors } = await copy("missing", { key: "nothing" });
    expect(errors?.[0]?.extensions?.code).toBe("OBJECT_NOT_FOUND");
    const head = server.admin.send(new HeadObjectCommand({ Bucket: otherBucket, Key: "nothing" }));
    await expect(head).rejects.toMatchObject({ name: "NotFound" });
  });
});
