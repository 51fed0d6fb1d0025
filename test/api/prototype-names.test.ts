import { describe, expect, test } from "vitest";
import { beginUpload, sendPart, twoPartsBytes } from "../support/multipart-uploads.ts";
import {
  copyObject,
  type KeyValue,
  requestUpload,
  type UploadInput,
  uploadFile,
} from "../support/operations.ts";
import { sendPost, sendPut } from "../support/presigned-requests.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer } from "../support/test-server.ts";

const server = await shareInFile(
  startTestServer({
    grants: [{ who: "anonymous", bucket, allow: ["UPLOAD", "DOWNLOAD"] }],
  }),
);
const { client } = server;

// Names that plain objects of JavaScript already have.
const values: KeyValue[] = [
  { name: "__proto__", value: "zoë" },
  { name: "constructor", value: "b" },
  { name: "tostring", value: "c" },
];
const byName = (list: readonly KeyValue[]) => [...list].sort((a, b) => (a.name < b.name ? -1 : 1));
const inputOf = (key: string): UploadInput => ({ bucket, key, metadata: values, tags: values });

async function stored(key: string): Promise<{ metadata: KeyValue[]; tags: KeyValue[] }> {
  const query = `query ($bucket: String!, $key: String!) {
    object(bucket: $bucket, key: $key) { metadata { name value } tags { name value } }
  }`;
  const data = await client.data<{ object: { metadata: KeyValue[]; tags: KeyValue[] } }>(query, {
    bucket,
    key,
  });
  return { metadata: byName(data.object.metadata), tags: byName(data.object.tags) };
}

const everything = { metadata: values, tags: values };

describe("metadata and tags with the names of an object's own properties are kept", () => {
  test("by a presigned PUT", async () => {
    const upload = await requestUpload(client, "PUT", { input: inputOf("put"), size: 1 });
    expect((await sendPut(upload, Buffer.from("x"))).status).toBe(200);
    expect(await stored("put")).toEqual(everything);
  });

  test("by a presigned POST", async () => {
    const upload = await requestUpload(client, "POST", { input: inputOf("post"), size: 1 });
    expect((await sendPost(upload, Buffer.from("x"))).status).toBe(204);
    expect(await stored("post")).toEqual(everything);
  });

  test("by an upload through the server", async () => {
    await uploadFile(client, new Blob(["x"]), inputOf("through"));
    expect(await stored("through")).toEqual(everything);
  });

  test("by an upload in parts", async () => {
    const upload = await beginUpload(client, inputOf("parts"));
    await Promise.all([sendPart(upload, 1), sendPart(upload, 2)]);
    await client.data(`mutation ($id: ID!) { completeUpload(id: $id) { size } }`, { id: upload.id });
    expect(upload.size).toBe(twoPartsBytes);
    expect(await stored("parts")).toEqual(everything);
  });

  test("by a copy that changes something else", async () => {
    await uploadFile(client, new Blob(["x"]), inputOf("original"));
    await copyObject(client, { bucket, key: "original" }, { bucket, key: "copy", cacheControl: "no-store" });
    expect(await stored("copy")).toEqual(everything);
  });
});
