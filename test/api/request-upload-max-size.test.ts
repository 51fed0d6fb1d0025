import { describe, expect, test } from "vitest";
import { confirmUpload, type PostUpload, requestUpload, type UploadInput } from "../support/operations.ts";
import { record, sendPost } from "../support/presigned-requests.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer, versionedBucket } from "../support/test-server.ts";

const GiB = 2 ** 30;
const server = await shareInFile(
  startTestServer({
    grants: [
      { who: "anonymous", bucket, prefix: "free/", allow: ["UPLOAD", "DOWNLOAD"] },
      { who: "anonymous", bucket, prefix: "small/", allow: ["UPLOAD"], maxUploadBytes: 1000 },
      { who: "anonymous", bucket: versionedBucket, allow: ["UPLOAD"] },
    ],
    buckets: { [versionedBucket]: { owner: "000000000000" } },
  }),
);
const { client } = server;

interface Asked {
  readonly method?: "AUTO" | "PUT" | "POST" | "MULTIPART";
  readonly size?: number;
  readonly maxSize?: number;
  readonly resume?: boolean;
}

const request = (
  { method = "AUTO", ...sizes }: Asked,
  { key = "free/a", ...input }: Partial<UploadInput> = {},
) => requestUpload(client, method, { input: { bucket, key, ...input }, ...sizes });

const requestForm = async (maxSize: number, input?: Partial<UploadInput>) =>
  (await request({ maxSize }, input)) as PostUpload;

const badInput = (field: string) => ({ code: "BAD_USER_INPUT", retryable: false, field });

describe("requestUpload with maxSize", () => {
  test.each(["AUTO", "POST"] as const)("returns a form of 0 to maxSize bytes for %s", async (method) => {
    const upload = (await request({ method, maxSize: 70 * 2 ** 20 })) as PostUpload;
    expect(upload.__typename).toBe("PostUpload");
    const policy = Buffer.from(record(upload.fields).Policy ?? "", "base64").toString();
    expect(JSON.parse(policy)).toMatchObject({
      conditions: expect.arrayContaining([["content-length-range", 0, 70 * 2 ** 20]]),
    });
  });

  test.each([0, 5 * GiB])("accepts %i", async (maxSize) => {
    expect((await request({ maxSize })).__typename).toBe("PostUpload");
  });

  test("stores what the description says", async () => {
    const upload = await requestForm(10, { key: "free/described", contentType: "image/png" });
    expect((await sendPost(upload, Buffer.from("png"))).status).toBeLessThan(300);
    expect(await confirmUpload(client, upload.receipt)).toMatchObject({ key: "free/described", size: 3 });
  });

  test.each(["PUT", "MULTIPART"] as const)("is refused for %s", async (method) => {
    await expect(request({ method, maxSize: 5 })).rejects.toMatchObject({
      ...badInput("method"),
      message: expect.stringContaining("POST"),
    });
  });

  test("is refused together with size", async () => {
    await expect(request({ size: 5, maxSize: 5 })).rejects.toMatchObject(badInput("maxSize"));
  });

  test("is required without size", async () => {
    for (const method of ["AUTO", "PUT", "POST", "MULTIPART"] as const) {
      await expect(request({ method })).rejects.toMatchObject({
        ...badInput("size"),
        message: expect.stringContaining("maxSize"),
      });
    }
  });

  test.each([-1, 5 * GiB + 1, Number.MAX_SAFE_INTEGER])("is refused as %i", async (maxSize) => {
    await expect(request({ maxSize })).rejects.toMatchObject(badInput("maxSize"));
  });

  test("is limited by the grant", async () => {
    expect((await request({ maxSize: 1000 }, { key: "small/a" })).__typename).toBe("PostUpload");
    await expect(request({ maxSize: 1001 }, { key: "small/a" })).rejects.toMatchObject({
      code: "UPLOAD_TOO_LARGE",
      field: "maxSize",
      message: expect.stringContaining("1000 bytes"),
    });
  });

  test("is refused where a form cannot express the upload, with an error that suggests the size", async () => {
    const form = { maxSize: 5 };
    const refused = { ...badInput("maxSize"), message: expect.stringContaining("size") };
    await expect(request(form, { overwrite: false })).rejects.toMatchObject(refused);
    await expect(request(form, { bucket: versionedBucket })).rejects.toMatchObject(refused);
    await expect(request(form, { key: "free/${filename}a" })).rejects.toMatchObject(badInput("input.key"));
  });

  test("is refused with a checksum that has no value yet", async () => {
    const checksum = { algorithm: "CRC64NVME" };
    await expect(request({ maxSize: 5 }, { checksum })).rejects.toMatchObject(
      badInput("input.checksum.value"),
    );
  });

  test("starts no call to S3 with resume", async () => {
    expect((await request({ maxSize: 5, resume: true })).__typename).toBe("PostUpload");
  });
});
