import {
  CopyObjectCommand,
  CreateBucketCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { allowing, bucket as Bucket, refusal, runningStore } from "../running-store.ts";

test("a copy has the bytes of its source, and the metadata and tags of the source or of the request", async () => {
  const { s3 } = await runningStore();
  await s3.send(new CreateBucketCommand({ Bucket: "other" }));
  const source = {
    Bucket,
    Key: "a/b c+ü?x",
    Body: "hello",
    ContentType: "text/a",
    Metadata: { m: "1" },
    Tagging: "t=1",
  };
  const { ETag } = await s3.send(new PutObjectCommand(source));
  const CopySource = `/${Bucket}/${encodeURIComponent(source.Key)}`;
  const { CopyObjectResult } = await s3.send(
    new CopyObjectCommand({ Bucket: "other", Key: "same", CopySource }),
  );
  expect(CopyObjectResult?.ETag).toBe(ETag);
  const same = await s3.send(new GetObjectCommand({ Bucket: "other", Key: "same" }));
  expect(await same.Body?.transformToString()).toBe("hello");
  expect(same).toMatchObject({ ContentType: "text/a", Metadata: { m: "1" }, TagCount: 1 });
  await s3.send(
    new CopyObjectCommand({
      Bucket,
      Key: "changed",
      CopySource,
      MetadataDirective: "REPLACE",
      TaggingDirective: "REPLACE",
      ContentType: "text/b",
      Metadata: { n: "2" },
      Tagging: "u=2",
    }),
  );
  const changed = await s3.send(new GetObjectCommand({ Bucket, Key: "changed" }));
  expect(changed).toMatchObject({ ContentType: "text/b", Metadata: { n: "2" } });
  const { TagSet } = await s3.send(new GetObjectTaggingCommand({ Bucket, Key: "changed" }));
  expect(TagSet).toEqual([{ Key: "u", Value: "2" }]);
});

test("invalid copies are refused", async () => {
  const { s3 } = await runningStore();
  const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "x" }));
  const copy = async (more: object) =>
    (await refusal(s3.send(new CopyObjectCommand({ Bucket, Key: "b", CopySource: `${Bucket}/a`, ...more }))))
      .name;
  expect(await copy({ Key: "a" })).toBe("InvalidRequest");
  expect(await copy({ CopySource: `${Bucket}/missing` })).toBe("NoSuchKey");
  expect(await copy({ CopySource: "missing-bucket/a" })).toBe("NoSuchBucket");
  expect(await copy({ CopySource: "no-key" })).toBe("InvalidArgument");
  expect(await copy({ CopySource: `${Bucket}/%` })).toBe("InvalidArgument");
  expect(await copy({ MetadataDirective: "MERGE" })).toBe("InvalidArgument");
  expect(await copy({ CopySourceIfMatch: '"other"' })).toBe("PreconditionFailed");
  expect(await copy({ CopySourceIfNoneMatch: ETag })).toBe("PreconditionFailed");
  expect(await copy({ Key: "a", MetadataDirective: "REPLACE", IfNoneMatch: "*" })).toBe("PreconditionFailed");
});

test("a copy requires permission to read the source and to write the target", async () => {
  const { s3, session } = await runningStore();
  await s3.send(new PutObjectCommand({ Bucket, Key: "in/a", Body: "x" }));
  await s3.send(new PutObjectCommand({ Bucket, Key: "out/tagged", Body: "x", Tagging: "t=1" }));
  const copy = (Key: string, source: string) =>
    new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/${source}` });
  const inside = await session(allowing(["s3:GetObject", "s3:PutObject"], [`arn:aws:s3:::${Bucket}/in/*`]));
  await inside.send(copy("in/b", "in/a"));
  expect((await refusal(inside.send(copy("in/c", "out/tagged")))).name).toBe("AccessDenied");
  expect((await refusal(inside.send(copy("out/c", "in/a")))).name).toBe("AccessDenied");
  const untagged = await session(allowing(["s3:GetObject", "s3:PutObject"]));
  expect((await refusal(untagged.send(copy("d", "out/tagged")))).name).toBe("AccessDenied");
});
