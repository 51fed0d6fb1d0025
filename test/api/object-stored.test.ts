import { expect, test } from "vitest";
import { ValetKeyError } from "../../src/core/errors.ts";
import type { OnObjectStored } from "../../src/graphql/object-stored.ts";
import type { StoredEvent } from "../../src/graphql/stored-event.ts";
import { startIssuer } from "../support/issuer.ts";
import { beginUpload, sendPart, twoPartsBytes } from "../support/multipart-uploads.ts";
import {
  completeUpload,
  confirmUpload,
  copyObject,
  requestUpload,
  uploadFile,
} from "../support/operations.ts";
import { sendPut } from "../support/presigned-requests.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer, versionedBucket } from "../support/test-server.ts";

const events: StoredEvent[] = [];
/** What the hook does next. Each test sets its own. */
let onObjectStored: OnObjectStored = () => undefined;

const issuer = await shareInFile(startIssuer());
const server = await shareInFile(
  startTestServer({
    issuer,
    grants: [bucket, versionedBucket].map((name) => ({
      who: "authenticated" as const,
      bucket: name,
      allow: ["UPLOAD", "DOWNLOAD"] as const,
    })),
    onObjectStored: (event, options) => {
      events.push(event);
      return onObjectStored(event, options);
    },
  }),
);
const alice = server.client.as(await issuer.token({ sub: "alice" }));

function hookDoes(hook: OnObjectStored): void {
  events.length = 0;
  onObjectStored = hook;
}

async function sentPut(key: string) {
  const upload = await requestUpload(alice, "PUT", {
    input: { bucket, key, contentType: "text/plain" },
    size: 5,
  });
  await sendPut(upload, Buffer.from("hello"));
  return upload.receipt;
}

async function sentParts(key: string): Promise<string> {
  const upload = await beginUpload(alice, { bucket, key });
  for (const number of [1, 2]) await sendPart(upload, number);
  return upload.id;
}

const principal = expect.objectContaining({ authenticated: true, subject: "alice" });
const checksum = { algorithm: "CRC32", value: "NhCmhg==" };
const stored = { bucket, region: "us-east-1", versionId: undefined, checksum: undefined, principal };

test("the hook gets the stored facts of each kind of upload, before the caller is told", async () => {
  let isDone = false;
  hookDoes(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    isDone = true;
  });
  const input = { bucket, key: "file", checksum };
  const file = await uploadFile(alice, new Blob(["hello"], { type: "text/plain" }), input);
  expect(isDone).toBe(true);
  const confirmed = await confirmUpload(alice, await sentPut("put"));
  const completed = await completeUpload(alice, await sentParts("parts"));
  const copied = await copyObject(alice, { bucket, key: "put" }, { bucket: versionedBucket, key: "copy" });
  const text = { contentType: "text/plain", size: 5 };
  const lastModified = expect.any(Date);
  const parts = { size: twoPartsBytes, contentType: "binary/octet-stream" };
  expect(events).toMatchObject([
    { ...stored, ...text, checksum, key: "file", etag: file.etag, by: "uploadFile" },
    { ...stored, ...text, lastModified, key: "put", etag: confirmed.etag, by: "confirmUpload" },
    { ...stored, ...parts, lastModified, key: "parts", etag: completed.etag, by: "completeUpload" },
    {
      ...stored,
      ...text,
      lastModified,
      bucket: versionedBucket,
      key: "copy",
      versionId: expect.any(String),
      etag: copied.etag,
      by: "copyObject",
    },
  ]);
});

test("each file of uploadFiles is reported, and only the refused one fails", async () => {
  hookDoes(({ key }) => {
    if (key === "files/b") throw new ValetKeyError("FORBIDDEN", "Not this one.");
  });
  const form = new FormData();
  const inputs = ["a", "b", "c"].map((name) => ({ bucket, key: `files/${name}` }));
  const query =
    "mutation ($files: [Upload!]!, $inputs: [UploadInput!]!) { uploadFiles(files: $files, inputs: $inputs) { key } }";
  form.set("operations", JSON.stringify({ query, variables: { files: [null, null, null], inputs } }));
  form.set(
    "map",
    JSON.stringify({ 0: ["variables.files.0"], 1: ["variables.files.1"], 2: ["variables.files.2"] }),
  );
  for (const index of [0, 1, 2]) form.set(String(index), new Blob(["x"]));
  expect(await alice.post(form, { "apollo-require-preflight": "true" })).toMatchObject({
    data: { uploadFiles: [{ key: "files/a" }, null, { key: "files/c" }] },
    errors: [{ path: ["uploadFiles", 1], message: "Not this one.", extensions: { code: "FORBIDDEN" } }],
  });
  expect(events.map(({ by, key }) => [by, key])).toEqual(inputs.map(({ key }) => ["uploadFile", key]));
});

