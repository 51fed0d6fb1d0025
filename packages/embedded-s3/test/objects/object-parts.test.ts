import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectAttributesCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { bucket as Bucket, refusal, runningStore } from "../running-store.ts";

/** An object of three parts, each with a CRC32 of its own. */
async function uploadThreeParts(s3: S3Client): Promise<void> {
  const address = { Bucket, Key: "a" };
  const { UploadId } = await s3.send(
    new CreateMultipartUploadCommand({ ...address, ChecksumAlgorithm: "CRC32" }),
  );
  const Parts = [];
  for (const PartNumber of [1, 2, 3]) {
    const Body = Buffer.alloc(PartNumber === 3 ? 1 : 5 * 2 ** 20);
    const { ETag, ChecksumCRC32 } = await s3.send(
      new UploadPartCommand({ ...address, UploadId, PartNumber, Body, ChecksumAlgorithm: "CRC32" }),
    );
    Parts.push({ PartNumber, ETag, ChecksumCRC32 });
  }
  await s3.send(new CompleteMultipartUploadCommand({ ...address, UploadId, MultipartUpload: { Parts } }));
}

test("GetObjectAttributes lists an object's parts page by page", async () => {
  const { s3 } = await runningStore();
  await uploadThreeParts(s3);
  const attributes = async (MaxParts?: number, PartNumberMarker?: string) => {
    const response = await s3.send(
      new GetObjectAttributesCommand({
        Bucket,
        Key: "a",
        ObjectAttributes: ["ObjectParts"],
        MaxParts,
        PartNumberMarker,
      }),
    );
    const { Parts, ...page } = response.ObjectParts ?? {};
    return { ...page, numbers: Parts?.map(({ PartNumber }) => PartNumber) };
  };
  expect(await attributes()).toMatchObject({ IsTruncated: false, MaxParts: 1000, numbers: [1, 2, 3] });
  expect(await attributes(2)).toEqual({
    TotalPartsCount: 3,
    PartNumberMarker: "0",
    NextPartNumberMarker: "2",
    MaxParts: 2,
    IsTruncated: true,
    numbers: [1, 2],
  });
  expect(await attributes(2, "2")).toMatchObject({
    PartNumberMarker: "2",
    NextPartNumberMarker: "3",
    IsTruncated: false,
    numbers: [3],
  });
  expect(await refusal(attributes(-1))).toEqual({ name: "InvalidArgument", status: 400 });
});
