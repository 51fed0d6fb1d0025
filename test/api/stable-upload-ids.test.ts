import { describe, expect, test } from "vitest";
import type { GraphQLClient } from "../support/graphql-client.ts";
import { startIssuer } from "../support/issuer.ts";
import { beginUpload, sendPart, twoPartsBytes } from "../support/multipart-uploads.ts";
import { abortUpload, completeUpload, requestUpload } from "../support/operations.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer } from "../support/test-server.ts";

const issuer = await shareInFile(startIssuer());
const options = {
  issuer,
  grants: [
    { who: { role: "editor" }, bucket, prefix: "ids/", allow: ["UPLOAD", "DOWNLOAD"] },
    { who: { role: "painter" }, bucket, prefix: "ids/", allow: ["UPLOAD"], contentTypes: ["image/*"] },
  ],
} as const;
const server = await shareInFile(startTestServer(options));
const editorToken = await issuer.token({ sub: "eve", role: "editor" });
const client = server.client.as(editorToken);
const painter = server.client.as(await issuer.token({ sub: "paul", role: "painter" }));

const pendingIds = async (prefix: string, asker: GraphQLClient = client): Promise<string[]> => {
  const query = `query ($bucket: String!, $prefix: String) { uploads(bucket: $bucket, prefix: $prefix) { nodes { id } } }`;
  const data = await asker.data<{ uploads: { nodes: { id: string }[] } }>(query, { bucket, prefix });
  return data.uploads.nodes.map(({ id }) => id);
};

/** What `upload` returns for an id. */
const findUpload = async (id: string, asker: GraphQLClient = client) => {
  const query = "query ($id: ID!) { upload(id: $id) { id size parts(numbers: [1]) { number } } }";
  return (await asker.data<{ upload: object }>(query, { id })).upload;
};

describe("the id of an upload", () => {
  test("is the same each time uploads are listed", async () => {
    await beginUpload(client, { bucket, key: "ids/listed" });
    await beginUpload(client, { bucket, key: "ids/listed" });
    const first = await pendingIds("ids/listed");
    expect(new Set(first).size).toBe(2);
    expect(await pendingIds("ids/listed")).toEqual(first);
    expect(await pendingIds("ids/")).toEqual(expect.arrayContaining(first));
  });

  test("is the same in uploads as in requestUpload, whoever asks", async () => {
    const input = { bucket, key: "ids/same", contentType: "video/mp4", overwrite: false };
    const { id } = await beginUpload(client, input);
    expect(await pendingIds("ids/same")).toEqual([id]);
    expect(await pendingIds("ids/same", painter)).toEqual([id]);
    expect(await findUpload(id)).toMatchObject({ id, size: twoPartsBytes });
  });

  test("is the same when the upload is resumed", async () => {
    const input = { bucket, key: "ids/resumed", contentType: "video/mp4" };
    const begun = await beginUpload(client, input);
    await sendPart(begun, 1);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const again = { input, size: twoPartsBytes, resume: true };
      expect((await requestUpload(client, "MULTIPART", again)).id).toBe(begun.id);
    }
    expect(await pendingIds("ids/resumed")).toEqual([begun.id]);
  });
});

describe("the id of a pending upload", () => {
  test("completes the upload", async () => {
    const begun = await beginUpload(client, { bucket, key: "ids/completed" });
    for (const number of [1, 2]) await sendPart(begun, number);
    const [id = ""] = await pendingIds("ids/completed");
    expect(await completeUpload(client, id)).toMatchObject({ key: "ids/completed", size: twoPartsBytes });
  });

  test("grants nothing: another caller needs a grant for the type of the upload", async () => {
    const begun = await beginUpload(client, { bucket, key: "ids/film", contentType: "video/mp4" });
    for (const number of [1, 2]) await sendPart(begun, number);
    const [id = ""] = await pendingIds("ids/film", painter);
    await expect(findUpload(id, painter)).rejects.toMatchObject({ code: "CONTENT_TYPE_NOT_ALLOWED" });
    await expect(completeUpload(painter, id)).rejects.toMatchObject({ code: "CONTENT_TYPE_NOT_ALLOWED" });
  });

  test("from a server that did not begin the upload aborts it, and is stable too", async () => {
    const stores = { store: server.store, stsUrl: server.storeUrl };
    await using replica = await startTestServer({ ...options, ...stores });
    await beginUpload(client, { bucket, key: "ids/elsewhere" });
    const onReplica = replica.client.as(editorToken);
    const [id = "", ...others] = await pendingIds("ids/elsewhere", onReplica);
    expect(others).toEqual([]);
    expect(await pendingIds("ids/elsewhere", onReplica)).toEqual([id]);
    await expect(findUpload(id)).rejects.toMatchObject({ code: "BAD_USER_INPUT", field: "id" });
    await abortUpload(client, id);
    expect(await pendingIds("ids/elsewhere")).toEqual([]);
  });
});
