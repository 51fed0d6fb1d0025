import { createHash, randomBytes } from "node:crypto";
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ObjectAddress } from "../../../../src/core/object-address.ts";
import { assertCopyable } from "../../../../src/storage/copying/copied-description.ts";
import { copyObject } from "../../../../src/storage/copying/copy-object.ts";
import type { CopyObjectRequest } from "../../../../src/storage/copying/copy-request.ts";
import { lookAtSource } from "../../../../src/storage/copying/copy-source.ts";
import {
  type GivenDescription,
  parseDescriptionChanges,
} from "../../../../src/storage/description/object-description.ts";
import { AbandonedUploads } from "../../../../src/storage/multipart/abandoned-uploads.ts";
import { listPendingUploads, parsePendingPage } from "../../../../src/storage/multipart/pending-uploads.ts";
import { objectTags } from "../../../../src/storage/objects/object-tags.ts";
import { startBreakingProxy } from "../../../support/breaking-proxy.ts";
import { errorBody, scriptedS3 } from "../scripted-s3.ts";
import { region, startTestStore, type TestStore } from "../store.ts";

const MiB = 1024 ** 2;
let store: TestStore;
let s3: S3Client;
const abandoned = new AbandonedUploads();

beforeAll(async () => {
  store = await startTestStore();
  s3 = store.client();
});
afterAll(async () => {
  await abandoned.close(0);
  await store.close();
});

async function put(key: string, body: string | Buffer, bucket: string = store.bucket) {
  return await s3.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: body,
      ContentType: "text/plain",
      CacheControl: "max-age=1",
      Metadata: { who: "=?UTF-8?B?em/Dqw==?=" },
      Tagging: "kind=a%20b",
    }),
  );
}

async function read(key: string): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: store.bucket, Key: key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

const copy = (from: string | ObjectAddress, to: string, more: Partial<CopyObjectRequest> = {}) =>
  copyObject({
    s3: async () => s3,
    abandoned,
    source: () => lookAtSource(s3, typeof from === "string" ? store.address(from) : from),
    to: store.address(to),
    changes: parseDescriptionChanges({}),
    authorize: () => {},
    terms: {},
    pinContentType: false,
    ...more,
  });

const tagged = [{ name: "kind", value: "a b" }];

