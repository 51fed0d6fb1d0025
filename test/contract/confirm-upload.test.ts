import { createHash } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import type { StoredEvent } from "../../src/graphql/stored-event.ts";
import { confirmUpload, requestUpload, type UploadInput } from "../support/operations.ts";
import { sendPost, sendPut } from "../support/presigned-requests.ts";
import { startRewritingSts } from "../support/rewriting-sts.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";
import { ownPrefix, seed, store } from "./store.ts";

const bucket = store.buckets.main;
const prefix = ownPrefix("confirm");
const events: StoredEvent[] = [];
const options = {
  store,
  grants: [{ who: "anonymous", bucket, prefix, allow: ["UPLOAD", "DOWNLOAD"] }] as const,
  onObjectStored: (event: StoredEvent) => {
    events.push(event);
  },
};
const server = await shareInFile(startTestServer(options));
// A store that cannot combine a form with a session policy stores it for sessions without one.
const sts = store.differs("storesNoPostUnderSessionPolicy")
  ? await shareInFile(startRewritingSts(store, ({ Policy: _, ...asked }) => asked))
  : undefined;
const forForms =
  sts === undefined ? server : await shareInFile(startTestServer({ ...options, stsUrl: sts.url }));

afterEach(() => {
  events.length = 0;
});

const body = Buffer.from("hello");
const sha256 = { algorithm: "SHA256", value: createHash("sha256").update(body).digest("base64") };
const contentType = "text/plain";

/** The same steps with both methods: a request for an upload, and how its bytes are sent. */
const methods = {
  PUT: {
    client: server.client,
    begin: async (input: UploadInput) => {
      const upload = await requestUpload(server.client, "PUT", { input, size: body.length });
      return { receipt: upload.receipt, send: (bytes: Buffer) => sendPut(upload, bytes) };
    },
  },
  POST: {
    client: forForms.client,
    begin: async (input: UploadInput) => {
      const upload = await requestUpload(forForms.client, "POST", { input, size: body.length });
      return { receipt: upload.receipt, send: (bytes: Buffer) => sendPost(upload, bytes) };
    },
  },
};

describe.each(["PUT", "POST"] as const)("confirmUpload after a %s", (method) => {
  const { client, begin } = methods[method];

  test("returns the object, and calls the hook once, however often it is called", async () => {
    const key = `${prefix}${method} whole`;
    const { receipt, send } = await begin({ bucket, key, contentType });
    expect((await send(body)).ok).toBe(true);
    const confirmed = await confirmUpload(client, receipt);
    expect(confirmed).toMatchObject({ bucket, key, size: body.length, etag: expect.stringMatching(/^\w+$/) });
    expect(await confirmUpload(client, receipt)).toEqual(confirmed);
    const { etag, size } = confirmed;
    expect(events).toMatchObject([{ by: "confirmUpload", bucket, key, size, etag, contentType }]);
  });

  test("is retryable until the file has arrived", async () => {
    const { receipt, send } = await begin({ bucket, key: `${prefix}${method} late`, contentType });
    const notArrived = { code: "UPLOAD_INCOMPLETE", retryable: true };
    await expect(confirmUpload(client, receipt)).rejects.toMatchObject(notArrived);
    expect((await send(Buffer.from("hello, world"))).ok).toBe(false);
    await expect(confirmUpload(client, receipt)).rejects.toMatchObject(notArrived);
    expect(events).toEqual([]);
    expect((await send(body)).ok).toBe(true);
    expect(await confirmUpload(client, receipt)).toMatchObject({ size: body.length });
    expect(events).toHaveLength(1);
  });

  test.each([
    ["size", "longer", { ContentType: contentType }],
    ["content type", "world", { ContentType: "text/html" }],
  ])("fails if another upload has stored another %s, and calls no hook", async (property, other, more) => {
    const key = `${prefix}${method} other ${property}`;
    const { receipt, send } = await begin({ bucket, key, contentType });
    expect((await send(body)).ok).toBe(true);
    await seed(bucket, key, other, more);
    const message = expect.stringContaining(`another ${property} `);
    const mismatch = { code: "UPLOAD_MISMATCH", retryable: false, message };
    await expect(confirmUpload(client, receipt)).rejects.toMatchObject(mismatch);
    expect(events).toEqual([]);
  });
});

describe("confirmUpload after a PUT with a checksum", () => {
  test("returns the object", async () => {
    const key = `${prefix}checksum`;
    const { receipt, send } = await methods.PUT.begin({ bucket, key, checksum: sha256 });
    expect((await send(body)).ok).toBe(true);
    expect(await confirmUpload(server.client, receipt)).toMatchObject({ key, size: body.length });
    expect(events).toMatchObject([store.differs("ignoresChecksums") ? { key } : { key, checksum: sha256 }]);
  });

  test("fails if another upload has stored other bytes of the same size", async () => {
    const key = `${prefix}other bytes`;
    const { receipt, send } = await methods.PUT.begin({ bucket, key, checksum: sha256 });
    expect((await send(body)).ok).toBe(true);
    await seed(bucket, key, "world", { ChecksumAlgorithm: "SHA256" });
    const confirming = confirmUpload(server.client, receipt);
    // A store that does not record checksums cannot tell.
    if (store.differs("ignoresChecksums")) expect(await confirming).toMatchObject({ key });
    else await expect(confirming).rejects.toMatchObject({ code: "CHECKSUM_MISMATCH", retryable: false });
  });
});
