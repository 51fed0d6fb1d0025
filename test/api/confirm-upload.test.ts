import { createHash } from "node:crypto";
import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { startIssuer } from "../support/issuer.ts";
import { beginUpload, malformedIds } from "../support/multipart-uploads.ts";
import {
  completeUpload,
  confirmUpload,
  requestUpload,
  type UploadInput,
  uploadFile,
} from "../support/operations.ts";
import { sendPost, sendPut } from "../support/presigned-requests.ts";
import { startRecordingProxy } from "../support/recording-proxy.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer, versionedBucket } from "../support/test-server.ts";

const issuer = await shareInFile(startIssuer());
const server = await shareInFile(
  startTestServer({
    issuer,
    grants: [
      { who: "authenticated", bucket, prefix: "users/{sub}/", allow: ["UPLOAD", "DOWNLOAD"] },
      { who: "authenticated", bucket, prefix: "blind/", allow: ["UPLOAD"] },
      { who: "authenticated", bucket, prefix: "shared/", allow: ["UPLOAD", "DOWNLOAD"] },
      { who: "authenticated", bucket: versionedBucket, allow: ["UPLOAD", "DOWNLOAD"] },
    ],
  }),
);
const alice = server.client.as(await issuer.token({ sub: "alice" }));
const bob = server.client.as(await issuer.token({ sub: "bob" }));

const body = Buffer.from("hello");
const sha256 = { algorithm: "SHA256", value: createHash("sha256").update(body).digest("base64") };
const badReceipt = { code: "BAD_USER_INPUT", retryable: false, field: "receipt" };
const notArrived = { code: "UPLOAD_INCOMPLETE", retryable: true };

const request = (key: string, more: Partial<UploadInput> = {}) =>
  requestUpload(alice, "PUT", { input: { bucket, key, ...more }, size: body.length });

async function sent(key: string, more: Partial<UploadInput> = {}) {
  const upload = await request(key, more);
  expect((await sendPut(upload, body)).status).toBe(200);
  return upload;
}

/** Last-Modified names whole seconds, so an object is only known to be older after more than two of them. */
const untilItIsOlder = () => new Promise((resolve) => setTimeout(resolve, 2_600));

describe("confirmUpload", () => {
  test("returns the object of a PUT request, every time it is called", async () => {
    const { receipt } = await sent("users/alice/put", { contentType: "text/plain", checksum: sha256 });
    const first = await confirmUpload(alice, receipt);
    expect(first).toMatchObject({
      bucket,
      key: "users/alice/put",
      size: 5,
      etag: expect.stringMatching(/^\w{32}$/),
    });
    expect(await confirmUpload(alice, receipt)).toEqual(first);
  });

  test("returns all facts about the object with one HEAD", async () => {
    await using proxy = await startRecordingProxy(server.storeUrl);
    await using proxied = await startTestServer({ store: server.store, s3Url: proxy.url });
    const { client } = proxied;
    const upload = await requestUpload(client, "PUT", {
      input: { bucket, key: "proxied", contentType: "text/plain", checksum: sha256 },
      size: 5,
    });
    await sendPut(upload, body);
    proxy.forget();
    const data = await client.data(
      `mutation ($receipt: ID!) {
        confirmUpload(receipt: $receipt) { size contentType checksum { algorithm value } metadata { name } }
      }`,
      { receipt: upload.receipt },
    );
    expect(data).toEqual({
      confirmUpload: { size: 5, contentType: "text/plain", checksum: sha256, metadata: [] },
    });
    expect(proxy.requests.map(({ operation }) => operation)).toEqual(["HeadObject"]);
  });

  test("returns the object of a form", async () => {
    const upload = await requestUpload(alice, "POST", {
      input: { bucket, key: "users/alice/form", contentType: "image/png" },
      size: body.length,
    });
    expect((await sendPost(upload, body)).status).toBeLessThan(300);
    expect(await confirmUpload(alice, upload.receipt)).toMatchObject({ key: "users/alice/form", size: 5 });
  });

  test("returns the version in a versioned bucket", async () => {
    const upload = await requestUpload(alice, "PUT", {
      input: { bucket: versionedBucket, key: "v" },
      size: 5,
    });
    const versionId = (await sendPut(upload, body)).headers.get("x-amz-version-id");
    expect(await confirmUpload(alice, upload.receipt)).toMatchObject({ versionId });
  });

  test("needs no grant for DOWNLOAD, except for fields that read the object", async () => {
    const { receipt } = await sent("blind/a");
    expect(await confirmUpload(alice, receipt)).toMatchObject({ key: "blind/a", size: 5 });
    await expect(confirmUpload(alice, (await request("blind/missing")).receipt)).rejects.toMatchObject(
      notArrived,
    );
    const answer = await alice.request(
      "mutation ($receipt: ID!) { confirmUpload(receipt: $receipt) { key contentType } }",
      { receipt },
    );
    expect(answer).toMatchObject({ errors: [{ extensions: { code: "FORBIDDEN" } }] });
  });

  test("belongs to the receipts of requestUploads too", async () => {
    const { requestUploads } = await alice.data<{
      requestUploads: { url: string; headers: []; receipt: string }[];
    }>(
      `mutation ($uploads: [RequestUploadInput!]!) {
        requestUploads(uploads: $uploads) { ... on PutUpload { url headers { name value } receipt } }
      }`,
      { uploads: ["a", "b"].map((name) => ({ input: { bucket, key: `users/alice/${name}` }, size: 5 })) },
    );
    for (const upload of requestUploads) {
      await sendPut(upload, body);
      expect(await confirmUpload(alice, upload.receipt)).toMatchObject({ size: 5 });
    }
  });
});

