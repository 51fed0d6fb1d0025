import { describe, expect, test } from "vitest";
import { startIssuer } from "../support/issuer.ts";
import { beginUpload, forged, malformedIds, sendPart, twoPartsBytes } from "../support/multipart-uploads.ts";
import { abortUpload, completeUpload, findUpload, requestUpload } from "../support/operations.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer } from "../support/test-server.ts";

const issuer = await shareInFile(startIssuer());
const server = await shareInFile(
  startTestServer({
    issuer,
    grants: [
      { who: "authenticated", bucket, prefix: "users/{sub}/", allow: ["UPLOAD", "DOWNLOAD"] },
      { who: "authenticated", bucket, prefix: "blind/", allow: ["UPLOAD"] },
      { who: { role: "editor" }, bucket, prefix: "limited/", allow: ["UPLOAD", "DOWNLOAD"] },
      {
        who: "authenticated",
        bucket,
        prefix: "limited/",
        allow: ["UPLOAD", "DOWNLOAD"],
        contentTypes: ["image/*"],
        maxUploadBytes: twoPartsBytes,
      },
      {
        who: "authenticated",
        bucket,
        prefix: "limited/",
        allow: ["UPLOAD", "DOWNLOAD"],
        contentTypes: ["video/*"],
        maxUploadBytes: twoPartsBytes - 1,
      },
    ],
  }),
);
const alice = server.client.as(await issuer.token({ sub: "alice" }));
const bob = server.client.as(await issuer.token({ sub: "bob" }));
const badInput = (field: string) => ({ code: "BAD_USER_INPUT", retryable: false, field });

async function sentWhole(key: string, more: object = {}, fill = 0) {
  const upload = await beginUpload(alice, { bucket, key, ...more });
  const parts = [];
  for (const number of [1, 2]) parts.push({ number, etag: await sendPart(upload, number, fill) });
  return { upload, parts };
}

