import { Readable } from "node:stream";
import { crc32 } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AccessRule, MultipartUpload, PutUpload, ValetKeySession } from "../../../src/index.ts";
import { startLibrary, type TestLibrary } from "../../support/library.ts";

const rules: readonly AccessRule[] = [
  {
    who: "authenticated",
    bucket: "private",
    prefix: "users/{sub}/",
    allow: ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"],
  },
  {
    who: "authenticated",
    bucket: "private",
    prefix: "images/",
    allow: ["UPLOAD"],
    maxUploadBytes: 10,
    contentTypes: ["image/*"],
  },
  { who: "authenticated", bucket: "no-such-bucket", allow: ["DOWNLOAD", "LIST"] },
  { who: "service", bucket: "private", allow: ["DOWNLOAD", "LIST"] },
];

let library: TestLibrary;
let session: ValetKeySession;
beforeAll(async () => {
  library = await startLibrary({ grants: { grants: rules }, multipartBytes: "6MiB" });
  session = library.valetKey.for({ authenticated: true, subject: "alice" });
});
afterAll(() => library.close());

const mine = (name: string) => ({ bucket: "private", key: `users/alice/${name}` });
const notMine = { bucket: "private", key: "users/bob/secret.txt" };
const bytes = (text = "content") => Readable.from([Buffer.from(text)]);
const store = (name: string) => session.uploadStream(bytes(), mine(name));

describe("downloadUrl", () => {
  test("works, and verifies that the object exists unless it is told not to", async () => {
    await store("download.txt");
    const before = Date.now();
    const { url, expiresAt } = await session.downloadUrl(mine("download.txt"), { expiresIn: 60 });
    expect(await (await fetch(url)).text()).toBe("content");
    expect(expiresAt.getTime()).toBeGreaterThan(before);
    await expect(session.downloadUrl(mine("missing"))).rejects.toMatchObject({
      name: "ValetKeyError",
      code: "OBJECT_NOT_FOUND",
      retryable: false,
    });
    await expect(session.downloadUrl(mine("missing"), { verify: false })).resolves.toHaveProperty("url");
  });

  test("fails like the field of the schema", async () => {
    await expect(session.downloadUrl(notMine)).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(session.downloadUrl(mine("x"), { expiresIn: 10 ** 6 })).rejects.toMatchObject({
      code: "BAD_USER_INPUT",
      field: "expiresIn",
    });
    await expect(session.downloadUrl({ key: "x" } as never)).rejects.toMatchObject({
      code: "BAD_USER_INPUT",
      field: "bucket",
    });
    const anonymous = library.valetKey.for({ authenticated: false });
    await expect(anonymous.downloadUrl(mine("x"))).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });
});

describe("downloadUrls", () => {
  test("returns an error in place of the item that fails", async () => {
    await store("first.txt");
    const [first, second, third] = await session.downloadUrls([mine("first.txt"), notMine, mine("missing")]);
    expect(first).toMatchObject({ url: expect.stringContaining("first.txt"), key: "users/alice/first.txt" });
    expect(second).toMatchObject({ code: "FORBIDDEN" });
    expect(third).toMatchObject({ code: "OBJECT_NOT_FOUND" });
  });

  test("takes at most 1,000 objects", async () => {
    const objects = Array.from({ length: 1001 }, (_, index) => mine(String(index)));
    await expect(session.downloadUrls(objects)).rejects.toMatchObject({
      code: "BAD_USER_INPUT",
      field: "objects",
    });
  });
});

