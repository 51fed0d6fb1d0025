import { describe, expect, test } from "vitest";
import { malformedBuckets, malformedNewKeys } from "../support/malformed-addresses.ts";
import { downloadUrl, type UploadInput, uploadFile, uploadFileMutation } from "../support/operations.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer } from "../support/test-server.ts";

const maxUploadBytes = 1000;
const server = await shareInFile(
  startTestServer({
    env: { VALETKEY_MAX_UPLOAD_BYTES: String(maxUploadBytes), VALETKEY_MAX_FILES: "2" },
    grants: [
      { who: "anonymous", bucket, prefix: "files/", allow: ["UPLOAD", "DOWNLOAD"], maxUploadBytes: "1GiB" },
      { who: "anonymous", bucket, prefix: "write/", allow: ["UPLOAD"] },
      { who: "anonymous", bucket, prefix: "read/", allow: ["DOWNLOAD", "LIST", "DELETE"] },
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

const hello = new Blob(["hello"], { type: "text/plain" });
const send = (input: Partial<UploadInput> & { region?: string }, file: Blob = hello) =>
  uploadFile(client, file, { bucket, key: "files/a", ...input });
const badInput = (field: string) => ({ code: "BAD_USER_INPUT", retryable: false, field });
const isStored = (key: string) =>
  downloadUrl(client, { bucket, key }).then(
    () => true,
    () => false,
  );

/** A GraphQL multipart request of any shape. */
async function sendForm(operations: unknown, map: unknown, files: Readonly<Record<string, Blob>>) {
  const form = new FormData();
  form.set("operations", JSON.stringify(operations));
  form.set("map", JSON.stringify(map));
  for (const [name, file] of Object.entries(files)) form.set(name, file, `${name}.txt`);
  return client.post<Record<string, unknown>>(form, { "apollo-require-preflight": "1" });
}

describe("uploadFile", () => {
  test("stores the file as the input describes it, and returns the object", async () => {
    const file = new File(["hello"], "../../evil.html", { type: "text/html" });
    const data = await client.dataWithFile(
      `mutation ($file: Upload!, $input: UploadInput!) {
        uploadFile(file: $file, input: $input) {
          bucket key region size contentType contentDisposition cacheControl metadata { name value } tags { name value }
        }
      }`,
      {
        input: {
          bucket,
          key: "files/described ü",
          contentType: "text/csv",
          contentDisposition: "inline",
          cacheControl: "no-cache",
          metadata: [{ name: "author", value: "zoë" }],
          tags: [{ name: "made by", value: "zoë" }],
        },
      },
      file,
    );
    expect(data).toEqual({
      uploadFile: {
        bucket,
        key: "files/described ü",
        region: "us-east-1",
        size: 5,
        contentType: "text/csv",
        contentDisposition: "inline",
        cacheControl: "no-cache",
        metadata: [{ name: "author", value: "zoë" }],
        tags: [{ name: "made by", value: "zoë" }],
      },
    });
  });

  test("treats null in the input as omitted", async () => {
    const nulls = { contentType: null, metadata: null, tags: null, checksum: null, overwrite: null };
    expect(await send({ key: "files/nulls", ...(nulls as object) })).toMatchObject({ size: 5 });
    const { url } = await downloadUrl(client, { bucket, key: "files/nulls" });
    expect((await fetch(url)).headers.get("content-type")).toBe("text/plain");
  });

  test("needs a grant for DOWNLOAD only for fields that read the object", async () => {
    expect(await send({ key: "write/a" })).toMatchObject({ key: "write/a", size: 5 });
    const answer = client.dataWithFile(
      `mutation ($file: Upload!) {
        uploadFile(file: $file, input: { bucket: "${bucket}", key: "write/b" }) { downloadUrl { url } }
      }`,
      {},
      hello,
    );
    await expect(answer).rejects.toMatchObject({ code: "FORBIDDEN" });
  });

  test.each(["read/a", "other/a", "file", "FILES/a"])("is FORBIDDEN to %s", async (key) => {
    await expect(send({ key })).rejects.toMatchObject({ code: "FORBIDDEN", retryable: false });
  });

  test.each(malformedBuckets)("accepts no bucket of %s", async (_what, name) => {
    await expect(send({ bucket: name })).rejects.toMatchObject(badInput("input.bucket"));
  });

  test.each(malformedNewKeys)("accepts no key of %s", async (_what, key) => {
    await expect(send({ key })).rejects.toMatchObject(badInput("input.key"));
  });

  test.each<[string, object]>([
    ["region", { region: "eu-west-1" }],
    ["contentType", { contentType: "text/plain\r\nx: y" }],
    ["contentEncoding", { contentEncoding: "aws-chunked" }],
    ["metadata", { metadata: [{ name: "a", value: "\n" }] }],
    ["tags", { tags: [{ name: "aws:a", value: "" }] }],
    ["checksum.value", { checksum: { algorithm: "SHA256", value: "" } }],
  ])("accepts no %s like %j, and stores nothing", async (field, input) => {
    await expect(send({ key: "files/bad", ...input })).rejects.toMatchObject(badInput(`input.${field}`));
    expect(await isStored("files/bad")).toBe(false);
  });

  test("enforces the server's limit even if a grant's is larger", async () => {
    expect(await send({ key: "files/exact" }, new Blob(["x".repeat(maxUploadBytes)]))).toMatchObject({
      size: maxUploadBytes,
    });
    await expect(
      send({ key: "files/over" }, new Blob(["x".repeat(maxUploadBytes + 1)])),
    ).rejects.toMatchObject({
      code: "UPLOAD_TOO_LARGE",
      retryable: false,
      field: "file",
      message: expect.stringContaining("1000"),
    });
    expect(await isStored("files/over")).toBe(false);
  });

  test("enforces the grant's limits", async () => {
    const image = new Blob(["12345678901"], { type: "image/png" });
    expect(await send({ key: "images/a" }, image.slice(0, 10, "image/png"))).toMatchObject({ size: 10 });
    await expect(send({ key: "images/a" }, image)).rejects.toMatchObject({
      code: "UPLOAD_TOO_LARGE",
      field: "file",
    });
    await expect(send({ key: "images/a" })).rejects.toMatchObject({
      code: "CONTENT_TYPE_NOT_ALLOWED",
      field: "input.contentType",
    });
  });
});

describe("a request without a form", () => {
  test.each([null, undefined, "hello", {}, { promise: {} }, { file: { createReadStream: 1 } }])(
    "has no file in %j",
    async (file) => {
      const answer = await client.request(uploadFileMutation, { file, input: { bucket, key: "files/none" } });
      expect(answer.errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", retryable: false } }]);
      expect(await isStored("files/none")).toBe(false);
    },
  );

  test("says that a multipart request is needed when a client sends a File as JSON", async () => {
    const file = new File(["hello"], "hello.txt");
    const answer = await client.request(uploadFileMutation, { file, input: { bucket, key: "files/none" } });
    expect(answer.errors?.[0]?.message).toMatch(
      /multipart request.*urql.*apollo-upload-client.*graphql-request/,
    );
  });

  test("reports the same for a literal", async () => {
    const query = `mutation { uploadFile(file: "hello", input: { bucket: "${bucket}", key: "files/none" }) { key } }`;
    const answer = await client.request(query);
    expect(answer.errors?.[0]?.message).toMatch(/multipart request/);
  });
});

describe("a form", () => {
  const twoFiles = `mutation ($one: Upload!, $two: Upload!) {
    one: uploadFile(file: $one, input: { bucket: "${bucket}", key: "files/one" }) { size }
    two: uploadFile(file: $two, input: { bucket: "${bucket}", key: "files/two" }) { size }
  }`;
  const variables = { one: null, two: null };

  test("carries several files", async () => {
    const map = { 0: ["variables.one"], 1: ["variables.two"] };
    const { data } = await sendForm({ query: twoFiles, variables }, map, {
      0: new Blob(["1"]),
      1: new Blob(["22"]),
    });
    expect(data).toEqual({ one: { size: 1 }, two: { size: 2 } });
  });

  test("with a file that is refused still carries the next", async () => {
    const query = twoFiles.replace("files/one", "other/one").replaceAll("{ size }", "{ key }");
    const map = { 0: ["variables.one"], 1: ["variables.two"] };
    const { errors } = await sendForm({ query, variables }, map, {
      0: new Blob(["1"]),
      1: new Blob(["22"]),
    });
    expect(errors).toMatchObject([{ path: ["one"], extensions: { code: "FORBIDDEN" } }]);
  });

  test("in another order than its files are read is an error at once", async () => {
    const map = { 0: ["variables.two"], 1: ["variables.one"] };
    const { errors } = await sendForm({ query: twoFiles, variables }, map, {
      0: new Blob(["2"]),
      1: new Blob(["1"]),
    });
    expect(errors?.[0]?.extensions).toMatchObject(badInput("file"));
  });

  test("that maps one file to two variables is refused before anything is stored", async () => {
    const map = { 0: ["variables.one", "variables.two"] };
    const query = twoFiles.replace("files/one", "files/mapped-twice");
    const { status, errors } = await sendForm({ query, variables }, map, { 0: new Blob(["1"]) });
    expect(status).toBe(400);
    expect(errors).toMatchObject([{ extensions: badInput("map") }]);
    expect(await isStored("files/mapped-twice")).toBe(false);
  });

  test("that ends without its file is an error", async () => {
    const operations = {
      query: uploadFileMutation,
      variables: { file: null, input: { bucket, key: "files/x" } },
    };
    const { errors } = await sendForm(operations, { 0: ["variables.file"] }, {});
    expect(errors?.[0]?.extensions).toMatchObject(badInput("file"));
  });

  test("may not have more files than the server allows", async () => {
    const map = { 0: ["variables.one"], 1: ["variables.two"], 2: ["variables.three"] };
    const { status, errors } = await sendForm(
      { query: twoFiles, variables: { ...variables, three: null } },
      map,
      {},
    );
    expect(status).toBe(400);
    expect(errors).toMatchObject([{ extensions: badInput("map") }]);
  });

  test("carries one operation, not a batch", async () => {
    const operations = [{ query: "{ viewer { authenticated } }" }];
    const { status, errors } = await sendForm(operations, {}, {});
    expect(status).toBe(400);
    expect(errors).toMatchObject([{ extensions: badInput("operations") }]);
  });

  test("may carry a query that uses no file", async () => {
    const { data } = await sendForm({ query: "{ viewer { authenticated } }" }, {}, {});
    expect(data).toEqual({ viewer: { authenticated: false } });
  });
});
