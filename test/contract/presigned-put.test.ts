import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { requestUpload, type UploadInput } from "../support/operations.ts";
import { record, sendPut } from "../support/presigned-requests.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";
import { inspect, noise, ownPrefix, refused, store } from "./store.ts";

const bucket = store.buckets.main;
const prefix = ownPrefix("put");
const server = await shareInFile(
  startTestServer({
    store,
    grants: [{ who: "anonymous", bucket, prefix, allow: ["UPLOAD"] }],
  }),
);

const described = {
  contentType: "text/plain; charset=utf-8",
  contentDisposition: 'attachment; filename="a.txt"',
  contentEncoding: "gzip",
  cacheControl: "private, max-age=60",
  metadata: [{ name: "Author", value: "zoë" }],
} satisfies Partial<UploadInput>;

const body = noise(1000);
const presign = (key: string, more: Partial<UploadInput> = described) =>
  requestUpload(server.client, "PUT", { input: { bucket, key, ...more }, size: body.length });

describe("a presigned PUT", () => {
  test("stores the bytes and their metadata", async () => {
    const key = `${prefix}whole ü+#?%.txt`;
    expect((await sendPut(await presign(key), body)).status).toBe(200);
    const stored = await inspect(bucket, key);
    expect(stored?.body).toEqual(body);
    expect(stored?.head).toMatchObject({
      ContentType: described.contentType,
      ContentDisposition: described.contentDisposition,
      ContentEncoding: described.contentEncoding,
      CacheControl: described.cacheControl,
      Metadata: { author: "=?UTF-8?B?em/Dqw==?=" },
    });
  });

  test("stores an empty file", async () => {
    const key = `${prefix}empty`;
    const upload = await requestUpload(server.client, "AUTO", { input: { bucket, key }, size: 0 });
    if (upload.__typename !== "PutUpload") throw new Error(`An empty file is a ${upload.__typename}.`);
    expect((await sendPut(upload, Buffer.alloc(0))).status).toBe(200);
    expect((await inspect(bucket, key))?.body).toHaveLength(0);
  });

  test("stores as much metadata as it signs, whatever the characters", async () => {
    const key = `${prefix}much metadata`;
    for (const [letter, most] of [
      ["x", 2_047],
      ["é", 616],
      ["한", 420],
      ["👩", 308],
    ] as const) {
      const sign = (length: number) =>
        presign(key, { metadata: [{ name: "m", value: letter.repeat(length) }] });
      expect((await sendPut(await sign(most), body)).status).toBe(200);
      await expect(sign(most + 1)).rejects.toMatchObject({ code: "BAD_USER_INPUT", field: "input.metadata" });
    }
  });

  test("asks only for headers that a browser may send", async () => {
    const names = (await presign(`${prefix}headers`)).headers.map(({ name }) => name.toLowerCase());
    expect(names).not.toContain("host");
    expect(names).not.toContain("content-length");
  });
});

describe("a presigned PUT is refused, and nothing stored, with", () => {
  test.each([
    ["one byte more", Buffer.concat([body, Buffer.of(0)])],
    ["one byte less", body.subarray(1)],
    ["no bytes", Buffer.alloc(0)],
  ])("%s", async (what, other) => {
    const key = `${prefix}${what}`;
    const upload = await presign(key);
    expect(refused).toContain((await sendPut(upload, other)).status);
    expect(await inspect(bucket, key)).toBeUndefined();
  });

  test.each([
    "content-type",
    "content-disposition",
    "content-encoding",
    "cache-control",
    "x-amz-meta-author",
  ])("another %s, or none", async (name) => {
    const key = `${prefix}header ${name}`;
    const upload = await presign(key);
    expect(record(upload.headers)).toHaveProperty(name);
    expect(refused).toContain((await sendPut(upload, body, { [name]: "identity" })).status);
    const headers = upload.headers.filter((header) => header.name !== name);
    expect(refused).toContain((await sendPut({ ...upload, headers }, body)).status);
    expect(await inspect(bucket, key)).toBeUndefined();
  });

  test("another key", async () => {
    const upload = await presign(`${prefix}here`);
    const elsewhere = upload.url.replace("here?", "there?");
    expect(elsewhere).not.toBe(upload.url);
    expect(refused).toContain((await sendPut({ ...upload, url: elsewhere }, body)).status);
    expect(await inspect(bucket, `${prefix}there`)).toBeUndefined();
  });

  test.each(["GET", "DELETE"])("%s as its method", async (method) => {
    const key = `${prefix}method ${method}`;
    const upload = await presign(key, {});
    expect((await sendPut(upload, body)).status).toBe(200);
    expect(refused).toContain((await fetch(upload.url, { method })).status);
    expect((await inspect(bucket, key))?.body).toEqual(body);
  });
});

test("overwrite: false replaces no object", async () => {
  const key = `${prefix}kept`;
  const first = await presign(key, { overwrite: false });
  const second = await presign(key, { overwrite: false });
  expect((await sendPut(first, body)).status).toBe(200);
  expect((await sendPut(second, noise(body.length, "other"))).status).toBe(412);
  const unconditional = { ...second, headers: second.headers.filter(({ name }) => name !== "if-none-match") };
  expect(refused).toContain((await sendPut(unconditional, noise(body.length, "other"))).status);
  expect((await inspect(bucket, key))?.body).toEqual(body);
});

test("tags are stored", async () => {
  const key = `${prefix}tagged`;
  const tags = [{ name: "made by", value: "zoë & co = 1+1" }].map((tag) => ({
    ...tag,
    value: "zoë + co = 1",
  }));
  expect((await sendPut(await presign(key, { tags }), body)).status).toBe(200);
  expect((await inspect(bucket, key))?.head.TagCount).toBe(1);
});

describe("a checksum", () => {
  const value = createHash("sha256").update(body).digest("base64");
  const checksum = { algorithm: "SHA256", value };

  test("accepts the matching bytes", async () => {
    const key = `${prefix}checksum right`;
    expect((await sendPut(await presign(key, { checksum }), body)).status).toBe(200);
    expect((await inspect(bucket, key))?.body).toEqual(body);
  });

  test("refuses all others", async () => {
    const key = `${prefix}checksum wrong`;
    const { status } = await sendPut(await presign(key, { checksum }), noise(body.length, "other"));
    expect(status).toBe(store.differs("ignoresChecksums") ? 200 : 400);
  });

  test("is signed", async () => {
    const key = `${prefix}checksum signed`;
    const other = createHash("sha256").update("other").digest("base64");
    const upload = await presign(key, { checksum });
    expect(refused).toContain((await sendPut(upload, body, { "x-amz-checksum-sha256": other })).status);
  });
});