describe("requestUpload", () => {
  test("returns a PUT request for a small file", async () => {
    const input = { ...mine("put.txt"), contentType: "text/plain", metadata: [{ name: "a", value: "b" }] };
    const upload = (await session.requestUpload(input, { size: 3 })) as PutUpload;
    expect(upload).toMatchObject({ method: "PUT", bucket: "private", key: input.key });
    const headers = upload.headers.map(({ name, value }): [string, string] => [name, value]);
    const response = await fetch(upload.url, { method: "PUT", headers, body: "abc" });
    expect(response.status).toBe(200);
    expect(await session.head(mine("put.txt"))).toMatchObject({ size: 3, contentType: "text/plain" });
  });

  test("returns a form if it is asked to", async () => {
    const upload = await session.requestUpload(mine("form.txt"), { size: 3, method: "POST" });
    expect(upload).toMatchObject({ method: "POST", fields: expect.arrayContaining([]) });
  });

  test("returns a form for a file whose size is not known", async () => {
    const upload = await session.requestUpload(mine("unknown-size.txt"), { maxSize: 3 });
    expect(upload).toMatchObject({ method: "POST", fields: expect.arrayContaining([]) });
    await expect(session.requestUpload(mine("unknown-size.txt"), {})).rejects.toMatchObject({
      code: "BAD_USER_INPUT",
      field: "size",
    });
  });

  test("returns a multipart upload for a large file, which can be completed later", async () => {
    const size = 7 * 2 ** 20;
    const upload = (await session.requestUpload(mine("large"), { size })) as MultipartUpload;
    expect(upload).toMatchObject({ method: "MULTIPART", size });
    await expect(session.completeUpload(upload.id)).rejects.toMatchObject({
      code: "UPLOAD_INCOMPLETE",
      retryable: true,
    });
    for (const part of await upload.parts({ first: 10 })) {
      const headers = part.headers.map(({ name, value }): [string, string] => [name, value]);
      const sent = await fetch(part.url, { method: "PUT", headers, body: new Uint8Array(part.size) });
      expect(sent.status).toBe(200);
    }
    const later = library.valetKey.for({ authenticated: true, subject: "alice" });
    expect(await (await later.findUpload(upload.id))?.uploadedParts()).toHaveLength(upload.partCount);
    expect(await later.completeUpload(upload.id)).toMatchObject({ ...mine("large"), size });
    expect(await library.valetKey.for({ authenticated: true, subject: "alice" }).findUpload(upload.id)).toBe(
      undefined,
    );
  });

  test("compares a checksum that is known only at the completion", async () => {
    const size = 7 * 2 ** 20;
    const input = { ...mine("checksum"), checksum: { algorithm: "CRC32" } as const };
    const upload = (await session.requestUpload(input, { size })) as MultipartUpload;
    const [part] = await upload.parts({ first: 1 });
    if (part === undefined || upload.partCount !== 1) throw new Error("The upload should have one part.");
    const body = new Uint8Array(size);
    const headers = part.headers.map(({ name, value }): [string, string] => [name, value]);
    const sent = await fetch(part.url, { method: "PUT", headers, body });
    const parts = [{ number: 1, etag: sent.headers.get("etag") ?? "" }];
    const wrong = session.completeUpload(upload.id, { parts, checksum: "AAAAAA==" });
    await expect(wrong).rejects.toMatchObject({ code: "CHECKSUM_MISMATCH" });
    const invalid = session.completeUpload(upload.id, { checksum: "x" });
    await expect(invalid).rejects.toMatchObject({ code: "BAD_USER_INPUT", field: "checksum" });
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32BE(crc32(body));
    const completion = { parts, checksum: checksum.toString("base64") };
    expect(await session.completeUpload(upload.id, completion)).toMatchObject({ size });
    expect(await session.completeUpload(upload.id, completion)).toMatchObject({ size });
  });

  test("names the argument at fault", async () => {
    const images = { bucket: "private", key: "images/a" };
    await expect(session.requestUpload(images, { size: 3 })).rejects.toMatchObject({
      code: "CONTENT_TYPE_NOT_ALLOWED",
      field: "input.contentType",
    });
    const input = { ...images, contentType: "image/png" };
    await expect(session.requestUpload(input, { size: 11 })).rejects.toMatchObject({
      code: "UPLOAD_TOO_LARGE",
      field: "size",
    });
    const typo = { ...mine("x"), overwite: false };
    await expect(session.requestUpload(typo, { size: 1 })).rejects.toMatchObject({ code: "BAD_USER_INPUT" });
  });
});

test("abortUpload ends an upload, and only one's own", async () => {
  const size = 7 * 2 ** 20;
  const { id } = (await session.requestUpload(mine("aborted"), { size })) as MultipartUpload;
  const bob = library.valetKey.for({ authenticated: true, subject: "bob" });
  await expect(bob.abortUpload(id)).rejects.toMatchObject({ code: "FORBIDDEN" });
  await session.abortUpload(id);
  await session.abortUpload(id);
  await expect(session.completeUpload(id)).rejects.toMatchObject({ code: "UPLOAD_NOT_FOUND" });
});

