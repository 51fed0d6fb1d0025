import type { S3Client } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { parseBucketName } from "../../../../src/core/object-address.ts";
import { type SweptUpload, sweepUploads } from "../../../../src/storage/multipart/sweep.ts";
import { scriptedS3 } from "../scripted-s3.ts";
import { region } from "../store.ts";

const bucket = { region, bucket: parseBucketName("uploads") };

function page(uploads: string, isTruncated: boolean): string {
  return `<?xml version="1.0"?><ListMultipartUploadsResult><Bucket>uploads</Bucket><IsTruncated>${isTruncated}</IsTruncated>${uploads}</ListMultipartUploadsResult>`;
}
const upload = (key: string, initiated = "<Initiated>2020-01-01T00:00:00.000Z</Initiated>") =>
  `<Upload><Key>${key}</Key><UploadId>${key}</UploadId>${initiated}</Upload>`;

async function sweptOf(uploads: AsyncIterable<SweptUpload>): Promise<string[]> {
  const swept: string[] = [];
  for await (const { key, outcome } of uploads) swept.push(`${key} ${outcome}`);
  return swept;
}

describe("a sweep", () => {
  test("does not abort an upload without a date", async () => {
    const body = page(upload("dated") + upload("undated", ""), false);
    await using store = await scriptedS3(() => ({ status: 200, body }));
    const s3 = async () => store.s3;
    const swept = await sweptOf(sweepUploads({ s3, listing: s3 }, bucket, { olderThanHours: 0 }));
    expect(swept).toEqual(["dated pending"]);
  });

  test("requests new credentials as it continues", async () => {
    await using store = await scriptedS3(({ method, url = "" }) => {
      if (method === "DELETE") return { status: 204 };
      if (url.includes("uploadId=")) return { status: 404 };
      return {
        status: 200,
        body: url.includes("key-marker=") ? page(upload("c"), false) : page(upload("a") + upload("b"), true),
      };
    });
    const asked: string[] = [];
    const client = (name: string) => async (): Promise<S3Client> => {
      asked.push(name);
      return store.s3;
    };
    const clients = { s3: client("s3"), listing: client("listing") };
    const swept = await sweptOf(sweepUploads(clients, bucket, { olderThanHours: 0, dryRun: false }));
    expect(swept).toEqual(["a aborted", "b aborted", "c aborted"]);
    expect(asked).toEqual(["listing", "listing", "s3", "s3", "s3"]);
  });

  test("misses no upload if the store needs the last upload of a page to find the next page", async () => {
    let pending = Array.from({ length: 7 }, (_, index) => `u${index}`);
    await using store = await scriptedS3(({ method, url = "" }) => {
      const { searchParams } = new URL(url, "http://s3");
      const uploadId = searchParams.get("uploadId");
      if (method === "DELETE") pending = pending.filter((each) => each !== uploadId);
      if (method === "DELETE") return { status: 204 };
      if (uploadId !== null) return { status: 404 };
      const marker = searchParams.get("upload-id-marker");
      if (marker !== null && !pending.includes(marker)) return { status: 200, body: page("", false) };
      const rest = pending.slice(marker === null ? 0 : pending.indexOf(marker) + 1);
      return {
        status: 200,
        body: page(
          rest
            .slice(0, 2)
            .map((id) => upload(id))
            .join(""),
          rest.length > 2,
        ),
      };
    });
    const s3 = async () => store.s3;
    const clients = { s3, listing: s3 };
    const swept = await sweptOf(sweepUploads(clients, bucket, { olderThanHours: 0, dryRun: false }));
    expect(swept).toHaveLength(7);
    expect(pending).toEqual([]);
  });
});
