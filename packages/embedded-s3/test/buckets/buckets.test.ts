import { CreateBucketCommand, ListBucketsCommand } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { bucket as Bucket, refusal, runningStore } from "../running-store.ts";

describe("CreateBucket", () => {
  test("creating one's own bucket again succeeds in us-east-1", async () => {
    const { s3 } = await runningStore();
    expect((await s3.send(new CreateBucketCommand({ Bucket }))).Location).toBe(`/${Bucket}`);
  });

  test("creating one's own bucket again is refused in every other region", async () => {
    const { s3, client } = await runningStore();
    const frankfurt = client({ region: "eu-central-1" });
    const command = () => new CreateBucketCommand({ Bucket: "in-frankfurt" });
    await frankfurt.send(command());
    const owned = { name: "BucketAlreadyOwnedByYou", status: 409 };
    expect(await refusal(frankfurt.send(command()))).toEqual(owned);
    expect(await refusal(s3.send(command()))).toEqual(owned);
  });
});

describe("ListBuckets", () => {
  test("buckets are listed by prefix and page by page", async () => {
    const { s3 } = await runningStore();
    for (const name of ["logs-1", "logs-2", "logs-3"])
      await s3.send(new CreateBucketCommand({ Bucket: name }));
    const first = await s3.send(new ListBucketsCommand({ Prefix: "logs-", MaxBuckets: 2 }));
    expect(first.Buckets?.map(({ Name }) => Name)).toEqual(["logs-1", "logs-2"]);
    expect(first.Prefix).toBe("logs-");
    expect(first.ContinuationToken).toBeDefined();
    const second = await s3.send(
      new ListBucketsCommand({
        Prefix: "logs-",
        MaxBuckets: 2,
        ContinuationToken: first.ContinuationToken,
      }),
    );
    expect(second.Buckets?.map(({ Name }) => Name)).toEqual(["logs-3"]);
    expect(second.ContinuationToken).toBeUndefined();
  });

  test("buckets are listed by region", async () => {
    const { s3, client } = await runningStore();
    await client({ region: "eu-central-1" }).send(new CreateBucketCommand({ Bucket: "in-frankfurt" }));
    const { Buckets } = await s3.send(new ListBucketsCommand({ BucketRegion: "eu-central-1" }));
    expect(Buckets?.map(({ Name }) => Name)).toEqual(["in-frankfurt"]);
  });

  test.each([{ MaxBuckets: 0 }, { MaxBuckets: 10_001 }, { ContinuationToken: "forged" }])(
    "%j is refused",
    async (input) => {
      const { s3 } = await runningStore();
      const refused = await refusal(s3.send(new ListBucketsCommand(input)));
      expect(refused).toEqual({ name: "InvalidArgument", status: 400 });
    },
  );
});
