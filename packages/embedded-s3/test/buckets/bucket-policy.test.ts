import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteBucketPolicyCommand,
  GetBucketPolicyCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { bucket as Bucket, refusal, runningStore } from "../running-store.ts";

const keyArn = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const encrypted = { ServerSideEncryption: "aws:kms", SSEKMSKeyId: keyArn } as const;
const address = { Bucket, Key: "a" };
const statement = {
  Effect: "Deny",
  Principal: "*",
  Action: "s3:PutObject",
  Resource: `arn:aws:s3:::${Bucket}/*`,
  Condition: { StringNotEquals: { "s3:x-amz-server-side-encryption-aws-kms-key-id": keyArn } },
};
const setPolicy = (s3: S3Client, Statement: object) =>
  s3.send(
    new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ Version: "2012-10-17", Statement }) }),
  );
const denied = { name: "AccessDenied", status: 403 };

test("a bucket policy is returned as it was set, and can be deleted", async () => {
  const { s3 } = await runningStore();
  const missing = { name: "NoSuchBucketPolicy", status: 404 };
  expect(await refusal(s3.send(new GetBucketPolicyCommand({ Bucket })))).toEqual(missing);
  await setPolicy(s3, [statement]);
  const { Policy } = await s3.send(new GetBucketPolicyCommand({ Bucket }));
  expect(JSON.parse(Policy ?? "")).toEqual({ Version: "2012-10-17", Statement: [statement] });
  await s3.send(new DeleteBucketPolicyCommand({ Bucket }));
  expect(await refusal(s3.send(new GetBucketPolicyCommand({ Bucket })))).toEqual(missing);
});

test("a bucket policy can demand a KMS key of everyone, the store's own keys included, over a restart too", async () => {
  const { s3, directory, close } = await runningStore();
  await setPolicy(s3, statement);
  await close();
  const store = await runningStore({ directory });
  const put = (client: S3Client, more: object = {}) =>
    client.send(new PutObjectCommand({ ...address, Body: "hello", ...more }));
  for (const client of [store.s3, await store.session()]) {
    await expect(put(client)).rejects.toThrow("with an explicit deny in a resource-based policy");
    const otherKey = { ...encrypted, SSEKMSKeyId: keyArn.replace("key/1", "key/2") };
    expect(await refusal(put(client, otherKey))).toEqual(denied);
    expect(await refusal(put(client, { ServerSideEncryption: "AES256" }))).toEqual(denied);
    await put(client, encrypted);
    const copy = { Bucket, Key: "b", CopySource: `${Bucket}/a` };
    expect(await refusal(client.send(new CopyObjectCommand(copy)))).toEqual(denied);
    await client.send(new CopyObjectCommand({ ...copy, ...encrypted }));
  }
});

test("the parts of an upload are allowed what the beginning of the upload asked for", async () => {
  const { s3 } = await runningStore();
  await setPolicy(s3, statement);
  expect(await refusal(s3.send(new CreateMultipartUploadCommand(address)))).toEqual(denied);
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...address, ...encrypted }));
  const part = new UploadPartCommand({ ...address, UploadId, PartNumber: 1, Body: "x" });
  const { ETag } = await s3.send(part);
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  const complete = () =>
    s3.send(new CompleteMultipartUploadCommand({ ...address, UploadId, MultipartUpload }));
  await complete();
  // S3 responds to a repeated request as to the first one.
  await complete();
});

test("an account can always change the policy of its bucket", async () => {
  const { s3, session } = await runningStore();
  const everything = [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`];
  await setPolicy(s3, { Effect: "Deny", Principal: { AWS: "*" }, Action: "s3:*", Resource: everything });
  const role = await session();
  expect(await refusal(role.send(new DeleteBucketPolicyCommand({ Bucket })))).toEqual(denied);
  expect(await refusal(s3.send(new PutObjectCommand({ ...address, Body: "x" })))).toEqual(denied);
  await s3.send(new DeleteBucketPolicyCommand({ Bucket }));
  await s3.send(new PutObjectCommand({ ...address, Body: "x" }));
});

describe("a bucket policy is refused if", () => {
  const { Principal: _, ...withoutPrincipal } = statement;
  test.each([
    ["it allows something", { ...statement, Effect: "Allow" }, "NotImplemented"],
    ["it names a principal", { ...statement, Principal: { AWS: keyArn } }, "NotImplemented"],
    ["it excludes a principal", { ...withoutPrincipal, NotPrincipal: "*" }, "NotImplemented"],
    ["it has no principal", withoutPrincipal, "MalformedPolicy"],
    ["it is about another bucket", { ...statement, Resource: "arn:aws:s3:::other/*" }, "MalformedPolicy"],
    ["it is about every bucket", { ...statement, Resource: "*" }, "MalformedPolicy"],
    [
      "it has an unknown operator",
      { ...statement, Condition: { Like: { "s3:prefix": "a" } } },
      "MalformedPolicy",
    ],
    [
      "it has an unknown condition key",
      { ...statement, Condition: { Bool: { "aws:x": "true" } } },
      "MalformedPolicy",
    ],
    ["it is too large", { ...statement, Sid: "x".repeat(20 * 1024) }, "MalformedPolicy"],
    ["it is no statement", "text", "MalformedPolicy"],
  ])("%s", async (_what, Statement, name) => {
    const { s3 } = await runningStore();
    expect((await refusal(setPolicy(s3, Statement as object))).name).toBe(name);
  });

  test("it is not JSON", async () => {
    const { s3 } = await runningStore();
    const put = s3.send(new PutBucketPolicyCommand({ Bucket, Policy: "{" }));
    expect(await refusal(put)).toEqual({ name: "MalformedPolicy", status: 400 });
  });
});
