import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { bucket as Bucket, refusal, runningStore } from "../running-store.ts";

test("an object is returned with everything that was stored with it", async () => {
  const { s3 } = await runningStore();
  const body = randomBytes(300_000);
  await s3.send(
    new PutObjectCommand({
      Bucket,
      Key: "a.png",
      Body: body,
      ContentType: "image/png",
      CacheControl: "no-cache",
      ContentDisposition: 'attachment; filename="x.png"',
      ContentEncoding: "br",
      ContentLanguage: "de",
      Metadata: { colour: "red" },
      Tagging: "a=1&b=x%20y",
    }),
  );
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: "a.png" }));
  expect(Buffer.from((await got.Body?.transformToByteArray()) ?? [])).toEqual(body);
  expect(got).toMatchObject({
    ContentType: "image/png",
    CacheControl: "no-cache",
    ContentDisposition: 'attachment; filename="x.png"',
    ContentEncoding: "br",
    ContentLanguage: "de",
    ContentLength: body.length,
    ETag: `"${createHash("md5").update(body).digest("hex")}"`,
    Metadata: { colour: "red" },
    TagCount: 2,
    AcceptRanges: "bytes",
  });
});

test("an empty object and an object without a type are stored", async () => {
  const { s3 } = await runningStore();
  await s3.send(new PutObjectCommand({ Bucket, Key: "empty", Body: "" }));
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: "empty" }));
  expect(await got.Body?.transformToString()).toBe("");
  expect(got.ContentLength).toBe(0);
});

test("a stream is stored from aws-chunked framing with a trailing checksum", async () => {
  const { s3 } = await runningStore();
  const body = randomBytes(200_000);
  await s3.send(
    new PutObjectCommand({
      Bucket,
      Key: "s",
      Body: Readable.from([body]),
      ContentLength: body.length,
      ChecksumAlgorithm: "CRC32C",
    }),
  );
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: "s", ChecksumMode: "ENABLED" }));
  expect(Buffer.from((await got.Body?.transformToByteArray()) ?? [])).toEqual(body);
  expect(got.ChecksumCRC32C).toBeDefined();
  expect(got.ContentEncoding).toBeUndefined();
});

test("every valid key is an object of its own", async () => {
  const { s3 } = await runningStore();
  const keys = [
    "a",
    "a/",
    "/a",
    "//a",
    "a//b",
    "../../etc/passwd",
    "./a",
    "a b+c%20d&e=f?g#h",
    "é",
    "e\u0301",
    "\u{1f600}",
    "nul",
    "quote'\"<>",
    "new\nline",
    "k".repeat(1024),
  ];
  for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket, Key, Body: `body of ${Key}` }));
  for (const Key of keys) {
    const got = await s3.send(new GetObjectCommand({ Bucket, Key }));
    expect(await got.Body?.transformToString()).toBe(`body of ${Key}`);
  }
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket, EncodingType: "url" }));
  const listed = Contents?.map(({ Key = "" }) => decodeURIComponent(Key));
  expect(listed).toEqual([...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  const tooLong = refusal(s3.send(new PutObjectCommand({ Bucket, Key: "k".repeat(1025), Body: "" })));
  expect(await tooLong).toEqual({ name: "KeyTooLongError", status: 400 });
});

test.each([
  ["bytes=0-1", "01", "bytes 0-1/10"],
  ["bytes=8-", "89", "bytes 8-9/10"],
  ["bytes=-3", "789", "bytes 7-9/10"],
  ["bytes=5-99", "56789", "bytes 5-9/10"],
  ["bytes=-99", "0123456789", "bytes 0-9/10"],
])("Range: %s", async (range, text, contentRange) => {
  const { s3 } = await runningStore();
  await s3.send(new PutObjectCommand({ Bucket, Key: "digits", Body: "0123456789" }));
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: "digits", Range: range }));
  expect(await got.Body?.transformToString()).toBe(text);
  expect(got.ContentRange).toBe(contentRange);
  expect(got.$metadata.httpStatusCode).toBe(206);
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key: "digits", Range: range }));
  expect(head.ContentLength).toBe(text.length);
});

test("a range outside the object is refused, and an invalid range is ignored", async () => {
  const { s3 } = await runningStore();
  await s3.send(new PutObjectCommand({ Bucket, Key: "digits", Body: "0123456789" }));
  for (const range of ["bytes=10-", "bytes=-0"]) {
    const outcome = await refusal(s3.send(new GetObjectCommand({ Bucket, Key: "digits", Range: range })));
    expect(outcome).toEqual({ name: "InvalidRange", status: 416 });
  }
  for (const range of ["bytes=3-1", "bytes=0-1,3-4", "lines=1-2", "bytes=-"]) {
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: "digits", Range: range }));
    expect(await got.Body?.transformToString()).toBe("0123456789");
  }
});

