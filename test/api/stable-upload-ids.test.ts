import { describe, expect, test } from "vitest";
import { beginUpload, sendPart, twoPartsBytes } from "../support/multipart-uploads.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer } from "../support/test-server.ts";

const server = await shareInFile(
  startTestServer({
    grants: [{ who: "anonymous", bucket, prefix: "ids/", allow: ["UPLOAD"] }],
  }),
);
const { client } = server;

const pendingIds = async (prefix: string): Promise<string[]> => {
  const query = `query ($bucket: String!, $prefix: String) { uploads(bucket: $bucket, prefix: $prefix) { nodes { id } } }`;
  const data = await client.data<{ uploads: { nodes: { id: string }[] } }>(query, { bucket, prefix });
  return data.uploads.nodes.map(({ id }) => id);
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

  test("is the same when the upload is resumed", async () => {
    const input = { bucket, key: "ids/resumed", contentType: "video/mp4" };
    const begun = await beginUpload(client, input);
    await sendPart(begun, 1);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const resume = `mutation ($input: UploadInput!, $size: SafeInt!) {
        requestUpload(input: $input, size: $size, method: MULTIPART, resume: true) {
          ... on MultipartUpload { id startedAt }
        }
      }`;
      const { requestUpload } = await client.data<{ requestUpload: { id: string } }>(resume, {
        input,
        size: twoPartsBytes,
      });
      expect(requestUpload.id).toBe(begun.id);
    }
  });
});
