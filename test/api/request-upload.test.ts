import { describe, expect, test } from "vitest";
import { malformedBuckets, malformedNewKeys } from "../support/malformed-addresses.ts";
import { type PostUpload, requestUpload, type UploadInput } from "../support/operations.ts";
import { record } from "../support/presigned-requests.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer } from "../support/test-server.ts";

const MiB = 2 ** 20;
const thresholdBytes = 6 * MiB;
const server = await shareInFile(
  startTestServer({
    env: { VALETKEY_MULTIPART_BYTES: "6MiB" },
    grants: [
      { who: "anonymous", bucket, prefix: "free/", allow: ["UPLOAD"] },
      { who: "anonymous", bucket, prefix: "read/", allow: ["DOWNLOAD", "LIST", "DELETE"] },
      {
        who: "anonymous",
        bucket,
        prefix: "images/",
        allow: ["UPLOAD"],
        maxUploadBytes: 1000,
        contentTypes: ["image/*", "application/pdf"],
        maxExpiresSeconds: 60,
      },
    ],
  }),
);
const { client } = server;

const request = (
  input: Partial<UploadInput> & { region?: string } = {},
  {
    method = "AUTO",
    ...more
  }: { method?: "AUTO" | "PUT" | "POST" | "MULTIPART"; [name: string]: unknown } = {},
) => requestUpload(client, method, { input: { bucket, key: "free/a", ...input }, size: 5, ...more });
const badInput = (field: string) => ({ code: "BAD_USER_INPUT", retryable: false, field });

describe("AUTO", () => {
  test.each([
    [0, "PutUpload"],
    [thresholdBytes, "PutUpload"],
    [thresholdBytes + 1, "MultipartUpload"],
    [50_000_000_000_000, "MultipartUpload"],
  ])("turns %i bytes into a %s", async (size, typename) => {
    expect((await request({}, { size })).__typename).toBe(typename);
  });

  test("is what null and nothing mean", async () => {
    const answer = await client.data(
      `mutation ($input: UploadInput!, $none: UploadMethod) {
        left: requestUpload(input: $input, size: 6291457) { __typename }
        null: requestUpload(input: $input, size: 5, method: $none, expiresIn: null, resume: null) { __typename }
      }`,
      { input: { bucket, key: "free/a" }, none: null },
    );
    expect(answer).toEqual({ left: { __typename: "MultipartUpload" }, null: { __typename: "PutUpload" } });
  });
});

describe("the size", () => {
  test.each([
    ["-1", -1, {}],
    ["more than S3 stores", 10_000 * 5 * 1024 ** 3 + 1, {}],
    ["more than one PUT takes", 5 * 1024 ** 3 + 1, { method: "PUT" as const }],
    ["more than one POST takes", 5 * 1024 ** 3 + 1, { method: "POST" as const }],
  ])("%s is refused", async (_what, size, more) => {
    await expect(request({}, { size, ...more })).rejects.toMatchObject(badInput("size"));
  });

  test.each([1.5, 2 ** 53, "many", null])("%j is no SafeInt", async (size) => {
    await expect(request({}, { size })).rejects.toMatchObject({ code: "BAD_USER_INPUT", retryable: false });
  });
});

describe("what is signed", () => {
  const described: UploadInput = {
    bucket,
    key: "free/described",
    contentType: "text/plain",
    contentEncoding: "gzip",
    contentDisposition: "attachment",
    cacheControl: "no-store",
    metadata: [{ name: "Author", value: "zoë" }],
    tags: [{ name: "made by", value: "1 + 1" }],
    checksum: { algorithm: "CRC32", value: "AAAAAA==" },
  };

  test("of a PUT are the headers to send, and the length", async () => {
    const upload = await request({ ...described, overwrite: false }, { method: "PUT" });
    if (upload.__typename !== "PutUpload") throw new Error(upload.__typename);
    const headers = record(upload.headers);
    expect(headers).toEqual({
      "content-type": "text/plain",
      "content-encoding": "gzip",
      "content-disposition": "attachment",
      "cache-control": "no-store",
      "x-amz-meta-author": "=?UTF-8?B?em/Dqw==?=",
      "x-amz-tagging": "made%20by=1%20%2B%201",
      "x-amz-checksum-crc32": "AAAAAA==",
      "if-none-match": "*",
    });
    const signed = new URL(upload.url).searchParams.get("X-Amz-SignedHeaders")?.split(";");
    expect(signed).toEqual(["content-length", "host", ...Object.keys(headers)].sort());
    expect(new URL(upload.url).searchParams.get("X-Amz-Expires")).toBe("2400");
  });

  test("of a POST are the fields to send, and nothing of the file's own name", async () => {
    const upload = (await request(described, { method: "POST", expiresIn: 60 })) as PostUpload;
    const fields = record(upload.fields);
    expect(fields).toMatchObject({ key: "free/described", "Content-Type": "text/plain" });
    const policy = JSON.parse(Buffer.from(fields.Policy ?? "", "base64").toString("utf8"));
    expect(policy.conditions).toContainEqual(["content-length-range", 5, 5]);
    expect(JSON.stringify(policy)).not.toContain("starts-with");
    expect(Date.parse(policy.expiration)).toBe(Date.parse(upload.expiresAt));
    expect(Date.parse(upload.expiresAt) - Date.now()).toBeLessThanOrEqual(60_000);
  });

  test("with only a bucket and a key adds no header", async () => {
    const nulls = { contentType: null, metadata: null, tags: null, checksum: null, overwrite: null };
    for (const input of [{}, nulls as object]) {
      expect(await request(input)).toMatchObject({ __typename: "PutUpload", headers: [] });
    }
  });
});

