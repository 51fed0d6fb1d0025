import {
  CopyObjectCommand,
  CreateBucketCommand,
  type CreateBucketCommandInput,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { describe, expect, test } from "vitest";
import { allowing, bucket as Bucket, type RunningStore, refusal, runningStore } from "../running-store.ts";

const address = { Bucket, Key: "a" };

async function storeWithObject(): Promise<RunningStore> {
  const store = await runningStore();
  await store.s3.send(new PutObjectCommand({ ...address, Body: "kept" }));
  return store;
}

async function textOf({ s3 }: RunningStore): Promise<string | undefined> {
  const { Body } = await s3.send(new GetObjectCommand(address));
  return await Body?.transformToString();
}

const customerKey = {
  SSECustomerAlgorithm: "AES256",
  SSECustomerKey: Buffer.alloc(32, 1).toString("base64"),
  SSECustomerKeyMD5: "d1hX9jMGyyLtkLVoUKR9yg==",
};

describe("a write is refused and changes nothing with", () => {
  test.each([
    ["WriteOffsetBytes", { WriteOffsetBytes: 4 }, "NotImplemented"],
    ["SSE-KMS", { ServerSideEncryption: "aws:kms" }, "NotImplemented"],
    ["SSE-C", customerKey, "NotImplemented"],
    ["a website redirect", { WebsiteRedirectLocation: "/b" }, "NotImplemented"],
    ["a storage class", { StorageClass: "GLACIER" }, "InvalidStorageClass"],
    ["a public ACL", { ACL: "public-read" }, "AccessControlListNotSupported"],
    ["a grant", { GrantRead: "id=1" }, "AccessControlListNotSupported"],
    ["a lock", { ObjectLockMode: "GOVERNANCE", ObjectLockRetainUntilDate: new Date() }, "InvalidRequest"],
    ["a legal hold", { ObjectLockLegalHoldStatus: "ON" }, "InvalidRequest"],
    ["an If-None-Match that is no *", { IfNoneMatch: '"x"' }, "NotImplemented"],
  ] as const)("%s", async (_, more, code) => {
    const store = await storeWithObject();
    const put = store.s3.send(new PutObjectCommand({ ...address, Body: "new", ...more }));
    expect((await refusal(put)).name).toBe(code);
    expect(await textOf(store)).toBe("kept");
  });

  test.each(["if-modified-since", "if-unmodified-since"])("%s", async (header) => {
    const store = await storeWithObject();
    const plain = store.client({ requestChecksumCalculation: "WHEN_REQUIRED" });
    for (const [method, command] of [
      ["PUT", new PutObjectCommand(address)],
      ["DELETE", new DeleteObjectCommand(address)],
    ] as const) {
      const url = await getSignedUrl(plain, command);
      const headers = { [header]: new Date(0).toUTCString() };
      const response = await fetch(url, { method, headers });
      expect([method, response.status]).toEqual([method, 501]);
    }
    expect(await textOf(store)).toBe("kept");
  });
});

test("a form is refused for the same headers as a PUT", async () => {
  const store = await storeWithObject();
  const { url, fields } = await createPresignedPost(store.s3, {
    ...address,
    Fields: { "x-amz-write-offset-bytes": "4" },
  });
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set("file", new Blob(["new"]));
  expect((await fetch(url, { method: "POST", body: form })).status).toBe(501);
  expect(await textOf(store)).toBe("kept");
});

test("no operation ignores an encryption key of the customer", async () => {
  const { s3 } = await storeWithObject();
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(address));
  const copied = {
    CopySourceSSECustomerAlgorithm: "AES256",
    CopySourceSSECustomerKey: customerKey.SSECustomerKey,
    CopySourceSSECustomerKeyMD5: customerKey.SSECustomerKeyMD5,
  };
  const requests: (() => Promise<unknown>)[] = [
    () => s3.send(new GetObjectCommand({ ...address, ...customerKey })),
    () => s3.send(new UploadPartCommand({ ...address, UploadId, PartNumber: 1, Body: "x", ...customerKey })),
    () => s3.send(new CopyObjectCommand({ ...address, Key: "b", CopySource: `${Bucket}/a`, ...copied })),
  ];
  for (const request of requests) expect((await refusal(request())).name).toBe("NotImplemented");
});