describe("confirmUpload fails", () => {
  test("with a retryable error while the file has not arrived, and after it was deleted", async () => {
    const upload = await request("users/alice/late");
    const answer = await alice.request(
      "mutation ($receipt: ID!) { confirmUpload(receipt: $receipt) { key } }",
      {
        receipt: upload.receipt,
      },
    );
    expect(answer).toMatchObject({
      data: { confirmUpload: null },
      errors: [{ path: ["confirmUpload"], extensions: notArrived }],
    });
    await sendPut(upload, body);
    await confirmUpload(alice, upload.receipt);
    await server.admin.send(new DeleteObjectCommand({ Bucket: bucket, Key: "users/alice/late" }));
    await expect(confirmUpload(alice, upload.receipt)).rejects.toMatchObject(notArrived);
  });

  test("if only an older object is there, whatever it is", async () => {
    for (const name of ["same", "other size", "kept"]) {
      await server.seed(`users/alice/old ${name}`, name === "other size" ? "longer than that" : "12345");
    }
    await untilItIsOlder();
    for (const name of ["same", "other size"]) {
      const upload = await request(`users/alice/old ${name}`);
      await expect(confirmUpload(alice, upload.receipt)).rejects.toMatchObject(notArrived);
      await sendPut(upload, body);
      expect(await confirmUpload(alice, upload.receipt)).toMatchObject({ size: 5 });
    }
    const kept = await request("users/alice/old kept", { overwrite: false });
    expect((await sendPut(kept, body)).status).toBe(412);
    await expect(confirmUpload(alice, kept.receipt)).rejects.toMatchObject({
      code: "OBJECT_EXISTS",
      retryable: false,
    });
  });

  test.each([
    ["size", "UPLOAD_MISMATCH", "longer", {}],
    ["content type", "UPLOAD_MISMATCH", "world", { ContentType: "text/html" }],
    ["checksum", "CHECKSUM_MISMATCH", "world", { ChecksumAlgorithm: "SHA256" as const }],
  ])("if another upload has replaced it with another %s", async (property, code, other, more) => {
    const key = `users/alice/replaced ${property}`;
    const { receipt } = await sent(key, { contentType: "text/plain", checksum: sha256 });
    await server.seed(key, other, { ContentType: "text/plain", ...more });
    await expect(confirmUpload(alice, receipt)).rejects.toMatchObject({
      code,
      retryable: false,
      field: undefined,
      message: expect.stringContaining(`another ${property} `),
    });
  });

  test("for a caller who may not upload to the key", async () => {
    const { receipt } = await sent("users/alice/private");
    await expect(confirmUpload(bob, receipt)).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(confirmUpload(server.client, receipt)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    // Like the id of a multipart upload, a receipt is not bound to a caller.
    const shared = await sent("shared/file");
    expect(await confirmUpload(bob, shared.receipt)).toMatchObject({ key: "shared/file" });
  });

  test.each(malformedIds)("for %s", async (_, receipt) => {
    await expect(confirmUpload(alice, receipt)).rejects.toMatchObject(badReceipt);
  });

  test("for the id of a multipart upload, as a receipt does in place of one", async () => {
    const upload = await beginUpload(alice, { bucket, key: "users/alice/parts" });
    await expect(confirmUpload(alice, upload.id)).rejects.toMatchObject(badReceipt);
    const { receipt } = await request("users/alice/whole");
    await expect(completeUpload(alice, receipt)).rejects.toMatchObject({
      code: "BAD_USER_INPUT",
      field: "id",
    });
  });

  test("for a receipt that another server has sealed", async () => {
    await using other = await startTestServer({ env: { VALETKEY_SECRET: "x".repeat(40) } });
    const { receipt } = await requestUpload(other.client, "PUT", {
      input: { bucket, key: "users/alice/x" },
      size: 5,
    });
    await expect(confirmUpload(alice, receipt)).rejects.toMatchObject(badReceipt);
  });

  test("before anything is asked of S3 if one operation confirms too many uploads", async () => {
    const { receipt } = await sent("users/alice/often");
    const confirm = (count: number, literal: string) => {
      const fields = Array.from(
        { length: count },
        (_, i) => `a${i}: confirmUpload(receipt: ${literal}) { size }`,
      );
      return alice.request(`mutation { ${fields.join(" ")} }`);
    };
    const refused = await confirm(850, '"x"');
    expect(refused).toMatchObject({ status: 400, errors: [{ extensions: { code: "BAD_USER_INPUT" } }] });
    expect(refused.errors?.[0]?.message).toMatch(/2,550 calls to S3/);
    expect((await confirm(1_000, '"x"')).status).toBe(400);
    expect((await confirm(20, JSON.stringify(receipt))).errors).toBeUndefined();
  });
});

test("a file that uploadFile has stored has no receipt to confirm", async () => {
  const stored = await uploadFile(alice, new Blob(["x"]), { bucket, key: "users/alice/streamed" });
  await expect(confirmUpload(alice, stored.etag)).rejects.toMatchObject(badReceipt);
});