describe("preconditions", () => {
  test("apply to reads", async () => {
    const { s3 } = await runningStore();
    const { ETag = "" } = await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "x" }));
    const before = new Date(Date.now() - 3_600_000);
    const after = new Date(Date.now() + 3_600_000);
    const read = (conditions: object) => s3.send(new GetObjectCommand({ Bucket, Key: "a", ...conditions }));
    expect((await read({ IfMatch: ETag })).$metadata.httpStatusCode).toBe(200);
    expect((await read({ IfMatch: ETag, IfUnmodifiedSince: before })).$metadata.httpStatusCode).toBe(200);
    expect(await refusal(read({ IfMatch: '"other"' }))).toEqual({ name: "PreconditionFailed", status: 412 });
    expect((await refusal(read({ IfUnmodifiedSince: before }))).status).toBe(412);
    expect((await refusal(read({ IfNoneMatch: ETag }))).status).toBe(304);
    expect((await refusal(read({ IfModifiedSince: after }))).status).toBe(304);
    expect((await read({ IfNoneMatch: '"other"', IfModifiedSince: after })).$metadata.httpStatusCode).toBe(
      200,
    );
    const head = s3.send(new HeadObjectCommand({ Bucket, Key: "a", IfNoneMatch: ETag }));
    expect((await refusal(head)).status).toBe(304);
  });

  test("let exactly one of twenty writers succeed with If-None-Match: *", async () => {
    const { s3 } = await runningStore();
    const writers = Array.from({ length: 20 }, (_, index) =>
      s3.send(new PutObjectCommand({ Bucket, Key: "once", Body: `writer ${index}`, IfNoneMatch: "*" })).then(
        () => index,
        (error: Error) => error.name,
      ),
    );
    const outcomes = await Promise.all(writers);
    const winners = outcomes.filter((outcome) => typeof outcome === "number");
    expect(winners).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "PreconditionFailed")).toHaveLength(19);
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: "once" }));
    expect(await got.Body?.transformToString()).toBe(`writer ${winners[0]}`);
  });

  test("let a write with If-Match replace that object only", async () => {
    const { s3 } = await runningStore();
    const write = (IfMatch: string, Key = "a") =>
      s3.send(new PutObjectCommand({ Bucket, Key, Body: "new", IfMatch }));
    const { ETag = "" } = await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "old" }));
    await write(ETag);
    expect(await refusal(write(ETag))).toEqual({ name: "PreconditionFailed", status: 412 });
    expect(await refusal(write(ETag, "missing"))).toEqual({ name: "NoSuchKey", status: 404 });
    const other = s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "", IfNoneMatch: ETag }));
    expect(await refusal(other)).toEqual({ name: "NotImplemented", status: 501 });
  });
});

test("response-… parameters replace headers if a header can contain them", async () => {
  const { s3 } = await runningStore();
  await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "x" }));
  const disposition = "attachment; filename=\"a.txt\"; filename*=UTF-8''%C3%A4.txt";
  const got = await s3.send(
    new GetObjectCommand({
      Bucket,
      Key: "a",
      ResponseContentDisposition: disposition,
      ResponseContentType: "text/x",
    }),
  );
  expect(got).toMatchObject({ ContentDisposition: disposition, ContentType: "text/x" });
  for (const bad of ["a\r\nSet-Cookie: x=1", "\u{1f600}"]) {
    const outcome = refusal(
      s3.send(new GetObjectCommand({ Bucket, Key: "a", ResponseContentDisposition: bad })),
    );
    expect(await outcome).toEqual({ name: "InvalidArgument", status: 400 });
  }
});

test("metadata and tags have the limits of AWS", async () => {
  const { s3 } = await runningStore();
  const put = (more: object) => s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "", ...more }));
  expect((await refusal(put({ Metadata: { k: "v".repeat(2048) } }))).name).toBe("MetadataTooLarge");
  await put({ Metadata: { k: "v".repeat(2047) } });
  const tags = (count: number) => Array.from({ length: count }, (_, index) => `k${index}=v`).join("&");
  await put({ Tagging: tags(10) });
  expect((await refusal(put({ Tagging: tags(11) }))).name).toBe("BadRequest");
  expect((await refusal(put({ Tagging: "a=1&a=2" }))).name).toBe("InvalidArgument");
  expect((await refusal(put({ Tagging: `${"k".repeat(129)}=v` }))).name).toBe("InvalidTag");
  expect((await refusal(put({ Tagging: `k=${"v".repeat(257)}` }))).name).toBe("InvalidTag");
  expect((await refusal(put({ Tagging: "k=%3C" }))).name).toBe("InvalidTag");
  expect((await refusal(put({ StorageClass: "GLACIER" }))).name).toBe("InvalidStorageClass");
  expect((await refusal(put({ ACL: "public-read" }))).name).toBe("AccessControlListNotSupported");
});

