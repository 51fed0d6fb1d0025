import { beforeAll, describe, expect, test } from "vitest";
import { malformedBuckets, malformedKeys, malformedNewKeys } from "../support/malformed-addresses.ts";
import { copyObject, downloadUrl, type UploadInput } from "../support/operations.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, otherBucket, startTestServer, versionedBucket } from "../support/test-server.ts";

const server = await shareInFile(
  startTestServer({
    grants: [
      { who: "anonymous", bucket, prefix: "both/", allow: ["DOWNLOAD", "UPLOAD"] },
      { who: "anonymous", bucket, prefix: "read/", allow: ["DOWNLOAD"] },
      { who: "anonymous", bucket, prefix: "write/", allow: ["UPLOAD"] },
      {
        who: "anonymous",
        bucket,
        prefix: "images/",
        allow: ["UPLOAD", "DOWNLOAD"],
        maxUploadBytes: 6,
        contentTypes: ["image/*"],
      },
      { who: "anonymous", bucket: versionedBucket, allow: ["DOWNLOAD", "UPLOAD"] },
      { who: "anonymous", bucket: "demo-missing", allow: ["UPLOAD", "DOWNLOAD"] },
    ],
  }),
);
const { client } = server;

const from = { bucket, key: "read/source.txt" };
const copy = (to: Partial<UploadInput> & { region?: string }, source: object = {}) =>
  copyObject(client, { ...from, ...source }, { bucket, key: "both/copy", ...to });
const textOf = async (key: string) => (await fetch((await downloadUrl(client, { bucket, key })).url)).text();
const badInput = (field: string) => ({ code: "BAD_USER_INPUT", retryable: false, field });

beforeAll(async () => {
  await server.seed(from.key, "source", { ContentType: "text/plain" });
  await server.seed("read/cat.png", "source", { ContentType: "image/png" });
  await server.seed("read/lion.png", "larger", { ContentType: "image/png" });
  await server.seed("read/tiger.png", "largest", { ContentType: "image/png" });
  await server.seed("write/secret", "secret");
});

describe("copyObject", () => {
  test("returns the copy as it is stored", async () => {
    expect(await copy({ key: "both/a" })).toMatchObject({
      bucket,
      key: "both/a",
      size: 6,
      contentType: "text/plain",
      etag: expect.any(String),
    });
    expect(await textOf("both/a")).toBe("source");
  });

  test("copies a version of the original", async () => {
    const versionId = await server.seed("v", "first", { Bucket: versionedBucket });
    await server.seed("v", "second", { Bucket: versionedBucket });
    await copy({ key: "both/v" }, { bucket: versionedBucket, key: "v", versionId });
    expect(await textOf("both/v")).toBe("first");
  });

  test("replaces an object, unless overwrite is false", async () => {
    await server.seed("both/there", "there");
    await expect(copy({ key: "both/there", overwrite: false })).rejects.toMatchObject({
      code: "OBJECT_EXISTS",
      retryable: false,
    });
    expect(await textOf("both/there")).toBe("there");
    await copy({ key: "both/there", overwrite: null as never });
    expect(await textOf("both/there")).toBe("source");
  });

  test("of an object onto itself must change something", async () => {
    await server.seed("both/self", "self");
    const self = { bucket, key: "both/self" };
    await expect(copy(self, self)).rejects.toMatchObject(badInput("to"));
    const changed = await copy({ ...self, contentType: "text/csv" }, self);
    expect(changed).toMatchObject({ contentType: "text/csv", size: 4 });
    const tagged = await copy({ ...self, tags: [{ name: "a", value: "b" }] }, self);
    expect(tagged).toMatchObject({ contentType: "text/csv", size: 4 });
  });

  test("of a version onto its own key restores it", async () => {
    const key = "both/v";
    const versionId = await server.seed(key, "first", { Bucket: versionedBucket });
    await server.seed(key, "second", { Bucket: versionedBucket });
    await copy({ bucket: versionedBucket, key }, { bucket: versionedBucket, key, versionId });
    const { url } = await downloadUrl(client, { bucket: versionedBucket, key });
    expect(await (await fetch(url)).text()).toBe("first");
  });

  test("is FORBIDDEN without DOWNLOAD at one end or UPLOAD at the other", async () => {
    for (const [to, source] of [
      [{ key: "both/stolen" }, { key: "write/secret" }],
      [{ key: "both/stolen" }, { key: "other/missing" }],
      [{ key: "both/stolen" }, { bucket: otherBucket, key: "a" }],
      [{ key: "read/source.txt" }, {}],
      [{ key: "other/a" }, {}],
      [{ bucket: otherBucket, key: "a" }, {}],
      [{ key: "other/a" }, { key: "read/missing" }],
    ]) {
      await expect(copy(to ?? {}, source)).rejects.toMatchObject({ code: "FORBIDDEN", retryable: false });
    }
  });

  test("enforces the limits of the grant that allows the upload", async () => {
    await copy({ key: "images/cat.png" }, { key: "read/cat.png" });
    await expect(copy({ key: "images/tiger.png" }, { key: "read/tiger.png" })).rejects.toMatchObject({
      code: "UPLOAD_TOO_LARGE",
      field: undefined,
      message: expect.stringContaining("6"),
    });
    await expect(copy({ key: "images/text.png" })).rejects.toMatchObject({
      code: "CONTENT_TYPE_NOT_ALLOWED",
      field: "to.contentType",
    });
    await expect(
      copy({ key: "images/cat.html", contentType: "text/html" }, { key: "read/cat.png" }),
    ).rejects.toMatchObject({ code: "CONTENT_TYPE_NOT_ALLOWED" });
  });

  test("of a missing object or bucket says which", async () => {
    await expect(copy({}, { key: "read/missing" })).rejects.toMatchObject({ code: "OBJECT_NOT_FOUND" });
    await expect(copy({}, { bucket: "demo-missing", key: "a" })).rejects.toMatchObject({
      code: "BUCKET_NOT_FOUND",
    });
    await expect(copy({ bucket: "demo-missing", key: "a" })).rejects.toMatchObject({
      code: "BUCKET_NOT_FOUND",
    });
  });

  test.each(malformedBuckets)("accepts no bucket of %s", async (_what, name) => {
    await expect(copy({ bucket: name })).rejects.toMatchObject(badInput("to.bucket"));
    await expect(copy({}, { bucket: name })).rejects.toMatchObject(badInput("from.bucket"));
  });

  test.each(malformedNewKeys)("takes no target key of %s", async (_what, key) => {
    await expect(copy({ key })).rejects.toMatchObject(badInput("to.key"));
  });

  test.each(malformedKeys)("takes no source key of %s", async (_what, key) => {
    await expect(copy({}, { key })).rejects.toMatchObject(badInput("from.key"));
  });

  test.each<[string, object, object]>([
    ["from.region", {}, { region: "eu-west-1" }],
    ["from.versionId", {}, { versionId: "a&versionId=b" }],
    ["from.versionId", {}, { bucket: versionedBucket, versionId: "nosuch" }],
    ["to.region", { region: "eu-west-1" }, {}],
    ["to.contentType", { contentType: "text" }, {}],
    ["to.metadata", { metadata: [{ name: "a b", value: "" }] }, {}],
    ["to.tags", { tags: [{ name: "a", value: "&" }] }, {}],
    ["to.checksum", { checksum: { algorithm: "CRC32", value: "AAAAAA==" } }, {}],
  ])("takes no such %s", async (field, to, source) => {
    await expect(copy(to, source)).rejects.toMatchObject(badInput(field));
  });
});