describe("uploadStream", () => {
  test("stores a stream of any length", async () => {
    async function* chunks() {
      for (let chunk = 0; chunk < 9; chunk += 1) yield new Uint8Array(2 ** 20);
    }
    const stored = await session.uploadStream(chunks(), { ...mine("stream"), contentType: "image/png" });
    expect(stored).toMatchObject({ ...mine("stream"), size: 9 * 2 ** 20, region: "us-east-1" });
    expect(await session.head(stored)).toMatchObject({ etag: stored.etag, contentType: "image/png" });
  });

  test("stores nothing of a stream that fails or is too large, and destroys it", async () => {
    const failing = Readable.from(
      (async function* () {
        yield Buffer.from("beginning");
        throw new Error("the source has failed");
      })(),
    );
    await expect(session.uploadStream(failing, mine("failed"))).rejects.toMatchObject({
      code: "UPLOAD_INCOMPLETE",
    });
    expect(await session.head(mine("failed"))).toBe(undefined);
    const large = bytes("more than ten bytes");
    const image = { bucket: "private", key: "images/a", contentType: "image/png" };
    await expect(session.uploadStream(large, image)).rejects.toMatchObject({
      code: "UPLOAD_TOO_LARGE",
      field: "body",
    });
    expect(large.destroyed).toBe(true);
  });

  test("does not read a stream that is refused", async () => {
    const body = bytes();
    await expect(session.uploadStream(body, notMine)).rejects.toMatchObject({ code: "FORBIDDEN" });
    expect(body.destroyed).toBe(true);
    await expect(session.uploadStream("text" as never, mine("x"))).rejects.toMatchObject({ field: "body" });
  });

  test("replaces no object with overwrite: false", async () => {
    await store("kept");
    await expect(session.uploadStream(bytes(), { ...mine("kept"), overwrite: false })).rejects.toMatchObject({
      code: "OBJECT_EXISTS",
    });
  });
});

test("head returns undefined for a missing object, and fails for a missing bucket", async () => {
  expect(await session.head(mine("nothing"))).toBe(undefined);
  await expect(session.head({ bucket: "no-such-bucket", key: "x" })).rejects.toMatchObject({
    code: "BUCKET_NOT_FOUND",
  });
});

test("list returns pages", async () => {
  for (const name of ["list/a", "list/b", "list/c/d"]) await store(name);
  const request = { bucket: "private", prefix: "users/alice/list/", delimiter: "/", first: 1 };
  const first = await session.list(request);
  expect(first.objects).toMatchObject([{ ...mine("list/a"), size: 7 }]);
  const rest = await session.list({ ...request, first: 10, after: first.endCursor });
  expect(rest).toMatchObject({
    objects: [mine("list/b")],
    folders: ["users/alice/list/c/"],
    hasNextPage: false,
  });
  await expect(session.list({ bucket: "private" })).rejects.toMatchObject({ code: "FORBIDDEN" });
  await expect(session.list({ ...request, first: 0 })).rejects.toMatchObject({ field: "first" });
});

test("copy copies, and names the argument at fault", async () => {
  const original = await store("original");
  const copied = await session.copy(original, { ...mine("copy"), contentType: "text/css" });
  expect(copied).toMatchObject({ ...mine("copy"), size: 7, contentType: "text/css" });
  await expect(session.copy(notMine, mine("copy"))).rejects.toMatchObject({ code: "FORBIDDEN" });
  await expect(session.copy(original, { bucket: "private", key: "" })).rejects.toMatchObject({
    field: "to.key",
  });
});

test("remove takes what list returns, and fails for single items", async () => {
  await store("removed");
  const { objects } = await session.list({ bucket: "private", prefix: "users/alice/removed" });
  const [removed, refused] = await session.remove([...objects, notMine]);
  expect(removed).toMatchObject(mine("removed"));
  expect(refused).toMatchObject({ code: "FORBIDDEN" });
  expect(await library.valetKey.for({ authenticated: true, subject: "alice" }).head(mine("removed"))).toBe(
    undefined,
  );
});

describe("asService", () => {
  test("has the grants of `who: service`, and no others", async () => {
    await store("for-the-service");
    const service = library.valetKey.asService();
    expect(await service.head(mine("for-the-service"))).toMatchObject({ size: 7 });
    await expect(service.uploadStream(bytes(), mine("x"))).rejects.toMatchObject({ code: "FORBIDDEN" });
  });

  test("is nobody that a principal could name", async () => {
    const impostor = library.valetKey.for({ authenticated: true, subject: "valetkey-service" });
    await expect(impostor.head(mine("for-the-service"))).rejects.toMatchObject({ code: "FORBIDDEN" });
  });
});

test.each([
  null,
  {},
  { authenticated: "yes", subject: "alice" },
  { authenticated: true },
  { authenticated: true, subject: "" },
  { authenticated: true, subject: "alice", claims: [] },
])("for() refuses %j, which is no principal", (principal) => {
  expect(() => library.valetKey.for(principal as never)).toThrow(TypeError);
});

test("a claim cannot change whose prefix {sub} is", async () => {
  const mallory = { authenticated: true, subject: "mallory", claims: { sub: "alice" } } as const;
  await expect(library.valetKey.for(mallory).head(mine("download.txt"))).rejects.toMatchObject({
    code: "FORBIDDEN",
  });
});