test("tags are set, read and removed", async () => {
  const { s3 } = await runningStore();
  await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "x", Tagging: "old=1" }));
  const TagSet = [{ Key: "k&<", Value: "no" }];
  const bad = s3.send(new PutObjectTaggingCommand({ Bucket, Key: "a", Tagging: { TagSet } }));
  expect((await refusal(bad)).name).toBe("InvalidTag");
  const good = [
    { Key: "k ü", Value: "a=b" },
    { Key: "l", Value: "" },
  ];
  await s3.send(new PutObjectTaggingCommand({ Bucket, Key: "a", Tagging: { TagSet: good } }));
  expect((await s3.send(new GetObjectTaggingCommand({ Bucket, Key: "a" }))).TagSet).toEqual(good);
  await s3.send(new DeleteObjectTaggingCommand({ Bucket, Key: "a" }));
  expect((await s3.send(new GetObjectTaggingCommand({ Bucket, Key: "a" }))).TagSet).toEqual([]);
  const missing = s3.send(new GetObjectTaggingCommand({ Bucket, Key: "b" }));
  expect((await refusal(missing)).name).toBe("NoSuchKey");
});

test("objects are deleted one by one, and up to a thousand at once", async () => {
  const { s3 } = await runningStore();
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "never there" }));
  for (const Key of ["a", "b&<c>", "d"]) await s3.send(new PutObjectCommand({ Bucket, Key, Body: "x" }));
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
  const stale = s3.send(new DeleteObjectCommand({ Bucket, Key: "d", IfMatch: '"other"' }));
  expect((await refusal(stale)).status).toBe(412);
  const Objects = [{ Key: "b&<c>" }, { Key: "d" }, { Key: "never there" }];
  const { Deleted } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  expect(Deleted?.map(({ Key }) => Key)).toEqual(Objects.map(({ Key }) => Key));
  expect((await s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(0);
  const tooMany = Array.from({ length: 1001 }, (_, index) => ({ Key: `${index}` }));
  const refused = s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: tooMany } }));
  expect((await refusal(refused)).name).toBe("MalformedXML");
});

test("listings have pages, common prefixes and a start", async () => {
  const { s3 } = await runningStore();
  for (const Key of ["a", "d/1", "d/2", "e/", "z"])
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  const names: string[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket, Delimiter: "/", MaxKeys: 1, ContinuationToken }),
    );
    names.push(...(page.Contents ?? []).map(({ Key = "" }) => Key));
    names.push(...(page.CommonPrefixes ?? []).map(({ Prefix = "" }) => Prefix));
    expect(page.KeyCount).toBe(1);
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  expect(names).toEqual(["a", "d/", "e/", "z"]);
  const after = await s3.send(new ListObjectsV2Command({ Bucket, StartAfter: "d/1", FetchOwner: true }));
  expect(after.Contents?.map(({ Key }) => Key)).toEqual(["d/2", "e/", "z"]);
  expect(after.Contents?.[0]).toMatchObject({
    Size: 3,
    StorageClass: "STANDARD",
    Owner: { DisplayName: "valetkey" },
  });
  const older = await s3.send(new ListObjectsCommand({ Bucket, Delimiter: "/", MaxKeys: 2 }));
  expect(older).toMatchObject({ IsTruncated: true, NextMarker: "d/" });
  const rest = await s3.send(new ListObjectsCommand({ Bucket, Delimiter: "/", Marker: older.NextMarker }));
  expect(rest.Contents?.map(({ Key }) => Key)).toEqual(["z"]);
  expect(rest.CommonPrefixes).toEqual([{ Prefix: "e/" }]);
  const garbage = s3.send(new ListObjectsV2Command({ Bucket, ContinuationToken: "garbage" }));
  expect(await refusal(garbage)).toEqual({ name: "InvalidArgument", status: 400 });
  expect((await refusal(s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: -1 })))).name).toBe(
    "InvalidArgument",
  );
});

test("GetObjectAttributes returns attributes without the bytes", async () => {
  const { s3 } = await runningStore();
  await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "hello", ChecksumAlgorithm: "SHA256" }));
  const attributes = await s3.send(
    new GetObjectAttributesCommand({
      Bucket,
      Key: "a",
      ObjectAttributes: ["ETag", "ObjectSize", "Checksum"],
    }),
  );
  const sha256 = createHash("sha256").update("hello").digest("base64");
  expect(attributes).toMatchObject({
    ObjectSize: 5,
    Checksum: { ChecksumSHA256: sha256, ChecksumType: "FULL_OBJECT" },
  });
});
