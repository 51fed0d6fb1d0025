import type { S3Client } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import type { BucketAddress } from "../../../src/core/object-address.ts";
import { S3Calls } from "../../../src/graphql/s3-calls.ts";
import { BucketRegions } from "../../../src/storage/client/bucket-regions.ts";

const address = { bucket: "demo", region: "us-east-1" } as BucketAddress;

function newCalls(): S3Calls {
  return new S3Calls({
    bucketRegions: new BucketRegions({ allowed: [address.region] }),
    clientFor: async () => ({}) as S3Client,
    connection: { destroyed: false },
    deadlineMs: Infinity,
  });
}

describe("S3Calls", () => {
  test("runs at most 32 calls at the same time, and the others after them", async () => {
    const calls = newCalls();
    let running = 0;
    let mostRunning = 0;
    const results = Array.from({ length: 100 }, (_, index) =>
      calls.callS3(address, async () => {
        running += 1;
        mostRunning = Math.max(mostRunning, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return index;
      }),
    );
    expect(await Promise.all(results)).toEqual(results.map((_, index) => index));
    expect(mostRunning).toBe(32);
  });

  test("runs nested calls although all 32 places are taken", async () => {
    const calls = newCalls();
    const results = Array.from({ length: 40 }, () =>
      calls.callS3(address, () => calls.callS3Nested(address, async () => "nested")),
    );
    expect(new Set(await Promise.all(results))).toEqual(new Set(["nested"]));
  });
});
