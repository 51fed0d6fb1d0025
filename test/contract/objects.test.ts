import { PutObjectCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { describe, expect, test } from "vitest";
import {
  completeUpload,
  copyObject,
  downloadUrl,
  type KeyValue,
  requestUpload,
  uploadFile,
} from "../support/operations.ts";
import { sendPut } from "../support/presigned-requests.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";
import { admin, inspect, noise, ownPrefix, seed, store } from "./store.ts";

const { main: bucket, versioned } = store.buckets;
const prefix = ownPrefix("objects");
const server = await shareInFile(
  startTestServer({
    store,
    grants: [bucket, versioned].map((name) => ({
      who: "anonymous",
      bucket: name,
      prefix,
      allow: ["DOWNLOAD", "UPLOAD", "DELETE"],
    })),
  }),
);
const { client } = server;

interface Described {
  readonly size: number;
  readonly contentType: string;
  readonly cacheControl: string | null;
  readonly metadata: readonly KeyValue[];
  readonly tags: readonly KeyValue[];
  readonly versionId: string | null;
}

async function describeObject(address: object): Promise<Described | null> {
  const data = await client.data<{ object: Described | null }>(
    `query ($bucket: String!, $key: String!, $versionId: String) {
      object(bucket: $bucket, key: $key, versionId: $versionId) {
        size contentType cacheControl metadata { name value } tags { name value } versionId
      }
    }`,
    { bucket, ...address },
  );
  return data.object;
}

const metadata = [
  { name: "author", value: "zoë" },
  { name: "plain", value: "two words" },
  { name: "encoded", value: "=?UTF-8?B?em/Dqw==?=" },
  { name: "long", value: "한국어 👩‍👩‍👧 ".repeat(12) },
  { name: "padded", value: "  two  spaces " },
  { name: "empty", value: "" },
  { name: "with_underscore", value: `"a"; b, c=d+e%20&f` },
];
const tags = [
  { name: "made by", value: "zoë and co" },
  { name: "sum", value: "1 + 1 = 2" },
  { name: "한국/a:b@c", value: "" },
];
const byName = (pairs: readonly KeyValue[] = []) => new Map(pairs.map(({ name, value }) => [name, value]));
const metadataOfHeaders = store.differs("readsUnderscoresAsHyphens")
  ? metadata.map(({ name, value }) => ({ name: name.replace("_", "-"), value }))
  : metadata;

describe("metadata and tags of any characters are returned as they were sent", () => {
  test("through uploadFile", async () => {
    const key = `${prefix}file`;
    await uploadFile(client, new Blob(["file"]), { bucket, key, contentType: "text/plain", metadata, tags });
    const object = await describeObject({ key });
    expect(object).toMatchObject({ size: 4, contentType: "text/plain", cacheControl: null });
    expect(byName(object?.metadata)).toEqual(byName(metadataOfHeaders));
    expect(byName(object?.tags)).toEqual(byName(tags));
  });

  test("through a presigned PUT", async () => {
    const key = `${prefix}put`;
    const upload = await requestUpload(client, "PUT", { input: { bucket, key, metadata, tags }, size: 3 });
    expect((await sendPut(upload, noise(3))).status).toBe(200);
    const object = await describeObject({ key });
    expect(byName(object?.metadata)).toEqual(byName(metadataOfHeaders));
    expect(byName(object?.tags)).toEqual(byName(tags));
  });

  test("through a multipart upload", async () => {
    const key = `${prefix}parts`;
    const upload = await requestUpload(client, "MULTIPART", {
      input: { bucket, key, metadata, tags },
      size: 3,
    });
    for (const part of upload.parts) expect((await sendPut(part, noise(3))).status).toBe(200);
    await completeUpload(client, upload.id);
    const object = await describeObject({ key });
    expect(byName(object?.metadata)).toEqual(byName(metadataOfHeaders));
    expect(byName(object?.tags)).toEqual(byName(store.differs("dropsTagsOfMultipartUploads") ? [] : tags));
  });

  test("through a copy", async () => {
    const from = { bucket, key: `${prefix}to be described` };
    await seed(bucket, from.key, "x");
    const key = `${prefix}described`;
    await copyObject(client, from, { bucket, key, metadata, tags });
    const object = await describeObject({ key });
    expect(byName(object?.metadata)).toEqual(byName(metadataOfHeaders));
    expect(byName(object?.tags)).toEqual(byName(store.differs("bindsTagsOfCopiesToMetadata") ? [] : tags));
  });
});

test("a missing object is null", async () => {
  expect(await describeObject({ key: `${prefix}none` })).toBeNull();
});

describe("copyObject", () => {
  const from = { bucket, key: `${prefix}ça + là/été #?%.txt` };
  const seedSource = () =>
    seed(bucket, from.key, "source", {
      ContentType: "text/plain",
      Metadata: { kept: "yes" },
      CacheControl: "no-cache",
    });

  test("copies an object whose key has + and accents, with its properties", async () => {
    await seedSource();
    const to = { bucket, key: `${prefix}copie + ü.txt` };
    expect(await copyObject(client, from, to)).toMatchObject({ ...to, size: 6, contentType: "text/plain" });
    const copy = await inspect(bucket, to.key);
    expect(copy?.body.toString()).toBe("source");
    expect(copy?.head).toMatchObject({ CacheControl: "no-cache", Metadata: { kept: "yes" } });
  });

  test("replaces what the input describes", async () => {
    await seedSource();
    const to = { bucket, key: `${prefix}described copy`, contentType: "text/csv", metadata };
    expect(await copyObject(client, from, to)).toMatchObject({ contentType: "text/csv" });
    expect(byName((await describeObject({ key: to.key }))?.metadata)).toEqual(byName(metadataOfHeaders));
  });

  test("copies between buckets and back", async () => {
    await seedSource();
    const there = { bucket: versioned, key: `${prefix}autre + é e\u0301.txt` };
    expect(await copyObject(client, from, there)).toMatchObject({ ...there, size: 6 });
    const back = { bucket, key: `${prefix}retour 1+1 %20 é` };
    expect(await copyObject(client, there, back)).toMatchObject({ ...back, contentType: "text/plain" });
    expect((await inspect(bucket, back.key))?.body.toString()).toBe("source");
  });

  describe("the tags", () => {
    const given = [{ name: "made by", value: "zoë and co" }];
    const copied = async (name: string, more: object, self = false) => {
      const source = { bucket, key: `${prefix}tagged ${name}` };
      await seed(bucket, source.key, "x", { Tagging: "kept=a%20b", Metadata: { a: "1" } });
      const to = self ? source : { bucket, key: `${prefix}tags ${name}` };
      await copyObject(client, source, { ...to, ...more });
      return await describeObject({ key: to.key });
    };
    const kept = [{ name: "kept", value: "a b" }];
    const bound = store.differs("bindsTagsOfCopiesToMetadata");

    test.each<[string, object, readonly KeyValue[], readonly KeyValue[]]>([
      ["are kept when nothing is said", {}, kept, kept],
      ["are kept beside another type", { contentType: "text/csv" }, kept, []],
      ["are replaced", { tags: given }, given, kept],
      ["are replaced beside another type", { tags: given, contentType: "text/csv" }, given, []],
      ["are cleared", { tags: [] }, [], kept],
      ["are cleared beside the metadata", { tags: [], metadata: [] }, [], []],
    ])("%s", async (name, more, expected, onCeph) => {
      expect((await copied(name, more))?.tags).toEqual(bound ? onCeph : expected);
    });

    test("may be the only change of a copy onto itself", async () => {
      const object = await copied("self", { tags: given }, true);
      expect(object?.tags).toEqual(bound ? [] : given);
      expect(object?.metadata).toEqual([{ name: "a", value: "1" }]);
    });
  });

  test("distinguishes no metadata from null", async () => {
    await seedSource();
    const bare = { bucket, key: `${prefix}bare copy` };
    await copyObject(client, from, { ...bare, metadata: [] });
    expect(await describeObject({ key: bare.key })).toMatchObject({ metadata: [], cacheControl: "no-cache" });
    await copyObject(client, from, { ...bare, metadata: null as never });
    expect((await describeObject({ key: bare.key }))?.metadata).toEqual([{ name: "kept", value: "yes" }]);
  });

  test("returns metadata that other programs wrote in raw UTF-8", async () => {
    const source = { bucket, key: `${prefix}raw metadata` };
    const raw = new PutObjectCommand({ Bucket: bucket, Key: source.key, Metadata: { author: "zoë" } });
    const url = await getSignedUrl(admin, raw);
    expect((await fetch(url, { method: "PUT", body: "x" })).status).toBe(200);
    for (const [name, more] of [
      ["raw copy", {}],
      ["raw copy with a type", { contentType: "text/csv" }],
    ] as const) {
      const key = `${prefix}${name}`;
      await copyObject(client, source, { bucket, key, ...more });
      expect((await describeObject({ key }))?.metadata).toEqual([{ name: "author", value: "zoë" }]);
    }
  });

  test("replaces no object with overwrite: false", async () => {
    await seedSource();
    const to = { bucket, key: `${prefix}kept copy`, overwrite: false };
    await copyObject(client, from, to);
    await seed(bucket, from.key, "changed");
    await expect(copyObject(client, from, to)).rejects.toMatchObject({ code: "OBJECT_EXISTS" });
    expect((await inspect(bucket, to.key))?.body.toString()).toBe("source");
  });

  test("of a missing object is OBJECT_NOT_FOUND", async () => {
    const missing = { bucket, key: `${prefix}missing` };
    await expect(copyObject(client, missing, { bucket, key: `${prefix}nowhere` })).rejects.toMatchObject({
      code: "OBJECT_NOT_FOUND",
    });
  });
});

describe("deleteObjects", () => {
  const mutation = `mutation ($objects: [ObjectInput!]!) { deleteObjects(objects: $objects) { bucket key } }`;

  test("deletes objects, and succeeds for objects that do not exist", async () => {
    const objects = ["a + b", "ü/#?%", "missing", "<xml> & 'quotes'"].map((name) => ({
      bucket,
      key: `${prefix}delete/${name}`,
    }));
    for (const { key } of objects) if (!key.endsWith("missing")) await seed(bucket, key, "x");
    expect(await client.data(mutation, { objects })).toEqual({ deleteObjects: objects });
    for (const { key } of objects) expect(await inspect(bucket, key)).toBeUndefined();
  });

  test("returns null for a bad item and does not affect the others", async () => {
    const good = { bucket, key: `${prefix}delete/good` };
    await seed(bucket, good.key, "x");
    const objects = [{ bucket, key: "elsewhere/a" }, good, { bucket: "Not A Bucket", key: "a" }];
    const answer = await client.request<{ deleteObjects: unknown[] }>(mutation, { objects });
    expect(answer.data?.deleteObjects).toEqual([null, good, null]);
    expect(answer.errors).toMatchObject([
      { path: ["deleteObjects", 0], extensions: { code: "FORBIDDEN" } },
      { path: ["deleteObjects", 2], extensions: { code: "BAD_USER_INPUT" } },
    ]);
    expect(await inspect(bucket, good.key)).toBeUndefined();
  });
});

test("a batch of URLs with two bad items of three returns the third", async () => {
  const good = { bucket, key: `${prefix}batch good` };
  await seed(bucket, good.key, "good");
  const answer = await client.request<{ downloadUrls: ({ url: string } | null)[] }>(
    "query ($objects: [ObjectInput!]!) { downloadUrls(objects: $objects) { url } }",
    { objects: [{ bucket, key: "elsewhere/a" }, { bucket, key: `${prefix}batch missing` }, good] },
  );
  expect(answer.data?.downloadUrls).toMatchObject([null, null, { url: expect.any(String) }]);
  expect(answer.errors).toMatchObject([
    { path: ["downloadUrls", 0], extensions: { code: "FORBIDDEN" } },
    { path: ["downloadUrls", 1], extensions: { code: "OBJECT_NOT_FOUND" } },
  ]);
  expect(await (await fetch(answer.data?.downloadUrls[2]?.url ?? "")).text()).toBe("good");
});

describe("versions", () => {
  test("are described and downloaded by id", async () => {
    const key = `${prefix}versions`;
    const first = await seed(versioned, key, "first");
    const second = await seed(versioned, key, "the second");
    expect(await describeObject({ bucket: versioned, key })).toMatchObject({ size: 10, versionId: second });
    expect(await describeObject({ bucket: versioned, key, versionId: first })).toMatchObject({
      size: 5,
      versionId: first,
    });
  });

  test("outlive the delete of their object", async () => {
    const key = `${prefix}deleted version`;
    const versionId = await seed(versioned, key, "still here");
    await client.data("mutation ($objects: [ObjectInput!]!) { deleteObjects(objects: $objects) { key } }", {
      objects: [{ bucket: versioned, key }],
    });
    expect(await describeObject({ bucket: versioned, key })).toBeNull();
    const { url } = await downloadUrl(client, { bucket: versioned, key, versionId });
    expect(await (await fetch(url)).text()).toBe("still here");
  });

  test("of a delete marker names no object, and deleting the marker restores the object", async () => {
    const key = `${prefix}undeleted + é`;
    await seed(versioned, key, "back");
    const remove = async (object: object) => {
      const data = await client.data<{ deleteObjects: { versionId: string }[] }>(
        "mutation ($objects: [ObjectInput!]!) { deleteObjects(objects: $objects) { versionId } }",
        { objects: [{ bucket: versioned, key, ...object }] },
      );
      return data.deleteObjects[0]?.versionId;
    };
    const marker = await remove({});
    expect(await describeObject({ bucket: versioned, key, versionId: marker })).toBeNull();
    await expect(downloadUrl(client, { bucket: versioned, key, versionId: marker })).rejects.toMatchObject({
      code: "OBJECT_NOT_FOUND",
    });
    await expect(
      copyObject(client, { bucket: versioned, key, versionId: marker }, { bucket, key: `${prefix}undead` }),
    ).rejects.toMatchObject({ code: "OBJECT_NOT_FOUND" });
    expect(await remove({ versionId: marker })).toBe(marker);
    const { url } = await downloadUrl(client, { bucket: versioned, key });
    expect(await (await fetch(url)).text()).toBe("back");
  });
});