describe("the input", () => {
  test.each(malformedBuckets)("has no bucket of %s", async (_what, name) => {
    await expect(request({ bucket: name })).rejects.toMatchObject(badInput("input.bucket"));
  });

  test.each(malformedNewKeys)("has no key of %s", async (_what, key) => {
    for (const method of ["PUT", "POST", "MULTIPART"] as const)
      await expect(request({ key }, { method })).rejects.toMatchObject(badInput("input.key"));
  });

  const pairs = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ name: `n${index}`, value: "" }));
  test.each<[string, object]>([
    ["region", { region: "eu-west-1" }],
    ["contentType", { contentType: "" }],
    ["contentType", { contentType: "text" }],
    ["contentType", { contentType: "text/plain\r\nx-amz-acl: public-read" }],
    ["contentDisposition", { contentDisposition: 'attachment; filename="ü"' }],
    ["contentDisposition", { contentDisposition: "attachment\r\nx: y" }],
    ["contentEncoding", { contentEncoding: "gzip,\n" }],
    ["contentEncoding", { contentEncoding: "aws-chunked" }],
    ["cacheControl", { cacheControl: " no-store" }],
    ["cacheControl", { cacheControl: "c".repeat(1025) }],
    ["metadata", { metadata: [{ name: "two words", value: "" }] }],
    ["metadata", { metadata: [{ name: "", value: "" }] }],
    ["metadata", { metadata: [{ name: "a\r\nx-amz-acl", value: "public-read" }] }],
    ["metadata", { metadata: [{ name: "a", value: "b\r\nx-amz-acl: public-read" }] }],
    ["metadata", { metadata: [{ name: "a", value: "\ud800" }] }],
    ["metadata", { metadata: [{ name: "a", value: "x".repeat(2048) }] }],
    ["metadata", { metadata: ["A", "a"].map((name) => ({ name, value: "" })) }],
    ["tags", { tags: pairs(11) }],
    ["tags", { tags: [...pairs(1), ...pairs(1)] }],
    ["tags", { tags: [{ name: "", value: "" }] }],
    ["tags", { tags: [{ name: "a&b", value: "" }] }],
    ["tags", { tags: [{ name: "aws:x", value: "" }] }],
    ["checksum.value", { checksum: { algorithm: "SHA256", value: "AAAAAA==" } }],
    ["checksum.value", { checksum: { algorithm: "CRC32", value: "not base64" } }],
    ["checksum.value", { checksum: { algorithm: "CRC32", value: "AAAAAA" } }],
  ])("has no invalid %s (case %#)", async (field, input) => {
    await expect(request(input)).rejects.toMatchObject(badInput(`input.${field}`));
  });

  test("has no SHA checksum of a multipart upload, which S3 does not support", async () => {
    const checksum = { algorithm: "SHA256", value: Buffer.alloc(32).toString("base64") };
    await expect(request({ checksum }, { method: "MULTIPART" })).rejects.toMatchObject(
      badInput("input.checksum.algorithm"),
    );
  });

  test("cannot keep an object from being replaced by a form", async () => {
    await expect(request({ overwrite: false }, { method: "POST" })).rejects.toMatchObject(badInput("method"));
  });
});

describe("a grant", () => {
  const image = { key: "images/a.png", contentType: "image/png" };

  test.each(["read/a", "other", "fre", "FREE/a", "free"])("is needed for %s", async (key) => {
    for (const method of ["PUT", "POST", "MULTIPART"] as const)
      await expect(request({ key }, { method })).rejects.toMatchObject({
        code: "FORBIDDEN",
        retryable: false,
      });
  });

  test("limits the size", async () => {
    expect(await request(image, { size: 1000, expiresIn: 60 })).toMatchObject({ __typename: "PutUpload" });
    for (const method of ["PUT", "POST", "MULTIPART"] as const) {
      await expect(request(image, { size: 1001, expiresIn: 60, method })).rejects.toMatchObject({
        code: "UPLOAD_TOO_LARGE",
        retryable: false,
        field: "size",
        message: expect.stringContaining("1000"),
      });
    }
  });

  test.each([undefined, "text/html", "application/pdfx", "image/", "video/mp4"])(
    "limits the content type, so %s is refused",
    async (contentType) => {
      const input = { key: "images/a", ...(contentType === undefined ? {} : { contentType }) };
      const code = contentType === "image/" ? "BAD_USER_INPUT" : "CONTENT_TYPE_NOT_ALLOWED";
      await expect(request(input, { expiresIn: 60 })).rejects.toMatchObject({
        code,
        retryable: false,
        field: "input.contentType",
      });
    },
  );

  test("limits the time, also that of a multipart upload", async () => {
    for (const method of ["PUT", "POST", "MULTIPART"] as const) {
      await request({ ...image, key: "images/usual" }, { method });
      for (const expiresIn of [61, 2400]) {
        await expect(request(image, { method, expiresIn })).rejects.toMatchObject({
          ...badInput("expiresIn"),
          message: expect.stringContaining("60"),
        });
      }
    }
  });

  test.each([0, -1, 3571])("or not, expiresIn is not %i", async (expiresIn) => {
    await expect(request({}, { expiresIn })).rejects.toMatchObject(badInput("expiresIn"));
  });
});
