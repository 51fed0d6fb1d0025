import { request } from "node:http";
import { CreateBucketCommand, PutObjectCommand, UploadPartCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { expect, test } from "vitest";
import { bucket as Bucket, type RunningStore, runningStore } from "../running-store.ts";

/** Sends the body as chunks of HTTP, without a Content-Length. */
async function sendChunked(
  url: string,
  method: string,
  headers: Record<string, string> = {},
): Promise<{ readonly status: number | undefined; readonly body: string }> {
  return await new Promise((resolve, reject) => {
    const outgoing = request(new URL(url), { method, headers }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve({ status: response.statusCode, body: Buffer.concat(chunks).toString() });
    });
    outgoing.on("error", reject);
    outgoing.write("some ");
    outgoing.end("bytes");
  });
}

async function signedUrls(store: RunningStore): Promise<string[]> {
  const s3 = store.client({ requestChecksumCalculation: "WHEN_REQUIRED" });
  const commands = [
    new PutObjectCommand({ Bucket, Key: "a" }),
    new UploadPartCommand({ Bucket, Key: "a", UploadId: await store.beginUpload("a"), PartNumber: 1 }),
    new CreateBucketCommand({ Bucket: "new-bucket" }),
  ];
  return await Promise.all(
    commands.map((command) => getSignedUrl(s3, command as PutObjectCommand, { expiresIn: 60 })),
  );
}

test("a body of unknown length is refused as not implemented", async () => {
  const store = await runningStore();
  for (const url of await signedUrls(store)) {
    const { status, body } = await sendChunked(url, "PUT");
    expect(status).toBe(501);
    expect(body).toMatch(/<Code>NotImplemented<.*<Header>Transfer-Encoding</);
  }
});

test("a form of unknown length is refused as not implemented", async () => {
  const store = await runningStore();
  const { status, body } = await sendChunked(`${store.endpoint}/${Bucket}`, "POST", {
    "content-type": "multipart/form-data; boundary=b",
  });
  expect(status).toBe(501);
  expect(body).toContain("<Header>Transfer-Encoding<");
});
