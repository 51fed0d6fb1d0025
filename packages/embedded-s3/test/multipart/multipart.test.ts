import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { describe, expect, test } from "vitest";
import { createChecksum } from "../../src/checksums/checksums.ts";
import { bucket as Bucket, refusal, runningStore } from "../running-store.ts";

const partBytes = 5 * 1024 ** 2;

async function begin(s3: S3Client, Key: string, more: object = {}): Promise<string> {
  const { UploadId = "" } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }));
  return UploadId;
}

function md5(bytes: Uint8Array): Buffer {
  return createHash("md5").update(bytes).digest();
}

test("parts that are uploaded in any order become an object in the right order", async () => {
  const { s3 } = await runningStore();
  const bodies = [randomBytes(partBytes), randomBytes(partBytes + 1), Buffer.from("end")];
  const UploadId = await begin(s3, "big", { ContentType: "video/mp4", Metadata: { a: "b" }, Tagging: "t=1" });
  const address = { Bucket, Key: "big", UploadId };
  const Parts = await Promise.all(
    bodies.map(async (Body, index) => {
      const PartNumber = index * 10 + 1;
      const { ETag } = await s3.send(new UploadPartCommand({ ...address, PartNumber, Body }));
      return { PartNumber, ETag };
    }),
  );
  const listed = await s3.send(new ListPartsCommand({ ...address, MaxParts: 2 }));
  expect(listed).toMatchObject({ IsTruncated: true, NextPartNumberMarker: "11" });
  const rest = await s3.send(new ListPartsCommand({ ...address, PartNumberMarker: "11" }));
  expect(rest.Parts).toMatchObject([{ PartNumber: 21, Size: 3, ETag: Parts[2]?.ETag }]);
  const complete = new CompleteMultipartUploadCommand({ ...address, MultipartUpload: { Parts } });
  const { ETag } = await s3.send(complete);
  expect(ETag).toBe(`"${md5(Buffer.concat(bodies.map(md5))).toString("hex")}-3"`);
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: "big" }));
  expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(Buffer.concat(bodies))).toBe(
    true,
  );
  expect(got).toMatchObject({ ContentType: "video/mp4", Metadata: { a: "b" }, TagCount: 1, ETag });
  const across = `bytes=${partBytes - 2}-${partBytes + 1}`;
  const range = await s3.send(new GetObjectCommand({ Bucket, Key: "big", Range: across }));
  const expected = Buffer.concat(bodies).subarray(partBytes - 2, partBytes + 2);
  expect(Buffer.from((await range.Body?.transformToByteArray()) ?? [])).toEqual(expected);
  const part = await s3.send(new GetObjectCommand({ Bucket, Key: "big", PartNumber: 3 }));
  expect(await part.Body?.transformToString()).toBe("end");
  expect(part.PartsCount).toBe(3);
  expect((await s3.send(complete)).ETag).toBe(ETag);
  const abort = s3.send(new AbortMultipartUploadCommand(address));
  expect(await refusal(abort)).toEqual({ name: "NoSuchUpload", status: 404 });
});

