import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { malformedBuckets, malformedKeys } from "../support/malformed-addresses.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer, versionedBucket } from "../support/test-server.ts";

const server = await shareInFile(
  startTestServer({
    grants: [
      { who: "anonymous", bucket, prefix: "read/", allow: ["DOWNLOAD"] },
      { who: "anonymous", bucket, prefix: "write/", allow: ["UPLOAD", "LIST", "DELETE"] },
      { who: "anonymous", bucket: versionedBucket, allow: ["DOWNLOAD"] },
      { who: "anonymous", bucket: "demo-missing", allow: ["DOWNLOAD"] },
    ],
  }),
);
const { client } = server;

const everyField = `bucket key region size etag lastModified versionId storageClass contentType contentDisposition
  cacheControl metadata { name value } checksum { algorithm value } tags { name value }
  downloadUrl { url bucket key region expiresAt }`;
const query = (
  fields: string,
) => `query ($bucket: String!, $key: String!, $region: String, $versionId: String) {
  object(bucket: $bucket, key: $key, region: $region, versionId: $versionId) { ${fields} }
}`;
const describeObject = (args: object, fields = everyField) =>
  client.data<{ object: Record<string, unknown> | null }>(query(fields), { bucket, ...args });
const fetchUrlOf = (object: Record<string, unknown> | null) =>
  fetch((object as { downloadUrl: { url: string } }).downloadUrl.url);
const key = "read/report #1 ü.csv";

beforeAll(() =>
  server.seed(key, "a,b", {
    ContentType: "text/csv",
    ContentDisposition: 'attachment; filename="r.csv"',
    CacheControl: "max-age=60",
    Metadata: { author: "=?UTF-8?B?em/Dqw==?=" },
    Tagging: "made%20by=zo%C3%AB",
    ChecksumAlgorithm: "SHA256",
  }),
);

describe("object", () => {
  test("has every field that S3 stores", async () => {
    const { object } = await describeObject({ key });
    expect(object).toEqual({
      bucket,
      key,
      region: "us-east-1",
      size: 3,
      etag: expect.stringMatching(/^[0-9a-f]{32}$/),
      lastModified: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      versionId: null,
      storageClass: "STANDARD",
      contentType: "text/csv",
      contentDisposition: 'attachment; filename="r.csv"',
      cacheControl: "max-age=60",
      metadata: [{ name: "author", value: "zoë" }],
      checksum: { algorithm: "SHA256", value: createHash("sha256").update("a,b").digest("base64") },
      tags: [{ name: "made by", value: "zoë" }],
      downloadUrl: expect.objectContaining({ bucket, key, region: "us-east-1" }),
    });
  });

  test("has a URL that works, as its arguments say", async () => {
    const { object } = await describeObject(
      { key },
      'downloadUrl(expiresIn: 60, disposition: ATTACHMENT, filename: "q.csv", contentType: "text/html") { url }',
    );
    const response = await fetchUrlOf(object);
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="q.csv"');
    expect(response.headers.get("content-type")).toBe("text/html");
    expect(await response.text()).toBe("a,b");
  });

  test.each([
    ["expiresIn: 0", "expiresIn"],
    ["expiresIn: 3571", "expiresIn"],
    ["stableFor: -1", "stableFor"],
    ['contentType: "text/html"', "contentType"],
    ['contentType: "text/html", disposition: INLINE', "contentType"],
  ])("refuses a URL with %s", async (args, field) => {
    const answer = await client.request(query(`key downloadUrl(${args}) { url }`), { bucket, key });
    expect(answer).toMatchObject({
      data: { object: null },
      errors: [{ path: ["object", "downloadUrl"], extensions: { code: "BAD_USER_INPUT", field } }],
    });
  });

  test("is null for a missing object, whatever fields were asked for", async () => {
    expect(await describeObject({ key: "read/none" })).toEqual({ object: null });
    expect(await describeObject({ key: "read/none" }, "__typename")).toEqual({ object: null });
  });

  test("of a missing bucket is an error", async () => {
    await expect(describeObject({ bucket: "demo-missing", key: "a" })).rejects.toMatchObject({
      code: "BUCKET_NOT_FOUND",
    });
  });

  test.each(["write/a", "read", "Read/a", "other/a"])("is FORBIDDEN at %s", async (elsewhere) => {
    await server.seed(elsewhere, "x");
    for (const fields of ["size", "__typename"]) {
      await expect(describeObject({ key: elsewhere }, fields)).rejects.toMatchObject({
        code: "FORBIDDEN",
        retryable: false,
      });
    }
  });

  test.each(malformedBuckets)("says BAD_USER_INPUT to a bucket of %s", async (_what, name) => {
    await expect(describeObject({ bucket: name, key })).rejects.toMatchObject({
      code: "BAD_USER_INPUT",
      field: "bucket",
    });
  });

  test.each(malformedKeys)("says BAD_USER_INPUT to a key of %s", async (_what, name) => {
    await expect(describeObject({ key: name })).rejects.toMatchObject({
      code: "BAD_USER_INPUT",
      field: "key",
    });
  });

  test.each([
    [{ region: "eu-west-1" }, "region"],
    [{ versionId: "no version" }, "versionId"],
    [{ versionId: "nosuch" }, "versionId"],
  ])("fails with BAD_USER_INPUT for %j", async (more, field) => {
    await expect(describeObject({ key, ...more })).rejects.toMatchObject({ code: "BAD_USER_INPUT", field });
  });
});

describe("a version", () => {
  test("is described by its id, with a URL of its own", async () => {
    const first = await server.seed("v", "first", { Bucket: versionedBucket });
    const second = await server.seed("v", "second", { Bucket: versionedBucket });
    const latest = await describeObject({ bucket: versionedBucket, key: "v" }, "versionId");
    expect(latest.object?.versionId).toBe(second);
    const { object } = await describeObject(
      { bucket: versionedBucket, key: "v", versionId: first },
      "versionId size downloadUrl { url }",
    );
    expect(object).toMatchObject({ versionId: first, size: 5 });
    expect(await (await fetchUrlOf(object)).text()).toBe("first");
  });

  test("that never existed is null", async () => {
    await server.seed("w", "w", { Bucket: versionedBucket });
    const versionId = "00000000-0000-4000-8000-000000000000".replaceAll("-", "");
    expect(await describeObject({ bucket: versionedBucket, key: "w", versionId }, "size")).toEqual({
      object: null,
    });
  });
});
