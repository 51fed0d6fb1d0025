import { describe, expect, test } from "vitest";
import type { KeyValue } from "../support/operations.ts";
import { sendPut } from "../support/presigned-requests.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer } from "../support/test-server.ts";

const server = await shareInFile(
  startTestServer({
    env: { VALETKEY_MULTIPART_BYTES: "100" },
    grants: [
      { who: "anonymous", bucket, prefix: "free/", allow: ["UPLOAD", "DOWNLOAD"] },
      {
        who: "anonymous",
        bucket,
        prefix: "images/",
        allow: ["UPLOAD"],
        maxUploadBytes: 10,
        contentTypes: ["image/*"],
      },
    ],
  }),
);
const { client } = server;

interface Item {
  readonly __typename: string;
  readonly key: string;
  readonly url: string;
  readonly headers: readonly KeyValue[];
}
const query = `mutation ($uploads: [RequestUploadInput!]!, $expiresIn: Int) {
  requestUploads(uploads: $uploads, expiresIn: $expiresIn) {
    __typename
    ... on PutUpload { key url headers { name value } }
    ... on PostUpload { key url }
    ... on MultipartUpload { key id }
  }
}`;
const ask = (variables: object) =>
  client.request<{ requestUploads: (Item | null)[] }>(query, { ...variables });
const upload = (key: string, size = 1, more: object = {}) => ({ input: { bucket, key }, size, ...more });

const sha256OfNothing = { algorithm: "SHA256", value: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" };

describe("requestUploads", () => {
  test("returns item i for upload i, each with its own method", async () => {
    const { data, errors } = await ask({
      uploads: [
        upload("free/auto", 100),
        upload("free/large", 101),
        upload("free/null", 100, { method: null }),
        upload("free/form", 101, { method: "POST" }),
        upload("free/parts", 1, { method: "MULTIPART" }),
        upload("free/put", 101, { method: "PUT" }),
      ],
    });
    expect(errors).toBeUndefined();
    expect(data?.requestUploads.map((item) => [item?.key, item?.__typename])).toEqual([
      ["free/auto", "PutUpload"],
      ["free/large", "MultipartUpload"],
      ["free/null", "PutUpload"],
      ["free/form", "PostUpload"],
      ["free/parts", "MultipartUpload"],
      ["free/put", "PutUpload"],
    ]);
  });

  test("signs URLs that work", async () => {
    const { data } = await ask({ uploads: [upload("free/a", 1), upload("free/b", 2)], expiresIn: 60 });
    const [first, second] = data?.requestUploads ?? [];
    if (!first || !second) throw new Error("Nothing was signed.");
    expect((await sendPut(first, Buffer.from("x"))).status).toBe(200);
    expect((await sendPut(second, Buffer.from("x"))).status).toBe(403);
  });

  test("returns an error with path and field for each failing item", async () => {
    const { data, errors } = await ask({
      uploads: [
        upload("elsewhere/a"),
        upload("free/ok"),
        upload("free/../a"),
        upload("free/a", -1),
        upload("images/a.png", 11, { input: { bucket, key: "images/a.png", contentType: "image/png" } }),
        upload("images/a.txt"),
        upload("free/a", 1, { input: { bucket, key: "free/a", tags: [{ name: "", value: "" }] } }),
        upload("free/a", 1, { method: "POST", input: { bucket, key: "free/a", overwrite: false } }),
        upload("free/a", 101, { input: { bucket, key: "free/a", checksum: sha256OfNothing } }),
        upload("free/${filename}.txt", 1, { method: "POST" }),
        upload("free/a", 1, {
          method: "POST",
          input: { bucket, key: "free/a", cacheControl: "${filename}" },
        }),
      ],
    });
    expect(data?.requestUploads.map((item) => item?.key)).toEqual([
      undefined,
      "free/ok",
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(errors?.map(({ path, extensions }) => [path?.[1], extensions?.code, extensions?.field])).toEqual([
      [0, "FORBIDDEN", undefined],
      [2, "BAD_USER_INPUT", "uploads.2.input.key"],
      [3, "BAD_USER_INPUT", "uploads.3.size"],
      [4, "UPLOAD_TOO_LARGE", "uploads.4.size"],
      [5, "CONTENT_TYPE_NOT_ALLOWED", "uploads.5.input.contentType"],
      [6, "BAD_USER_INPUT", "uploads.6.input.tags"],
      [7, "BAD_USER_INPUT", "uploads.7.method"],
      [8, "BAD_USER_INPUT", "uploads.8.input.checksum.algorithm"],
      [9, "BAD_USER_INPUT", "uploads.9.input.key"],
      [10, "BAD_USER_INPUT", "uploads.10.input.cacheControl"],
    ]);
  });

  test("accepts at most 1,000 uploads", async () => {
    const uploads = Array.from({ length: 1000 }, (_, index) => upload(`free/${index}`));
    const { data } = await ask({ uploads });
    expect(new Set(data?.requestUploads.map((item) => item?.url)).size).toBe(1000);
    expect(await ask({ uploads: [...uploads, upload("free/a")] })).toMatchObject({
      errors: [{ path: ["requestUploads"], extensions: { code: "BAD_USER_INPUT", field: "uploads" } }],
    });
  });

  test("of nothing is nothing", async () => {
    expect(await ask({ uploads: [] })).toMatchObject({ data: { requestUploads: [] } });
  });

  test.each([
    null,
    [null],
    [{ size: 1 }],
    [{ input: { bucket, key: "a" } }],
    [upload("a", 1, { resume: true })],
  ])("fails with BAD_USER_INPUT for the uploads %j", async (uploads) => {
    const { data, errors } = await ask({ uploads });
    expect(data).toBeUndefined();
    expect(errors?.[0]?.extensions).toMatchObject({ code: "BAD_USER_INPUT", retryable: false });
  });
});
