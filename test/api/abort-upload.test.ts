import { ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { startIssuer } from "../support/issuer.ts";
import { beginUpload, forged, malformedIds, sendPart } from "../support/multipart-uploads.ts";
import { abortUpload, completeUpload, downloadUrl } from "../support/operations.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer } from "../support/test-server.ts";

const issuer = await shareInFile(startIssuer());
const server = await shareInFile(
  startTestServer({
    issuer,
    grants: [
      { who: "authenticated", bucket, prefix: "users/{sub}/", allow: ["UPLOAD", "DOWNLOAD"] },
      { who: "anonymous", bucket, allow: ["DOWNLOAD", "LIST", "DELETE"] },
    ],
  }),
);
const alice = server.client.as(await issuer.token({ sub: "alice" }));
const bob = server.client.as(await issuer.token({ sub: "bob" }));

async function pendingKeys(): Promise<string[]> {
  const { Uploads } = await server.admin.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  return (Uploads ?? []).map(({ Key }) => Key ?? "");
}

describe("abortUpload", () => {
  test("returns the id and deletes the parts, and can be repeated", async () => {
    const key = "users/alice/aborted";
    const upload = await beginUpload(alice, { bucket, key });
    await sendPart(upload, 2);
    expect(await pendingKeys()).toContain(key);
    for (const _time of ["first", "again"]) expect(await abortUpload(alice, upload.id)).toBe(upload.id);
    expect(await pendingKeys()).not.toContain(key);
    await expect(sendPart(upload, 2)).rejects.toThrow("NoSuchUpload");
  });

  test("of a completed upload leaves the object", async () => {
    const key = "users/alice/completed";
    const upload = await beginUpload(alice, { bucket, key });
    for (const number of [1, 2]) await sendPart(upload, number);
    await completeUpload(alice, upload.id);
    expect(await abortUpload(alice, upload.id)).toBe(upload.id);
    expect(await downloadUrl(alice, { bucket, key })).toMatchObject({ key });
  });

  test("requires a grant to upload to the key", async () => {
    const key = "users/alice/mine";
    const { id } = await beginUpload(alice, { bucket, key });
    await expect(abortUpload(bob, id)).rejects.toMatchObject({ code: "FORBIDDEN", retryable: false });
    await expect(abortUpload(server.client, id)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    expect(await pendingKeys()).toContain(key);
  });

  test.each(malformedIds)("does not accept %s as an id", async (_what, id) => {
    await expect(abortUpload(alice, id)).rejects.toMatchObject({ code: "BAD_USER_INPUT", field: "id" });
  });

  test("finds no upload for a forged id", async () => {
    const { id } = await beginUpload(alice, { bucket, key: "users/alice/forged" });
    await expect(abortUpload(alice, forged(id))).rejects.toMatchObject({ code: "UPLOAD_NOT_FOUND" });
  });
});
