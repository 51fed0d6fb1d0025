import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { sendPart } from "../support/multipart-uploads.ts";
import {
  completeUpload,
  type MultipartUpload,
  requestUpload,
  type UploadInput,
} from "../support/operations.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer } from "../support/test-server.ts";

const grants = [
  {
    who: "anonymous",
    bucket,
    prefix: "mixed/",
    allow: ["UPLOAD"],
    contentTypes: ["application/pdf"],
    maxUploadBytes: 17_000_000,
  },
  {
    who: "anonymous",
    bucket,
    prefix: "mixed/",
    allow: ["UPLOAD"],
    contentTypes: ["image/*"],
    maxUploadBytes: "1GiB",
  },
  { who: "anonymous", bucket, prefix: "plain/", allow: ["UPLOAD"] },
  { who: "anonymous", bucket, allow: ["DOWNLOAD"] },
] as const;
const server = await shareInFile(startTestServer({ grants }));
const { client, admin } = server;
/** Another replica: it has the same secret and does not know what the first one began. */
const replica = await shareInFile(startTestServer({ store: server.store, stsUrl: server.storeUrl, grants }));

const pdfBytes = 16_800_000;
/** Parts of files of both sizes have the same length, because the sizes differ by the prime of the plan. */
const imageBytes = pdfBytes + 8_388_593;

const begin = (input: UploadInput, size: number, resume: boolean, on = client): Promise<MultipartUpload> =>
  requestUpload(on, "MULTIPART", { input, size, resume, firstParts: 2 });
const pendingKeys = async (prefix: string): Promise<string[]> => {
  const query = `query ($bucket: String!, $prefix: String!) { uploads(bucket: $bucket, prefix: $prefix) { nodes { key } } }`;
  const data = await client.data<{ uploads: { nodes: { key: string }[] } }>(query, { bucket, prefix });
  return data.uploads.nodes.map(({ key }) => key);
};

describe("an upload that is resumed is held to the terms that it was begun with", () => {
  test.each([
    ["the same server", () => client],
    ["another replica", () => replica.client],
  ])("when two grants would add up, on %s", async (name, resumer) => {
    const key = `mixed/${name}`;
    const pdf = await begin({ bucket, key, contentType: "application/pdf" }, pdfBytes, false);
    await sendPart(pdf, 1);
    const image = await begin({ bucket, key, contentType: "image/png" }, imageBytes, true, resumer());
    expect(image.partSize).toBe(pdf.partSize);
    expect(image.id).not.toBe(pdf.id);
    expect(image.uploadedParts).toEqual([]);
    for (const number of [1, 2]) await sendPart(image, number);
    await completeUpload(client, image.id);
    const stored = await admin.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    expect(stored).toMatchObject({ ContentType: "image/png", ContentLength: imageBytes });
  });

  test("when the description differs", async () => {
    const key = "plain/described";
    const begun = await begin({ bucket, key, metadata: [{ name: "a", value: "1" }] }, pdfBytes, false);
    await sendPart(begun, 1);
    const other = await begin({ bucket, key, metadata: [{ name: "a", value: "2" }] }, pdfBytes, true);
    expect(other.uploadedParts).toEqual([]);
    const same = await begin({ bucket, key, metadata: [{ name: "A", value: "1" }] }, pdfBytes, true);
    expect(same.id).toBe(begun.id);
  });

  test("and continues on another replica where the grants allow it", async () => {
    const key = "plain/replica";
    const begun = await begin({ bucket, key, contentType: "video/mp4" }, pdfBytes, false);
    await sendPart(begun, 1);
    const resumed = await begin({ bucket, key, contentType: "video/mp4" }, pdfBytes, true, replica.client);
    expect(resumed.id).toBe(begun.id);
    expect(resumed.uploadedParts).toHaveLength(1);
  });
});

test("an upload of which no part has arrived is continued", async () => {
  const input = { bucket, key: "plain/no part yet", contentType: "video/mp4" };
  const begun = await begin(input, pdfBytes, true);
  const resumed = await begin(input, pdfBytes, true);
  expect(resumed.id).toBe(begun.id);
  expect(await pendingKeys(input.key)).toEqual([input.key]);
  for (const number of [1, 2]) await sendPart(begun, number);
  await completeUpload(client, resumed.id);
  expect(await pendingKeys(input.key)).toEqual([]);
});
