import { HeadObjectCommand, PutObjectCommand, UploadPartCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { expect, test } from "vitest";
import { bucket as Bucket, runningStore } from "../running-store.ts";

test("a URL that the SDK presigns with its defaults takes any bytes", async () => {
  const { s3, beginUpload } = await runningStore();
  const UploadId = await beginUpload("b");
  const put = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: "a" }));
  const part = await getSignedUrl(s3, new UploadPartCommand({ Bucket, Key: "b", UploadId, PartNumber: 1 }));
  for (const url of [put, part]) {
    expect(new URL(url).searchParams.get("x-amz-checksum-crc32")).toBe("AAAAAA==");
    expect((await fetch(url, { method: "PUT", body: "some bytes" })).status).toBe(200);
  }
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key: "a", ChecksumMode: "ENABLED" }));
  expect(head.ChecksumCRC32).toBeUndefined();
});

test("a checksum that is signed as a header is verified", async () => {
  const { s3 } = await runningStore();
  const command = new PutObjectCommand({ Bucket, Key: "a", ChecksumCRC32: "AAAAAA==" });
  const url = await getSignedUrl(s3, command, { unhoistableHeaders: new Set(["x-amz-checksum-crc32"]) });
  const headers = { "x-amz-checksum-crc32": "AAAAAA==" };
  const response = await fetch(url, { method: "PUT", body: "some bytes", headers });
  expect(response.status).toBe(400);
  expect(await response.text()).toContain("<Code>BadDigest<");
});