describe("CompleteMultipartUpload refuses", () => {
  test("parts other than those that were uploaded", async () => {
    const { s3 } = await runningStore();
    const address = { Bucket, Key: "a", UploadId: await begin(s3, "a") };
    const one = await s3.send(new UploadPartCommand({ ...address, PartNumber: 1, Body: "1" }));
    const two = await s3.send(new UploadPartCommand({ ...address, PartNumber: 2, Body: "2" }));
    const complete = async (...Parts: object[]) =>
      (await refusal(s3.send(new CompleteMultipartUploadCommand({ ...address, MultipartUpload: { Parts } }))))
        .name;
    const [first, second] = [
      { PartNumber: 1, ETag: one.ETag },
      { PartNumber: 2, ETag: two.ETag },
    ];
    expect(await complete({ PartNumber: 1, ETag: two.ETag })).toBe("InvalidPart");
    expect(await complete(first, { PartNumber: 3, ETag: two.ETag })).toBe("InvalidPart");
    expect(await complete(second, first)).toBe("InvalidPartOrder");
    expect(await complete(first, first)).toBe("InvalidPartOrder");
    expect(await complete(first, second)).toBe("EntityTooSmall");
    expect(await complete()).toBe("MalformedXML");
    const other = new CompleteMultipartUploadCommand({
      ...address,
      Key: "b",
      MultipartUpload: { Parts: [first] },
    });
    expect((await refusal(s3.send(other))).name).toBe("NoSuchUpload");
    expect((await refusal(s3.send(new HeadObjectCommand({ Bucket, Key: "a" })))).status).toBe(404);
  });

  test("to replace an object under If-None-Match: *, and keeps the upload", async () => {
    const { s3 } = await runningStore();
    const address = { Bucket, Key: "a", UploadId: await begin(s3, "a") };
    const { ETag } = await s3.send(new UploadPartCommand({ ...address, PartNumber: 1, Body: "1" }));
    await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "was first" }));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    const complete = s3.send(
      new CompleteMultipartUploadCommand({ ...address, MultipartUpload, IfNoneMatch: "*" }),
    );
    expect(await refusal(complete)).toEqual({ name: "PreconditionFailed", status: 412 });
    expect((await s3.send(new ListPartsCommand(address))).Parts).toHaveLength(1);
    await s3.send(new CompleteMultipartUploadCommand({ ...address, MultipartUpload }));
    expect((await s3.send(new HeadObjectCommand({ Bucket, Key: "a" }))).ETag).toContain("-1");
  });
});

test("a part that is sent again replaces the first one", async () => {
  const { s3 } = await runningStore();
  const address = { Bucket, Key: "a", UploadId: await begin(s3, "a") };
  await s3.send(new UploadPartCommand({ ...address, PartNumber: 1, Body: "old" }));
  const { ETag } = await s3.send(new UploadPartCommand({ ...address, PartNumber: 1, Body: "new one" }));
  const { Parts } = await s3.send(new ListPartsCommand(address));
  expect(Parts).toMatchObject([{ PartNumber: 1, ETag, Size: 7 }]);
  for (const PartNumber of [0, 10_001]) {
    const outside = s3.send(new UploadPartCommand({ ...address, PartNumber, Body: "x" }));
    expect(await refusal(outside)).toEqual({ name: "InvalidArgument", status: 400 });
  }
});

test("uploads in progress are listed page by page until they are aborted", async () => {
  const { s3 } = await runningStore();
  for (const Key of ["a", "d/1", "d/2", "z", "z"]) await begin(s3, Key);
  const all = await s3.send(new ListMultipartUploadsCommand({ Bucket, Delimiter: "/" }));
  expect(all.Uploads?.map(({ Key }) => Key)).toEqual(["a", "z", "z"]);
  expect(all.CommonPrefixes).toEqual([{ Prefix: "d/" }]);
  const ids: (string | undefined)[] = [];
  let marker: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
  for (;;) {
    const page = await s3.send(new ListMultipartUploadsCommand({ Bucket, MaxUploads: 1, ...marker }));
    ids.push(...(page.Uploads ?? []).map(({ UploadId }) => UploadId));
    if (page.IsTruncated !== true) break;
    marker = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
  }
  expect(new Set(ids).size).toBe(5);
  const below = await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: "d/" }));
  for (const { Key, UploadId } of below.Uploads ?? []) {
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  }
  expect((await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: "d/" }))).Uploads).toBeUndefined();
});

