import { createHash } from "node:crypto";
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { mapConcurrently } from "../../src/core/map-concurrently.ts";
import { uploadsInFlight } from "../support/metrics.ts";
import { uploadFile } from "../support/operations.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { beginSlowUpload } from "../support/slow-upload.ts";
import { startTestServer } from "../support/test-server.ts";
import { admin, inspect, noise, ownPrefix, pendingUploads, sha256, store } from "./store.ts";

const MiB = 2 ** 20;
const bucket = store.buckets.main;
const prefix = ownPrefix("file");
const limitBytes = 6 * MiB;
const server = await shareInFile(
  startTestServer({
    store,
    grants: [
      { who: "anonymous", bucket, prefix: `${prefix}free/`, allow: ["UPLOAD"] },
      {
        who: "anonymous",
        bucket,
        prefix: `${prefix}limited/`,
        allow: ["UPLOAD"],
        maxUploadBytes: limitBytes,
      },
      { who: "anonymous", bucket, prefix: `${prefix}images/`, allow: ["UPLOAD"], contentTypes: ["image/*"] },
    ],
  }),
);
const { client } = server;

async function expectNothingStored(key: string): Promise<void> {
  expect(await inspect(bucket, key)).toBeUndefined();
  await expect.poll(() => pendingUploads(bucket, key)).toEqual([]);
}

describe("uploadFile", () => {
  test.each([0, 1, 5 * MiB - 1, 5 * MiB, 5 * MiB + 1, 12 * MiB + 7])("stores %i bytes", async (size) => {
    const key = `${prefix}free/${size} bytes ü+#?%.bin`;
    const bytes = noise(size);
    const answer = await uploadFile(client, new Blob([bytes]), { bucket, key });
    const stored = await inspect(bucket, key);
    expect(stored?.body.length).toBe(size);
    expect(sha256(stored?.body ?? Buffer.alloc(0))).toBe(sha256(bytes));
    const etag = expect.stringContaining(stored?.head.ETag?.replaceAll('"', "") ?? "none");
    expect(answer).toMatchObject({ bucket, key, size, etag });
    expect(await pendingUploads(bucket, key)).toEqual([]);
  });

  test("uses the type of the form's part unless the input has one", async () => {
    const image = new Blob([noise(10)], { type: "image/png" });
    const fromPart = `${prefix}images/part.png`;
    await uploadFile(client, image, { bucket, key: fromPart });
    expect((await inspect(bucket, fromPart))?.head.ContentType).toBe("image/png");
    const fromInput = `${prefix}images/input.webp`;
    await uploadFile(client, image, { bucket, key: fromInput, contentType: "image/webp" });
    expect((await inspect(bucket, fromInput))?.head.ContentType).toBe("image/webp");
  });

  test("stores nothing of a type that the grant does not allow", async () => {
    const key = `${prefix}images/page.html`;
    const page = new Blob(["<h1>hi</h1>"], { type: "text/html" });
    await expect(uploadFile(client, page, { bucket, key })).rejects.toMatchObject({
      code: "CONTENT_TYPE_NOT_ALLOWED",
    });
    await expectNothingStored(key);
  });

  test("accepts exactly the limit, and stores nothing of a file that is one byte larger", async () => {
    const key = `${prefix}limited/`;
    const bytes = noise(limitBytes + 1);
    const exact = new Blob([bytes.subarray(1)]);
    expect(await uploadFile(client, exact, { bucket, key: `${key}exact` })).toMatchObject({
      size: limitBytes,
    });
    await expect(uploadFile(client, new Blob([bytes]), { bucket, key: `${key}over` })).rejects.toMatchObject({
      code: "UPLOAD_TOO_LARGE",
      retryable: false,
    });
    await expectNothingStored(`${key}over`);
  });

  test.each([1000, 7 * MiB])("stores nothing of %i bytes that have another checksum", async (size) => {
    const bytes = noise(size);
    const digestOf = (data: Uint8Array) => createHash("sha256").update(data).digest("base64");
    const checksum = (data: Uint8Array) => ({ algorithm: "SHA256", value: digestOf(data) });
    const right = `${prefix}free/right ${size}`;
    await uploadFile(client, new Blob([bytes]), { bucket, key: right, checksum: checksum(bytes) });
    expect((await inspect(bucket, right))?.body.length).toBe(size);
    const wrong = `${prefix}free/wrong ${size}`;
    const other = { bucket, key: wrong, checksum: checksum(Buffer.from("other")) };
    await expect(uploadFile(client, new Blob([bytes]), other)).rejects.toMatchObject({
      code: "CHECKSUM_MISMATCH",
    });
    await expectNothingStored(wrong);
  });

  test("replaces no object with overwrite: false", async () => {
    const input = { bucket, key: `${prefix}free/kept`, overwrite: false };
    await uploadFile(client, new Blob(["first"]), input);
    await expect(uploadFile(client, new Blob(["second"]), input)).rejects.toMatchObject({
      code: "OBJECT_EXISTS",
    });
    expect((await inspect(bucket, input.key))?.body.toString()).toBe("first");
  });
});

test("a hundred clients that disconnect at any byte leave no upload and no object", async () => {
  const bytes = noise(13 * MiB + 7);
  const keys = Array.from({ length: 100 }, (_, index) => `${prefix}free/gone/${index}`);
  await mapConcurrently(keys, 4, async (key) => {
    const upload = beginSlowUpload(server.url, { bucket, key });
    await upload.write(bytes.subarray(0, Math.floor(Math.random() * bytes.length)));
    // Some of them disconnect while the server still works on what it has received.
    if (Math.random() < 0.5) await new Promise((resolve) => setTimeout(resolve, Math.random() * 100));
    upload.destroy();
    await upload.answer;
  });
  await expect.poll(() => uploadsInFlight(server.url)).toBe(0);
  expect(await pendingUploads(bucket, `${prefix}free/gone/`)).toEqual([]);
  const { KeyCount } = await admin.send(
    new ListObjectsV2Command({ Bucket: bucket, Prefix: `${prefix}free/gone/` }),
  );
  expect(KeyCount).toBe(0);
});

describe("a client that disconnects leaves nothing at the store", () => {
  test.each([
    ["within the first part", 100_000],
    ["in the midst of a multipart upload", 20 * MiB],
  ])("%s", async (where, bytesSent) => {
    const key = `${prefix}free/gone ${where}`;
    const upload = beginSlowUpload(server.url, { bucket, key });
    upload.write(noise(bytesSent));
    await expect.poll(() => uploadsInFlight(server.url)).toBe(1);
    if (bytesSent > 16 * MiB) {
      await expect.poll(() => pendingUploads(bucket, key)).toEqual([key]);
    }
    upload.destroy();
    await expect.poll(() => uploadsInFlight(server.url)).toBe(0);
    await expectNothingStored(key);
  });
});
