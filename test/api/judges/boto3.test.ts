import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Boto3, fromBoto3, hasBoto3, toBoto3 } from "../../support/boto3.ts";
import { noise } from "../../support/noise.ts";
import { makeTemporaryFolder } from "../../support/resources.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { bucket, startTestStore, versionedBucket } from "../../support/test-store.ts";

const prefix = "boto3/";
const partBytes = 5 * 2 ** 20;

/** Keys that clients encode in different ways. */
const awkwardKeys = [
  "a file  of three words.txt",
  "1+1=2&3.txt",
  "100%/%20/%2F.txt",
  "a//b///c.txt",
  "what?#;:@$,!'()*[]{}|\\^`~<>\".txt",
  "한국어 é e\u0301 👩‍👩‍👧.txt",
  "trailing slash/",
].map((name) => `${prefix}awkward/${name}`);

const { description: store } = await shareInFile(startTestStore());
const boto3 = await shareInFile(new Boto3());
const admin = { endpoint: store.endpoint, region: store.region, ...store.adminCredentials };
const s3 = boto3.s3(admin);

describe.skipIf(!hasBoto3)("boto3 on the embedded store (needs python3-boto3)", () => {
  const at = (Key: string, Bucket = bucket) => ({ Bucket, Key });
  const failure = (code: string, status: number) => expect.objectContaining({ code, status });

  test("stores, lists, reads and deletes objects whatever their keys", async () => {
    for (const key of awkwardKeys) {
      await s3("put_object", {
        ...at(key),
        Body: toBoto3(key),
        ContentType: "text/plain",
        Metadata: { a: "b" },
      });
      const stored = {
        ContentLength: Buffer.byteLength(key),
        ContentType: "text/plain",
        Metadata: { a: "b" },
      };
      expect(await s3("head_object", at(key))).toMatchObject(stored);
      expect(await s3("get_object", at(key))).toMatchObject({ ...stored, Body: toBoto3(key) });
    }
    const Prefix = `${prefix}awkward/`;
    const sorted = [...awkwardKeys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const operation of ["list_objects", "list_objects_v2"]) {
      const parameters = { Bucket: bucket, Prefix, PaginationConfig: { PageSize: 2 } };
      const pages = (await s3("paginate", { operation, parameters })) as unknown as Pages;
      expect(pages.length).toBeGreaterThan(3);
      expect(keysOf(pages)).toEqual(sorted);
    }
    const { CommonPrefixes } = await s3("list_objects_v2", { Bucket: bucket, Prefix, Delimiter: "/" });
    expect(CommonPrefixes).toEqual(
      ["100%/", "a/", "trailing slash/"].map((name) => ({ Prefix: `${Prefix}${name}` })),
    );
    const Objects = awkwardKeys.map((Key) => ({ Key }));
    const { Deleted, Errors } = await s3("delete_objects", { Bucket: bucket, Delete: { Objects } });
    expect({ Deleted, Errors }).toEqual({ Deleted: expect.arrayContaining(Objects), Errors: undefined });
    expect((await s3("list_objects_v2", { Bucket: bucket, Prefix })).KeyCount).toBe(0);
  });

  test("uploads, copies and downloads a file in parts", async () => {
    await using folder = await makeTemporaryFolder("boto3");
    const bytes = noise(2 * partBytes + 1_000);
    const [sent, received] = [join(folder.path, "sent"), join(folder.path, "received")];
    await writeFile(sent, bytes);
    await s3("upload_file", { ...at(`${prefix}parts/whole.bin`), Filename: sent });
    const head = await s3("head_object", at(`${prefix}parts/whole.bin`));
    expect(head).toMatchObject({ ContentLength: bytes.length, ETag: expect.stringMatching(/-3"$/) });
    await s3("download_file", { ...at(`${prefix}parts/whole.bin`), Filename: received });
    expect((await readFile(received)).equals(bytes)).toBe(true);

    const copy = at(`${prefix}parts/copy 1+1.bin`);
    const { UploadId } = await s3("create_multipart_upload", copy);
    const ranges = [`bytes=0-${partBytes - 1}`, `bytes=${partBytes}-${bytes.length - 1}`];
    const Parts: object[] = [];
    for (const [index, CopySourceRange] of ranges.entries()) {
      const part = { ...copy, UploadId, PartNumber: index + 1 };
      const CopySource = at(`${prefix}parts/whole.bin`);
      const { CopyPartResult } = await s3("upload_part_copy", { ...part, CopySource, CopySourceRange });
      Parts.push({ PartNumber: index + 1, ETag: (CopyPartResult as { ETag: string }).ETag });
    }
    expect((await s3("list_parts", { ...copy, UploadId })).Parts).toHaveLength(2);
    await s3("complete_multipart_upload", { ...copy, UploadId, MultipartUpload: { Parts } });
    expect(fromBoto3((await s3("get_object", copy)).Body).equals(bytes)).toBe(true);
  });

  test("copies objects, reads ranges, and honours conditions", async () => {
    const [from, to] = [at(`${prefix}copied/100% é+.txt`), at(`${prefix}copied/to.txt`)];
    const { ETag } = await s3("put_object", { ...from, Body: toBoto3("0123456789") });
    await s3("copy_object", { ...to, CopySource: from });
    expect(fromBoto3((await s3("get_object", { ...to, Range: "bytes=2-4" })).Body).toString()).toBe("234");
    expect(fromBoto3((await s3("get_object", { ...to, Range: "bytes=-3" })).Body).toString()).toBe("789");
    await s3("get_object", { ...to, IfMatch: ETag });
    const notModified = s3("get_object", { ...to, IfNoneMatch: ETag });
    await expect(notModified).rejects.toEqual(failure("304", 304));
    const changed = s3("get_object", { ...to, IfMatch: '"another"' });
    await expect(changed).rejects.toEqual(failure("PreconditionFailed", 412));
    const beyond = s3("get_object", { ...to, Range: "bytes=10-" });
    await expect(beyond).rejects.toEqual(failure("InvalidRange", 416));
  });

  test("reads, lists and deletes versions", async () => {
    const file = at(`${prefix}versions/a+b.txt`, versionedBucket);
    const { VersionId: first } = await s3("put_object", { ...file, Body: toBoto3("first") });
    const { VersionId: second } = await s3("put_object", { ...file, Body: toBoto3("second") });
    const { VersionId: marker, DeleteMarker } = await s3("delete_object", file);
    expect(DeleteMarker).toBe(true);
    await expect(s3("get_object", file)).rejects.toEqual(failure("NoSuchKey", 404));
    expect(fromBoto3((await s3("get_object", { ...file, VersionId: first })).Body).toString()).toBe("first");
    const listed = await s3("list_object_versions", { Bucket: versionedBucket, Prefix: file.Key });
    expect(listed).toMatchObject({
      Versions: [
        { VersionId: second, IsLatest: false },
        { VersionId: first, IsLatest: false },
      ],
      DeleteMarkers: [{ VersionId: marker, IsLatest: true }],
    });
    await s3("delete_object", { ...file, VersionId: marker });
    expect(fromBoto3((await s3("get_object", file)).Body).toString()).toBe("second");
  });

  test("gets the error codes of S3", async () => {
    const absent = at(`${prefix}absent.txt`);
    const upload = { ...absent, UploadId: "no-such-upload" };
    const errors: [string, object, string, number][] = [
      ["get_object", absent, "NoSuchKey", 404],
      ["head_object", absent, "404", 404],
      ["get_object", at("a", "no-such-bucket-anywhere"), "NoSuchBucket", 404],
      ["list_objects_v2", { Bucket: "no-such-bucket-anywhere" }, "NoSuchBucket", 404],
      ["copy_object", { ...at(`${prefix}copy`), CopySource: absent }, "NoSuchKey", 404],
      ["list_parts", upload, "NoSuchUpload", 404],
      ["abort_multipart_upload", upload, "NoSuchUpload", 404],
      [
        "complete_multipart_upload",
        { ...upload, MultipartUpload: { Parts: [{ PartNumber: 1, ETag: '"0"' }] } },
        "NoSuchUpload",
        404,
      ],
    ];
    for (const [method, parameters, code, status] of errors)
      await expect(s3(method, parameters), method).rejects.toEqual(failure(code, status));

    const { UploadId } = await s3("create_multipart_upload", absent);
    const complete = (Parts: object[]) =>
      s3("complete_multipart_upload", { ...absent, UploadId, MultipartUpload: { Parts } });
    const small = { ...absent, UploadId, Body: toBoto3("small") };
    const { ETag } = await s3("upload_part", { ...small, PartNumber: 1 });
    await s3("upload_part", { ...small, PartNumber: 2 });
    await expect(complete([{ PartNumber: 3, ETag }])).rejects.toEqual(failure("InvalidPart", 400));
    const both = [1, 2].map((PartNumber) => ({ PartNumber, ETag }));
    await expect(complete(both)).rejects.toEqual(failure("EntityTooSmall", 400));
    await s3("abort_multipart_upload", { ...absent, UploadId });

    const wrongSecret = boto3.s3({ ...admin, secretAccessKey: "wrong" });
    await expect(wrongSecret("get_object", absent)).rejects.toEqual(failure("SignatureDoesNotMatch", 403));
    const wrongKey = boto3.s3({ ...admin, accessKeyId: "AKIANOSUCHKEY0000000" });
    await expect(wrongKey("get_object", absent)).rejects.toEqual(failure("InvalidAccessKeyId", 403));
  });

  test("presigns URLs that the store accepts", async () => {
    const requests = awkwardKeys.flatMap((key) => [
      { operation: "put_object" as const, parameters: at(key), expiresInSeconds: 60 },
      {
        operation: "get_object" as const,
        parameters: { ...at(key), ResponseContentDisposition: 'attachment; filename="a+b é.txt"' },
        expiresInSeconds: 60,
      },
    ]);
    const urls = await boto3.presign(admin, requests);
    expect(urls).toHaveLength(requests.length);
    for (const [index, key] of awkwardKeys.entries()) {
      const [put = "", get = ""] = urls.slice(2 * index, 2 * index + 2);
      expect((await fetch(put, { method: "PUT", body: key })).status).toBe(200);
      const response = await fetch(get);
      expect(response.headers.get("content-disposition")).toContain("a+b");
      expect(await response.text()).toBe(key);
    }
  });
});

type Pages = readonly { readonly Contents: readonly { readonly Key: string }[] }[];

function keysOf(pages: Pages): string[] {
  return pages.flatMap(({ Contents }) => Contents.map(({ Key }) => Key));
}