test("a list of uploads continues after an upload that no longer exists", async () => {
  const { s3 } = await runningStore();
  const begun: string[] = [];
  for (let count = 0; count < 6; count++) begun.push(await begin(s3, "a"));
  begun.push(await begin(s3, "b"));
  const listed = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
  const inOrder = (listed.Uploads ?? []).map(({ UploadId = "" }) => UploadId);
  expect(inOrder.toSorted()).toEqual(begun.toSorted());

  const seen: string[] = [];
  let marker: object | undefined = {};
  while (marker !== undefined) {
    const page: ListMultipartUploadsCommandOutput = await s3.send(
      new ListMultipartUploadsCommand({ Bucket, MaxUploads: 2, ...marker }),
    );
    for (const { Key, UploadId = "" } of page.Uploads ?? []) {
      seen.push(UploadId);
      await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    }
    marker = page.IsTruncated
      ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
      : undefined;
  }
  expect(seen).toEqual(inOrder);
});

test("uploads of one key are listed by their start, which is the order of their ids", async () => {
  let now = Date.now();
  const { s3 } = await runningStore({ now: () => new Date(now++) });
  const begun: string[] = [];
  for (let count = 0; count < 5; count++) begun.push(await begin(s3, "a"));
  const { Uploads } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
  expect(Uploads?.map(({ UploadId }) => UploadId)).toEqual(begun);
  expect(begun.toSorted()).toEqual(begun);
});

test.each([
  ["CRC32", "COMPOSITE"],
  ["CRC32", "FULL_OBJECT"],
  ["CRC32C", "FULL_OBJECT"],
  ["CRC64NVME", "FULL_OBJECT"],
  ["SHA1", "COMPOSITE"],
  ["SHA256", "COMPOSITE"],
  ["SHA512", "COMPOSITE"],
  ["MD5", "COMPOSITE"],
] as const)("%s checksums, %s", async (algorithm, type) => {
  const { s3 } = await runningStore();
  const checksumOf = (...chunks: Uint8Array[]) => {
    const checksum = createChecksum(algorithm);
    for (const chunk of chunks) checksum.update(Buffer.from(chunk));
    return checksum.digest();
  };
  const bodies = [randomBytes(partBytes), randomBytes(1000)];
  const UploadId = await begin(s3, "a", { ChecksumAlgorithm: algorithm, ChecksumType: type });
  const address = { Bucket, Key: "a", UploadId };
  const name = `Checksum${algorithm}` as const;
  const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
  for (const [index, Body] of bodies.entries()) {
    const value = checksumOf(Body).toString("base64");
    const part = await s3.send(
      new UploadPartCommand({ ...address, PartNumber: index + 1, Body, [name]: value }),
    );
    Parts.push({ PartNumber: index + 1, ETag: part.ETag, [name]: value });
  }
  const complete = (more: object) =>
    s3.send(new CompleteMultipartUploadCommand({ ...address, MultipartUpload: { Parts }, ...more }));
  const expected =
    type === "FULL_OBJECT"
      ? checksumOf(...bodies).toString("base64")
      : `${checksumOf(...bodies.map((body) => checksumOf(body))).toString("base64")}-2`;
  expect((await refusal(complete({ [name]: checksumOf().toString("base64") }))).name).toBe("BadDigest");
  expect((await refusal(complete({ MpuObjectSize: 3 }))).name).toBe("InvalidRequest");
  expect((await refusal(complete({ ChecksumXXHASH64: "AAAAAAAAAAA=" }))).name).toBe("NotImplemented");
  const strange = Parts.map((part) => ({ ...part, ChecksumXXHASH64: "AAAAAAAAAAA=" }));
  expect((await refusal(complete({ MultipartUpload: { Parts: strange } }))).name).toBe("InvalidPart");
  await complete({ [name]: expected, ChecksumType: type, MpuObjectSize: partBytes + 1000 });
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key: "a", ChecksumMode: "ENABLED" }));
  expect(head).toMatchObject({ [name]: expected, ChecksumType: type });
});

