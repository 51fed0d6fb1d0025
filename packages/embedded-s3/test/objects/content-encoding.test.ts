import { HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { bucket as Bucket, runningStore } from "../running-store.ts";

test.each([
  ["deflate, gzip", "deflate, gzip"],
  ["deflate,gzip", "deflate,gzip"],
  ["aws-chunked", undefined],
  ["aws-chunked,gzip", "gzip"],
  ["deflate, gzip, aws-chunked", "deflate, gzip"],
])("a Content-Encoding of %j is stored as %j", async (ContentEncoding, stored) => {
  const { s3 } = await runningStore();
  await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "x", ContentEncoding }));
  expect((await s3.send(new HeadObjectCommand({ Bucket, Key: "a" }))).ContentEncoding).toBe(stored);
});
