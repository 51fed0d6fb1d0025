import { describe, expect, test } from "vitest";
import { startHttpServer } from "../support/listening.ts";
import { startTogether } from "../support/resources.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer } from "../support/test-server.ts";

const server = await shareInFile(startTestServer());
const { client } = server;

const requestUpload = `mutation ($input: UploadInput!, $method: UploadMethod) {
  requestUpload(input: $input, size: 3, method: $method) {
    ... on PutUpload { values: headers { name value } }
    ... on PostUpload { values: fields { name value } }
  }
}`;
const inputOf = (storageClass: string) => ({ bucket, key: "classified", storageClass });

describe("storageClass", () => {
  test.each(["PUT", "POST"])("is signed for %s", async (method) => {
    const variables = { input: inputOf("STANDARD_IA"), method };
    const data = await client.data<{ requestUpload: { values: object[] } }>(requestUpload, variables);
    expect(data.requestUpload.values).toContainEqual({ name: "x-amz-storage-class", value: "STANDARD_IA" });
  });

  test("has to be one of S3's", async () => {
    const failing = client.data(requestUpload, { input: inputOf("standard"), method: "PUT" });
    await expect(failing).rejects.toMatchObject({
      ...{ code: "BAD_USER_INPUT", field: "input.storageClass" },
      message: expect.stringContaining("DEEP_ARCHIVE"),
    });
  });

  // The embedded store has STANDARD only, and refuses others as S3 refuses a class that a bucket does not have.
  test("is sent with multipart uploads, files and copies", async () => {
    await server.seed("original", "abc");
    const refused = { code: "BAD_USER_INPUT", field: "input.storageClass" };
    const input = inputOf("GLACIER_IR");
    await expect(client.data(requestUpload, { input, method: "MULTIPART" })).rejects.toMatchObject(refused);
    const uploadFile =
      "mutation ($file: Upload!, $input: UploadInput!) { uploadFile(file: $file, input: $input) { key } }";
    const sending = client.dataWithFile(uploadFile, { input }, new Blob(["abc"]));
    await expect(sending).rejects.toMatchObject(refused);
    const copyObject =
      "mutation ($from: ObjectInput!, $to: UploadInput!) { copyObject(from: $from, to: $to) { key } }";
    const copying = client.data(copyObject, { from: { bucket, key: "original" }, to: input });
    await expect(copying).rejects.toMatchObject({ ...refused, field: "to.storageClass" });
    await expect(
      client.data(copyObject, { from: { bucket, key: "original" }, to: inputOf("STANDARD") }),
    ).resolves.toEqual({ copyObject: { key: "classified" } });
  });
});

describe("an archived object", () => {
  const heads: Readonly<Record<string, Record<string, string>>> = {
    archived: { "x-amz-storage-class": "GLACIER" },
    restoring: { "x-amz-storage-class": "DEEP_ARCHIVE", "x-amz-restore": 'ongoing-request="true"' },
    tiered: { "x-amz-storage-class": "INTELLIGENT_TIERING", "x-amz-archive-status": "ARCHIVE_ACCESS" },
    restored: {
      "x-amz-storage-class": "GLACIER",
      "x-amz-restore": 'ongoing-request="false", expiry-date="Fri, 21 Dec 2040 00:00:00 GMT"',
    },
    instant: { "x-amz-storage-class": "GLACIER_IR" },
  };
  const refusedCopy =
    "<Error><Code>InvalidObjectState</Code><Message>The operation is not valid for the object's storage class</Message></Error>";
  const archive = () =>
    startTogether(async (started) => {
      const s3 = await started.use(
        startHttpServer(({ method, url = "" }, response) => {
          const name = /\/(\w+)\?*/.exec(url.slice(bucket.length + 1))?.[1] ?? "";
          if (method === "HEAD")
            response.writeHead(200, { etag: '"e"', "content-length": 1, ...heads[name] }).end();
          else response.writeHead(403, { "content-type": "application/xml" }).end(refusedCopy);
        }),
      );
      const archiving = await started.use(startTestServer({ s3Url: s3.url }));
      return { client: archiving.client };
    });

  test("is refused by downloadUrl, unless it is restored, and by copyObject", async () => {
    await using archiving = await archive();
    const codes: Record<string, string> = {};
    for (const key of Object.keys(heads)) {
      const { errors } = await archiving.client.request(
        `{ downloadUrl(bucket: "${bucket}", key: "${key}") { url } }`,
      );
      codes[key] = errors?.[0]?.extensions?.code ?? "";
    }
    const refused = "OBJECT_ARCHIVED";
    expect(codes).toEqual({
      archived: refused,
      restoring: refused,
      tiered: refused,
      restored: "",
      instant: "",
    });
    const copying = archiving.client.data(
      `mutation { copyObject(from: { bucket: "${bucket}", key: "archived" }, to: { bucket: "${bucket}", key: "b" }) { key } }`,
    );
    await expect(copying).rejects.toMatchObject({
      code: refused,
      message: expect.stringContaining("restored"),
    });
  });
});