test("a part without the upload's checksum, or a checksum type that does not exist, is refused", async () => {
  const { client } = await runningStore();
  const s3 = client({ requestChecksumCalculation: "WHEN_REQUIRED" });
  const UploadId = await begin(s3, "a", { ChecksumAlgorithm: "SHA256" });
  const bare = s3.send(new UploadPartCommand({ Bucket, Key: "a", UploadId, PartNumber: 1, Body: "x" }));
  expect((await refusal(bare)).name).toBe("InvalidRequest");
  expect(
    (await refusal(begin(s3, "a", { ChecksumAlgorithm: "SHA1", ChecksumType: "FULL_OBJECT" }))).name,
  ).toBe("InvalidRequest");
});

test.each(["CRC32", "CRC32C", "CRC64NVME"] as const)(
  "a %s of the whole object is computed from parts that bring none",
  async (algorithm) => {
    const { client } = await runningStore();
    const s3 = client({ requestChecksumCalculation: "WHEN_REQUIRED" });
    const UploadId = await begin(s3, "a", { ChecksumAlgorithm: algorithm, ChecksumType: "FULL_OBJECT" });
    const address = { Bucket, Key: "a", UploadId };
    const checksum = createChecksum(algorithm);
    const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
    for (const [index, Body] of [randomBytes(partBytes), randomBytes(1000)].entries()) {
      checksum.update(Body);
      const { ETag } = await s3.send(new UploadPartCommand({ ...address, PartNumber: index + 1, Body }));
      Parts.push({ PartNumber: index + 1, ETag });
    }
    const complete = (value: string) =>
      s3.send(
        new CompleteMultipartUploadCommand({
          ...address,
          MultipartUpload: { Parts },
          ChecksumType: "FULL_OBJECT",
          [`Checksum${algorithm}`]: value,
        }),
      );
    const other = createChecksum(algorithm).digest().toString("base64");
    expect((await refusal(complete(other))).name).toBe("BadDigest");
    const value = checksum.digest().toString("base64");
    await complete(value);
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: "a", ChecksumMode: "ENABLED" }));
    expect(head).toMatchObject({ [`Checksum${algorithm}`]: value, ChecksumType: "FULL_OBJECT" });
  },
);

test("parts are copied from objects", async () => {
  const { s3 } = await runningStore();
  await s3.send(new PutObjectCommand({ Bucket, Key: "source ü", Body: "0123456789" }));
  const address = { Bucket, Key: "copy", UploadId: await begin(s3, "copy") };
  const CopySource = `${Bucket}/${encodeURIComponent("source ü")}`;
  const copy = (range: string) =>
    s3.send(new UploadPartCopyCommand({ ...address, PartNumber: 1, CopySource, CopySourceRange: range }));
  const { CopyPartResult } = await copy("bytes=2-4");
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: CopyPartResult?.ETag }] };
  for (const bad of ["bytes=2-", "bytes=4-2", "bytes=0-10"]) {
    expect(await refusal(copy(bad))).toEqual({ name: "InvalidArgument", status: 400 });
  }
  await s3.send(new CompleteMultipartUploadCommand({ ...address, MultipartUpload }));
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: "copy" }));
  expect(await got.Body?.transformToString()).toBe("234");
});

test("lib-storage uploads streams of unknown length, and leaves nothing when aborted", async () => {
  const { s3 } = await runningStore();
  const body = randomBytes(2 * partBytes + 7);
  const chunks = Array.from({ length: 101 }, (_, index) =>
    body.subarray(index * 104_858, (index + 1) * 104_858),
  );
  await new Upload({ client: s3, params: { Bucket, Key: "a", Body: Readable.from(chunks) } }).done();
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: "a" }));
  expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(body)).toBe(true);
  const failing = Readable.from(
    (async function* () {
      yield body;
      throw new Error("The source broke.");
    })(),
  );
  const upload = new Upload({ client: s3, params: { Bucket, Key: "b", Body: failing } });
  await expect(upload.done()).rejects.toThrow("The source broke.");
  expect((await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads).toBeUndefined();
});