test("any other error of the hook is masked and retryable, and the object stays stored", async () => {
  hookDoes(() => {
    throw new Error("connect ECONNREFUSED database.internal:5432");
  });
  const failure = uploadFile(alice, new Blob(["hello"]), { bucket, key: "masked" });
  await expect(failure).rejects.toMatchObject({
    code: "INTERNAL_SERVER_ERROR",
    retryable: true,
    message: "The object is stored, but the server could not process it. Try again.",
    status: 200,
  });
  hookDoes(() => undefined);
  expect(await copyObject(alice, { bucket, key: "masked" }, { bucket, key: "masked 2" })).toMatchObject({
    size: 5,
  });
  for (const thrown of [undefined, null, "text", 0]) {
    hookDoes(() => Promise.reject(thrown));
    await expect(uploadFile(alice, new Blob(["x"]), { bucket, key: "masked" })).rejects.toMatchObject({
      code: "INTERNAL_SERVER_ERROR",
      retryable: true,
    });
  }
});

test.each([
  ["completeUpload", sentParts, completeUpload],
  ["confirmUpload", sentPut, confirmUpload],
] as const)(
  "repeating %s calls the hook again until it has succeeded, and not after",
  async (by, send, finish) => {
    let failures = 2;
    hookDoes(() => {
      if (failures-- > 0) throw new ValetKeyError("OVERLOADED", "Later.");
    });
    const idOrReceipt = await send(`repeated ${by}`);
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      await expect(finish(alice, idOrReceipt)).rejects.toMatchObject({ code: "OVERLOADED", retryable: true });
    }
    const object = await finish(alice, idOrReceipt);
    expect(await finish(alice, idOrReceipt)).toEqual(object);
    expect(events.map((event) => event.by)).toEqual([by, by, by]);
  },
);

test("concurrent confirmations share one call of the hook", async () => {
  let release: () => void = () => undefined;
  hookDoes(() => new Promise((resolve) => (release = resolve)));
  const receipt = await sentPut("concurrent");
  const all = Promise.all(Array.from({ length: 10 }, () => confirmUpload(alice, receipt)));
  await expect.poll(() => events.length).toBe(1);
  release();
  expect(new Set((await all).map(({ etag }) => etag)).size).toBe(1);
  expect(events).toHaveLength(1);
});

test("another object that the same URL has stored is reported again", async () => {
  hookDoes(() => undefined);
  const upload = await requestUpload(alice, "PUT", { input: { bucket, key: "twice" }, size: 5 });
  for (const body of ["hello", "world"]) {
    await sendPut(upload, Buffer.from(body));
    await confirmUpload(alice, upload.receipt);
  }
  expect(new Set(events.map(({ etag }) => etag)).size).toBe(2);
});

test("a second replica calls the hook once more", async () => {
  hookDoes(() => undefined);
  const receipt = await sentPut("two replicas");
  const seen: StoredEvent[] = [];
  await using replica = await startTestServer({
    store: server.store,
    issuer,
    grants: [{ who: "authenticated", bucket, allow: ["UPLOAD"] }],
    onObjectStored: (event) => void seen.push(event),
  });
  const first = await confirmUpload(alice, receipt);
  const there = replica.client.as(await issuer.token({ sub: "bob" }));
  expect(await confirmUpload(there, receipt)).toEqual(first);
  expect(seen).toMatchObject([{ key: "two replicas", etag: first.etag, principal: { subject: "bob" } }]);
});

test("nothing is reported for what was not stored", async () => {
  hookDoes(() => undefined);
  const upload = await requestUpload(alice, "PUT", { input: { bucket, key: "never sent" }, size: 5 });
  await expect(confirmUpload(alice, upload.receipt)).rejects.toMatchObject({ code: "UPLOAD_INCOMPLETE" });
  const parts = await beginUpload(alice, { bucket, key: "never completed" });
  await expect(completeUpload(alice, parts.id)).rejects.toMatchObject({ code: "UPLOAD_INCOMPLETE" });
  expect(events).toEqual([]);
});