describe("copyObject", () => {
  test.each(["plain", "a + b/é%2F?.txt", "//한국어 #1", "quote\"'()*!~"])(
    "copies %s with all that describes it",
    async (key) => {
      await put(key, "bytes");
      const to = `copy of ${key}`;
      expect(await copy(key, to)).toMatchObject({
        key: to,
        sizeBytes: 5,
        contentType: "text/plain",
        cacheControl: "max-age=1",
        metadata: [{ name: "who", value: "zoë" }],
      });
      expect((await read(to)).toString()).toBe("bytes");
      expect(await objectTags(s3, store.address(to))).toEqual(tagged);
    },
  );

  const described = (given: GivenDescription) => ({ changes: parseDescriptionChanges(given) });

  test("replaces the given properties and keeps the others", async () => {
    await put("described", "bytes");
    const typed = described({ contentType: "image/png", tags: [{ name: "t", value: "new" }] });
    expect(await copy("described", "typed", typed)).toMatchObject({
      contentType: "image/png",
      cacheControl: "max-age=1",
      metadata: [{ name: "who", value: "zoë" }],
    });
    if (!store.differs("bindsTagsOfCopiesToMetadata"))
      expect(await objectTags(s3, store.address("typed"))).toEqual([{ name: "t", value: "new" }]);
    const renamed = described({ metadata: [{ name: "other", value: "1" }] });
    expect(await copy("described", "renamed", renamed)).toMatchObject({
      contentType: "text/plain",
      metadata: [{ name: "other", value: "1" }],
    });
    expect(await copy("described", "described", typed)).toMatchObject({ contentType: "image/png" });
  });

  test.each([
    ["at once", {}],
    ["in parts", { singleCopyBytes: 1, partBytes: 5 * MiB }],
  ])("removes metadata and tags if the lists are empty: %s", async (_how, more) => {
    await put("to clear", "bytes");
    expect(await copy("to clear", "bare", { ...described({ metadata: [] }), ...more })).toMatchObject({
      ...{ contentType: "text/plain", metadata: [] },
    });
    expect(await copy("to clear", "tagless", { ...described({ tags: [] }), ...more })).toMatchObject({
      metadata: [{ name: "who", value: "zoë" }],
    });
    expect(await objectTags(s3, store.address("tagless"))).toEqual([]);
  });

  test.each([
    ["at once", {}],
    ["in parts", { singleCopyBytes: 1, partBytes: 5 * MiB }],
  ])("keeps properties that the API does not have, and metadata in raw UTF-8: %s", async (how, more) => {
    for (const [name, expires, kept] of [
      ["date", "Sun, 17 Mar 2030 17:46:40 GMT", "Sun, 17 Mar 2030 17:46:40 GMT"],
      ["no date", "0", "Thu, 01 Jan 1970 00:00:00 GMT"],
    ] as const) {
      // The SDK sends no raw UTF-8 in a header, but in the query of a URL.
      const raw = new PutObjectCommand({ Bucket: store.bucket, Key: name, Metadata: { raw: "zoë" } });
      const url = await getSignedUrl(s3, raw);
      const headers = { "content-language": "de", expires };
      expect((await fetch(url, { method: "PUT", body: "x", headers })).status).toBe(200);
      const typed = described({ contentType: "text/csv" });
      expect(await copy(name, `${name} ${how}`, { ...typed, ...more })).toMatchObject({
        metadata: [{ name: "raw", value: "zoë" }],
      });
      const head = await s3.send(new HeadObjectCommand({ Bucket: store.bucket, Key: `${name} ${how}` }));
      expect(head).toMatchObject({ ContentLanguage: "de", ExpiresString: kept });
    }
  });

  test("copies a version", async () => {
    const { VersionId: versionId } = await put("v", "old", store.versionedBucket);
    await put("v", "newer", store.versionedBucket);
    const from = { ...store.address("v"), bucket: store.versionedBucket, versionId };
    expect(await copy(from, "from-version")).toMatchObject({ sizeBytes: 3 });
    expect((await read("from-version")).toString()).toBe("old");
  });

  test("refuses a missing source, an existing copy, and a copy that changes nothing", async () => {
    await put("source", "bytes");
    await put("target", "other");
    await expect(copy("missing", "x")).rejects.toMatchObject({ code: "OBJECT_NOT_FOUND" });
    const to = { ...store.address("x"), bucket: "no-such-bucket-here" as TestStore["bucket"] };
    await expect(copy("source", "x", { to })).rejects.toMatchObject({ code: "BUCKET_NOT_FOUND" });
    const changes = parseDescriptionChanges({ overwrite: false });
    await expect(copy("source", "target", { changes })).rejects.toMatchObject({ code: "OBJECT_EXISTS" });
    await expect(copy("source", "source")).rejects.toMatchObject({ code: "BAD_USER_INPUT", field: "to" });
    expect((await read("target")).toString()).toBe("other");
  });

  test("refuses a checksum, which S3 would not compare", () => {
    const checksum = { algorithm: "CRC32", value: "AAAAAA==" } as const;
    const refused = () => assertCopyable(parseDescriptionChanges({ checksum }));
    expect(refused).toThrow(expect.objectContaining({ code: "BAD_USER_INPUT", field: "checksum" }));
    assertCopyable(parseDescriptionChanges({ contentType: "text/plain" }));
  });

  test.each([
    ["at once", {}],
    ["in parts", { singleCopyBytes: 0 }],
  ])("names the argument whose value S3 refuses: %s", async (_how, more) => {
    await put("refused", "bytes");
    for (const [s3Code, field] of [
      ["InvalidTag", "tags"],
      ["MetadataTooLarge", "metadata"],
    ] as const) {
      await using refusing = await scriptedS3(() => ({ status: 400, body: errorBody(s3Code) }));
      const copied = copy("refused", "x", { s3: async () => refusing.s3, ...more });
      await expect(copied).rejects.toMatchObject({ code: "BAD_USER_INPUT", field });
    }
  });

  test("copies a large object in parts, with all its properties", async () => {
    const bytes = randomBytes(33 * MiB + 5);
    await put("large + é", bytes);
    const stored = await copy("large + é", "large copy", { singleCopyBytes: MiB, partBytes: 5 * MiB });
    expect(stored).toMatchObject({
      sizeBytes: bytes.length,
      etag: expect.stringMatching(/-3"$/),
      contentType: "text/plain",
      metadata: [{ name: "who", value: "zoë" }],
    });
    const digest = (data: Buffer) => createHash("sha256").update(data).digest("hex");
    expect(digest(await read("large copy"))).toBe(digest(bytes));
    if (!store.differs("dropsTagsOfMultipartUploads"))
      expect(await objectTags(s3, store.address("large copy"))).toEqual(tagged);
    expect(await pendingUploads()).toEqual([]);
  });

  const inParts = { singleCopyBytes: MiB, partBytes: 5 * MiB };
  const kmsKey = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab";

  test.each([
    ["in one call", {}],
    ["in parts", inParts],
  ])("encrypts the copy with the key of its bucket: %s", async (what, more) => {
    if (store.differs("copiesNothingEncrypted")) return;
    await put("for a key", randomBytes(6 * MiB));
    const name = `with a key ${what}`;
    await copy("for a key", name, { terms: { kmsKey }, ...more });
    const head = await s3.send(new HeadObjectCommand({ Bucket: store.bucket, Key: name }));
    expect(head).toMatchObject({ ServerSideEncryption: "aws:kms", SSEKMSKeyId: kmsKey });
  });

  const pendingUploads = async () =>
    (
      await listPendingUploads(
        s3,
        { region, bucket: store.bucket },
        parsePendingPage({ prefix: "", first: 10 }),
      )
    ).uploads;
  /** A client that fails as S3 does when the credentials have died. */
  const expired = (operations: RegExp) => {
    const client = store.client();
    client.middlewareStack.add(
      (next, context) => async (args) => {
        if (!operations.test(context.commandName ?? "")) return await next(args);
        throw Object.assign(new Error("expired"), {
          name: "ExpiredToken",
          $metadata: { httpStatusCode: 400 },
        });
      },
      { step: "initialize" },
    );
    return client;
  };

  test("requests a client for every call", async () => {
    await put("long", randomBytes(33 * MiB));
    let asked = 0;
    const fresh = async () => {
      asked += 1;
      return s3;
    };
    await copy("long", "long copy", { s3: fresh, ...inParts });
    // Create, three parts, Complete, HEAD.
    expect(asked).toBe(6);
  });

  test("leaves no part behind when the credentials expire during the copy", async () => {
    await put("dying", randomBytes(33 * MiB));
    const dying = expired(/^(UploadPartCopy|Abort)/);
    let isAlive = false;
    const copied = copy("dying", "dying copy", { s3: async () => (isAlive ? s3 : dying), ...inParts });
    await expect(copied).rejects.toMatchObject({ code: "CREDENTIALS_UNAVAILABLE" });
    expect(await pendingUploads()).toHaveLength(1);
    isAlive = true;
    await abandoned.retryAll();
    expect(await pendingUploads()).toEqual([]);
  });

  test("ends, and leaves nothing behind, when the server stops", async () => {
    await put("stopped", randomBytes(33 * MiB));
    const stopping = new AbortController();
    const stopAtPart = async () => {
      const client = store.client();
      client.middlewareStack.add(
        (next, context) => async (args) => {
          if (context.commandName === "UploadPartCopyCommand") stopping.abort();
          return await next(args);
        },
        { step: "initialize" },
      );
      return client;
    };
    const copied = copy("stopped", "stopped copy", { s3: stopAtPart, signal: stopping.signal, ...inParts });
    await expect(copied).rejects.toMatchObject({ code: "TIMEOUT", retryable: true });
    expect(await pendingUploads()).toEqual([]);
  });

  /** Sees another object than the one that is there, so many times. */
  const misled = (key: string, times: number) => {
    const looks = { count: 0 };
    const source = async () => {
      const seen = await lookAtSource(s3, store.address(key));
      looks.count += 1;
      return looks.count > times ? seen : { ...seen, head: { ...seen.head, ETag: '"before"' } };
    };
    return { looks, source };
  };

  test.each([
    ["at once", {}],
    ["at once, replacing nothing", { changes: parseDescriptionChanges({ overwrite: false }) }],
    ["in parts", inParts],
  ])("reads the source again if it has changed, and gives up if it changes again: %s", async (what, more) => {
    await put("changing", randomBytes(6 * MiB));
    const once = misled("changing", 1);
    expect(await copy("changing", `${what} 1`, { source: once.source, ...more })).toMatchObject({
      sizeBytes: 6 * MiB,
    });
    expect(once.looks.count).toBe(2);
    const always = misled("changing", Number.POSITIVE_INFINITY);
    await expect(copy("changing", `${what} 2`, { source: always.source, ...more })).rejects.toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      retryable: true,
    });
    expect(always.looks.count).toBe(2);
    expect(await pendingUploads()).toEqual([]);
  });

  describe("whose first response was lost, with overwrite: false,", () => {
    const changes = parseDescriptionChanges({ overwrite: false });
    const losing = async () => {
      const proxy = await startBreakingProxy(store.endpoint);
      proxy.break({ fault: "lost", matches: ({ headers: sent }) => "x-amz-copy-source" in sent, times: 1 });
      return { proxy, s3: async () => store.client(proxy.url) };
    };

    test("recognizes its own copy", async () => {
      await put("lost", "bytes");
      const { proxy, s3 } = await losing();
      await using _ = proxy;
      expect(await copy("lost", "lost copy", { s3, changes })).toMatchObject({
        ...{ sizeBytes: 5, contentType: "text/plain" },
      });
      expect(proxy.requests.filter((request) => request.startsWith("PUT "))).toHaveLength(2);
    });

    test("recognizes its own copy if only the copy is encrypted with a KMS key", async () => {
      if (store.differs("copiesNothingEncrypted")) return;
      await put("lost", "bytes");
      const { proxy, s3 } = await losing();
      await using _ = proxy;
      const terms = { kmsKey };
      expect(await copy("lost", "lost encrypted copy", { s3, changes, terms })).toMatchObject({
        sizeBytes: 5,
      });
    });

    test("does not mistake another object for it", async () => {
      await put("lost", "bytes");
      const client = store.client();
      let attempts = 0;
      client.middlewareStack.add(
        (next, context) => async (args) => {
          if (context.commandName !== "CopyObjectCommand" || attempts++ > 0) return await next(args);
          await put("taken", "other");
          const metadata = { $fault: "server", $retryable: {}, $metadata: { httpStatusCode: 500 } };
          throw Object.assign(new Error("not sent"), { name: "InternalError", ...metadata });
        },
        { step: "deserialize", priority: "low" },
      );
      await expect(copy("lost", "taken", { s3: async () => client, changes })).rejects.toMatchObject({
        code: "OBJECT_EXISTS",
      });
      expect(attempts).toBe(2);
    });
  });
});