describe("completeUpload", () => {
  test("returns the object as it is stored", async () => {
    const key = "users/alice/described";
    const metadata = [{ name: "author", value: "zoë" }];
    const { upload } = await sentWhole(key, { contentType: "video/mp4", metadata });
    const answer = await alice.data(
      `mutation ($id: ID!) {
        completeUpload(id: $id) { bucket key region size contentType metadata { name value } downloadUrl { key } }
      }`,
      { id: upload.id },
    );
    expect(answer).toEqual({
      completeUpload: {
        bucket,
        key,
        region: "us-east-1",
        size: twoPartsBytes,
        contentType: "video/mp4",
        metadata,
        downloadUrl: { key },
      },
    });
  });

  test("takes ETags with their quotes or without, in any order", async () => {
    const { upload, parts } = await sentWhole("users/alice/quotes");
    const bare = parts.map(({ number, etag }) => ({ number, etag: etag.replaceAll('"', "") })).reverse();
    expect(await completeUpload(alice, upload.id, bare)).toMatchObject({ size: twoPartsBytes });
  });

  test("refuses a list that is not of this upload, and completes nothing", async () => {
    const { upload, parts } = await sentWhole("users/alice/lists");
    const [first, second] = parts;
    if (first === undefined || second === undefined) throw new Error("No part was sent.");
    const refusedLists = [
      [],
      [first],
      [first, first],
      [first, second, second],
      [first, second, { number: 3, etag: second.etag }],
      [{ ...first, number: 0 }, second],
      [{ ...first, number: -1 }, second],
      [first, { ...second, etag: first.etag }],
      [first, { ...second, etag: "" }],
      [first, { ...second, etag: '"</ETag><ETag>' }],
    ];
    for (const list of refusedLists) {
      await expect(completeUpload(alice, upload.id, list)).rejects.toMatchObject({
        code: expect.stringMatching(/^(BAD_USER_INPUT|UPLOAD_INCOMPLETE)$/),
      });
    }
    expect((await findUpload(alice, upload.id, [1]))?.uploadedParts).toHaveLength(2);
    await completeUpload(alice, upload.id, parts);
  });

  test("says which parts are missing, and is retryable", async () => {
    const upload = await beginUpload(alice, { bucket, key: "users/alice/incomplete" });
    await expect(completeUpload(alice, upload.id)).rejects.toMatchObject({
      code: "UPLOAD_INCOMPLETE",
      retryable: true,
      message: expect.stringContaining("parts 1–2 "),
    });
    await sendPart(upload, 1);
    await expect(completeUpload(alice, upload.id)).rejects.toMatchObject({
      code: "UPLOAD_INCOMPLETE",
      message: expect.stringMatching(/part 2 /),
    });
    await sendPart(upload, 2);
    await completeUpload(alice, upload.id);
  });

  test("of other bytes than announced is not retryable", async () => {
    const checksum = { algorithm: "CRC32", value: "AAAAAA==" };
    const { upload } = await sentWhole("users/alice/mismatch", { checksum });
    await expect(completeUpload(alice, upload.id)).rejects.toMatchObject({
      code: "CHECKSUM_MISMATCH",
      retryable: false,
    });
  });

  test("makes an empty object of an empty part", async () => {
    const input = { bucket, key: "users/alice/empty" };
    const upload = await requestUpload(alice, "MULTIPART", { input, size: 0 });
    expect(upload).toMatchObject({ partCount: 1, parts: [{ number: 1, size: 0 }] });
    await sendPart(upload, 1);
    expect(await completeUpload(alice, upload.id)).toMatchObject({ size: 0 });
  });

  test("needs a grant for DOWNLOAD only for fields that read the object", async () => {
    const { upload } = await sentWhole("blind/a");
    const complete = (fields: string) =>
      alice.request(`mutation ($id: ID!) { completeUpload(id: $id) { ${fields} } }`, { id: upload.id });
    expect(await complete("key size etag")).toMatchObject({
      data: { completeUpload: { key: "blind/a", size: twoPartsBytes } },
    });
    const other = (await sentWhole("blind/b")).upload;
    const answer = await alice.request(
      "mutation ($id: ID!) { completeUpload(id: $id) { key downloadUrl { url } } }",
      { id: other.id },
    );
    expect(answer).toMatchObject({
      data: { completeUpload: null },
      errors: [{ path: ["completeUpload", "downloadUrl"], extensions: { code: "FORBIDDEN" } }],
    });
  });

  test("requires a grant to upload to the key, whoever began the upload", async () => {
    const { upload } = await sentWhole("users/alice/mine");
    await expect(completeUpload(bob, upload.id)).rejects.toMatchObject({ code: "FORBIDDEN" });
    const anonymous = completeUpload(server.client, upload.id);
    await expect(anonymous).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    await completeUpload(alice, upload.id);
  });

  test.each([
    ["text/html", "CONTENT_TYPE_NOT_ALLOWED"],
    ["video/mp4", "UPLOAD_TOO_LARGE"],
    ["image/png", undefined],
  ])("is held to the limits of the caller's own grants: %s, %s", async (contentType, code) => {
    const editor = server.client.as(await issuer.token({ sub: "eve", role: "editor" }));
    const upload = await beginUpload(editor, { bucket, key: `limited/${contentType}`, contentType });
    for (const number of [1, 2]) await sendPart(upload, number);
    if (code !== undefined) {
      await expect(completeUpload(bob, upload.id)).rejects.toMatchObject({ code, retryable: false });
      await completeUpload(editor, upload.id);
    } else await completeUpload(bob, upload.id);
  });

  test("can be repeated by a caller who may not read the object", async () => {
    const { upload, parts } = await sentWhole("blind/repeated");
    const complete = (list?: typeof parts) =>
      alice.data(
        "mutation ($id: ID!, $list: [CompletedPartInput!]) { completeUpload(id: $id, parts: $list) { key size etag } }",
        { id: upload.id, list },
      );
    const [first, ...others] = await Promise.all([complete(parts), complete(), complete(parts), complete()]);
    expect(first).toMatchObject({ completeUpload: { key: "blind/repeated", size: twoPartsBytes } });
    others.push(await complete(), await complete(parts));
    for (const answer of others) expect(answer).toEqual(first);
    const other = parts.map((part) => ({ ...part, etag: `"${"0".repeat(32)}"` }));
    await expect(completeUpload(alice, upload.id, other)).rejects.toMatchObject({ code: "UPLOAD_NOT_FOUND" });
    const aborted = await sentWhole("blind/aborted");
    await abortUpload(alice, aborted.upload.id);
    await expect(completeUpload(alice, aborted.upload.id, aborted.parts)).rejects.toMatchObject({
      code: "UPLOAD_NOT_FOUND",
    });
  });

  test.each(malformedIds)("does not accept %s as an id", async (_what, id) => {
    await expect(completeUpload(alice, id)).rejects.toMatchObject(badInput("id"));
  });

  test("finds no upload for a forged id, nor an aborted one", async () => {
    const { id } = await beginUpload(alice, { bucket, key: "users/alice/aborted" });
    await abortUpload(alice, id);
    for (const gone of [id, forged(id)])
      await expect(completeUpload(alice, gone)).rejects.toMatchObject({
        code: "UPLOAD_NOT_FOUND",
        retryable: false,
      });
  });

  test("returns the object again when it is repeated, until the object is replaced", async () => {
    const key = "users/alice/repeated";
    const { upload, parts } = await sentWhole(key);
    const answer = await completeUpload(alice, upload.id);
    expect(await completeUpload(alice, upload.id)).toEqual(answer);
    expect(await completeUpload(alice, upload.id, parts.toReversed())).toEqual(answer);
    const other = await sentWhole(key, {}, 1);
    await completeUpload(alice, other.upload.id);
    for (const list of [undefined, parts])
      await expect(completeUpload(alice, upload.id, list)).rejects.toMatchObject({
        code: "UPLOAD_NOT_FOUND",
      });
  });

  test("does not mistake another caller's object with the same key, size and parts for its own", async () => {
    const key = "users/alice/replaced";
    const { upload, parts } = await sentWhole(key);
    await abortUpload(alice, upload.id);
    const other = await sentWhole(key, {}, 1);
    await completeUpload(alice, other.upload.id);
    for (const list of [undefined, parts])
      await expect(completeUpload(alice, upload.id, list)).rejects.toMatchObject({
        code: "UPLOAD_NOT_FOUND",
      });
  });
});