describe("a deletion is refused and deletes nothing with", () => {
  test.each([
    ["time", { IfMatchLastModifiedTime: new Date(0) }, { LastModifiedTime: new Date(0) }],
    ["size", { IfMatchSize: 3 }, { Size: 3 }],
  ])("%s, which S3 offers for directory buckets only", async (_, condition, element) => {
    const store = await storeWithObject();
    const { s3 } = store;
    const one = s3.send(new DeleteObjectCommand({ ...address, ...condition }));
    expect((await refusal(one)).name).toBe("NotImplemented");
    const Objects = [{ Key: "a", ...element }];
    const many = s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect((await refusal(many)).name).toBe("NotImplemented");
    expect(await textOf(store)).toBe("kept");
  });

  test("If-None-Match", async () => {
    const store = await storeWithObject();
    const url = await getSignedUrl(store.s3, new DeleteObjectCommand(address));
    expect((await fetch(url, { method: "DELETE", headers: { "if-none-match": "*" } })).status).toBe(501);
    expect(await textOf(store)).toBe("kept");
  });

  test("another ETag", async () => {
    const store = await storeWithObject();
    const { s3 } = store;
    const one = s3.send(new DeleteObjectCommand({ ...address, IfMatch: '"x"' }));
    expect(await refusal(one)).toEqual({ name: "PreconditionFailed", status: 412 });
    const Objects = [{ Key: "a", ETag: '"x"' }];
    const { Errors } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(Errors).toMatchObject([{ Code: "PreconditionFailed" }]);
    expect(await textOf(store)).toBe("kept");
  });
});

test("deleting by ETag requires permission to read, and a policy can require the ETag", async () => {
  const { s3, session } = await storeWithObject();
  const { ETag } = await s3.send(new HeadObjectCommand(address));
  const blind = await session(allowing(["s3:DeleteObject"]));
  const byEtag = new DeleteObjectCommand({ ...address, IfMatch: ETag });
  const manyByEtag = new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "a", ETag }] } });
  expect((await refusal(blind.send(byEtag))).name).toBe("AccessDenied");
  expect((await blind.send(manyByEtag)).Errors).toMatchObject([{ Code: "AccessDenied" }]);
  const { Version, Statement } = allowing(["s3:DeleteObject"], ["*"], { Null: { "s3:if-match": "false" } });
  const reader = allowing(["s3:GetObject"]).Statement;
  const careful = await session({ Version, Statement: [...Statement, ...reader] });
  expect((await refusal(careful.send(new DeleteObjectCommand(address)))).name).toBe("AccessDenied");
  expect((await careful.send(manyByEtag)).Deleted).toMatchObject([{ Key: "a" }]);
});

describe("a bucket cannot be created with", () => {
  const configurations: [what: string, more: Partial<CreateBucketCommandInput>][] = [
    ["a public ACL", { ACL: "public-read" }],
    ["a grant", { GrantRead: "id=1" }],
    ["locks", { ObjectLockEnabledForBucket: true }],
    ["ACLs switched on", { ObjectOwnership: "ObjectWriter" }],
    ["tags", { CreateBucketConfiguration: { Tags: [{ Key: "a", Value: "b" }] } }],
    ["a directory's layout", { CreateBucketConfiguration: { Bucket: { Type: "Directory" } } }],
  ];

  test.each(configurations)("%s", async (_, more) => {
    const { s3 } = await runningStore();
    const made = s3.send(new CreateBucketCommand({ Bucket: "new-bucket", ...more }));
    expect((await refusal(made)).name).toMatch(/^(NotImplemented|AccessControlListNotSupported)$/);
  });

  test("a bucket can be created with headers that ask for the defaults", async () => {
    const { s3 } = await runningStore();
    await s3.send(
      new CreateBucketCommand({
        Bucket: "new-bucket",
        ACL: "private",
        ObjectLockEnabledForBucket: false,
        ObjectOwnership: "BucketOwnerEnforced",
      }),
    );
  });
});

test("versioning with MFA is not supported", async () => {
  const { s3 } = await runningStore();
  const VersioningConfiguration = { Status: "Enabled", MFADelete: "Enabled" } as const;
  const put = s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  expect((await refusal(put)).name).toBe("NotImplemented");
});
