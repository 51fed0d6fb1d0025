import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteBucketEncryptionCommand,
  GetBucketEncryptionCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutBucketEncryptionCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { describe, expect, test } from "vitest";
import { bucket as Bucket, type RunningStore, refusal, runningStore } from "../running-store.ts";

const keyId = "1234abcd-12ab-34cd-56ef-1234567890ab";
const keyArn = `arn:aws:kms:us-east-1:000000000000:key/${keyId}`;
const otherArn = "arn:aws:kms:us-east-1:000000000000:key/mrk-0123456789abcdef0123456789abcdef";
const encrypted = { ServerSideEncryption: "aws:kms", SSEKMSKeyId: keyArn } as const;
const withBucketKey = { ...encrypted, BucketKeyEnabled: true } as const;
const address = { Bucket, Key: "a" };

const head = async (s3: S3Client, Key = "a") => {
  const { ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled } = await s3.send(
    new HeadObjectCommand({ Bucket, Key }),
  );
  return { ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled };
};

const put = (s3: S3Client, more: Partial<PutObjectCommandInput> = {}) =>
  s3.send(new PutObjectCommand({ ...address, Body: "hello", ...more }));

async function post({ s3 }: Pick<RunningStore, "s3">, fields: Record<string, string>): Promise<Response> {
  const { url, fields: signed } = await createPresignedPost(s3, { ...address, Fields: fields });
  const form = new FormData();
  for (const [name, value] of Object.entries(signed)) form.set(name, value);
  form.set("file", new Blob(["hello"]));
  return await fetch(url, { method: "POST", body: form });
}

async function uploadInParts(s3: S3Client): Promise<object[]> {
  const begun = await s3.send(new CreateMultipartUploadCommand({ ...address, ...withBucketKey }));
  const { UploadId } = begun;
  const part = await s3.send(new UploadPartCommand({ ...address, UploadId, PartNumber: 1, Body: "hello" }));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: part.ETag }] };
  const whole = await s3.send(new CompleteMultipartUploadCommand({ ...address, UploadId, MultipartUpload }));
  return [begun, part, whole];
}

describe("the encryption that a request asks for is kept and reported", () => {
  test("of a PUT", async () => {
    const { s3 } = await runningStore();
    expect(await put(s3, withBucketKey)).toMatchObject(withBucketKey);
    expect(await head(s3)).toEqual(withBucketKey);
    const { Body, ...read } = await s3.send(new GetObjectCommand(address));
    expect(read).toMatchObject(withBucketKey);
    expect(await Body?.transformToString()).toBe("hello");
  });

  test("of a PUT without a bucket key, whose key is named by its id", async () => {
    const { s3 } = await runningStore();
    await put(s3, { ...encrypted, SSEKMSKeyId: keyId });
    expect(await head(s3)).toEqual({ ...encrypted, BucketKeyEnabled: undefined });
  });

  test("of a form", async () => {
    const store = await runningStore();
    const response = await post(store, {
      "x-amz-server-side-encryption": "aws:kms",
      "x-amz-server-side-encryption-aws-kms-key-id": keyArn,
      "x-amz-server-side-encryption-bucket-key-enabled": "true",
    });
    expect(response.status).toBe(204);
    expect(response.headers.get("x-amz-server-side-encryption-aws-kms-key-id")).toBe(keyArn);
    expect(await head(store.s3)).toEqual(withBucketKey);
  });

  test("of a multipart upload, in each of its responses", async () => {
    const { s3 } = await runningStore();
    for (const response of await uploadInParts(s3)) expect(response).toMatchObject(withBucketKey);
    expect(await head(s3)).toEqual(withBucketKey);
  });

  test("of a copy, also onto itself, and not that of the source", async () => {
    const { s3 } = await runningStore();
    await put(s3, withBucketKey);
    const copy = (Key: string, more: object) =>
      s3.send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/a`, ...more }));
    expect(await copy("plain", {})).toMatchObject({ ServerSideEncryption: "AES256" });
    expect(await head(s3, "plain")).toMatchObject({ ServerSideEncryption: "AES256" });
    expect(await copy("a", { ...encrypted, SSEKMSKeyId: otherArn })).toMatchObject({ SSEKMSKeyId: otherArn });
    expect(await head(s3)).toMatchObject({ SSEKMSKeyId: otherArn });
  });

  test("over a restart", async () => {
    const { s3, directory, close } = await runningStore();
    await put(s3, withBucketKey);
    await close();
    const again = await runningStore({ directory });
    expect(await head(again.s3)).toEqual(withBucketKey);
  });

  test("and an ETag does not say what the MD5 is", async () => {
    const { s3 } = await runningStore();
    const md5 = '"5d41402abc4b2a76b9719d911017c592"';
    expect((await put(s3)).ETag).toBe(md5);
    const { ETag } = await put(s3, encrypted);
    expect(ETag).toMatch(/^"[0-9a-f]{32}"$/);
    expect(ETag).not.toBe(md5);
  });
});

describe("the default encryption of a bucket", () => {
  const configure = (s3: S3Client, key: string | undefined, BucketKeyEnabled: boolean) =>
    s3.send(
      new PutBucketEncryptionCommand({
        Bucket,
        ServerSideEncryptionConfiguration: {
          Rules: [
            {
              ApplyServerSideEncryptionByDefault:
                key === undefined
                  ? { SSEAlgorithm: "AES256" }
                  : { SSEAlgorithm: "aws:kms", KMSMasterKeyID: key },
              BucketKeyEnabled,
            },
          ],
        },
      }),
    );
  const ruleOf = async (s3: S3Client) =>
    (await s3.send(new GetBucketEncryptionCommand({ Bucket }))).ServerSideEncryptionConfiguration?.Rules?.[0];

  test("is AES256 until it is set, and after it is deleted", async () => {
    const { s3 } = await runningStore();
    const standard = {
      ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" },
      BucketKeyEnabled: false,
    };
    expect(await ruleOf(s3)).toEqual(standard);
    expect(await put(s3)).toMatchObject({ ServerSideEncryption: "AES256" });
    await configure(s3, keyId, true);
    expect(await ruleOf(s3)).toEqual({
      ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: keyArn },
      BucketKeyEnabled: true,
    });
    await s3.send(new DeleteBucketEncryptionCommand({ Bucket }));
    expect(await ruleOf(s3)).toEqual(standard);
  });

  test("applies to objects whose requests do not ask for another one", async () => {
    const store = await runningStore();
    const { s3 } = store;
    await configure(s3, keyArn, true);
    await put(s3);
    expect(await head(s3)).toEqual(withBucketKey);
    await post(store, {});
    expect(await head(s3)).toEqual(withBucketKey);
    await put(s3, { BucketKeyEnabled: false });
    expect(await head(s3)).toEqual({ ...encrypted, BucketKeyEnabled: undefined });
    await put(s3, { ...encrypted, SSEKMSKeyId: otherArn });
    expect(await head(s3)).toEqual({ ...withBucketKey, SSEKMSKeyId: otherArn });
    await put(s3, { ServerSideEncryption: "AES256" });
    expect(await head(s3)).toMatchObject({ ServerSideEncryption: "AES256" });
  });

  test("does not change objects that exist", async () => {
    const { s3 } = await runningStore();
    await configure(s3, keyArn, false);
    await put(s3);
    await configure(s3, undefined, false);
    expect(await head(s3)).toEqual({ ...encrypted, BucketKeyEnabled: undefined });
  });
});

describe("a session may not", () => {
  const allow = (Action: string | string[], Resource = "*", Condition?: object) => ({
    Effect: "Allow",
    Action,
    Resource,
    ...(Condition && { Condition }),
  });
  const policy = (...Statement: object[]) => ({ Version: "2012-10-17", Statement });
  const denied = { name: "AccessDenied", status: 403 };

  test("write without kms:GenerateDataKey, nor read without kms:Decrypt", async () => {
    const { s3, session } = await runningStore();
    await put(s3, encrypted);
    const storageOnly = await session(policy(allow("s3:*")));
    await expect(put(storageOnly, encrypted)).rejects.toThrow(
      `is not authorized to perform: kms:GenerateDataKey on resource: "${keyArn}" because no session policy allows the kms:GenerateDataKey action`,
    );
    expect(await refusal(storageOnly.send(new GetObjectCommand(address)))).toEqual(denied);
    const reader = await session(policy(allow("s3:*"), allow("kms:Decrypt", keyArn)));
    const { Body } = await reader.send(new GetObjectCommand(address));
    expect(await Body?.transformToString()).toBe("hello");
    expect(await refusal(put(reader, encrypted))).toEqual(denied);
    const writer = await session(policy(allow("s3:*"), allow("kms:GenerateDataKey", keyArn)));
    await put(writer, encrypted);
    expect(await refusal(writer.send(new GetObjectCommand(address)))).toEqual(denied);
    expect(await refusal(put(writer, { ...encrypted, SSEKMSKeyId: otherArn }))).toEqual(denied);
  });

  test("read checksums without kms:Decrypt, although it may ask for everything else with HEAD", async () => {
    const { s3, session } = await runningStore();
    await put(s3, { ...encrypted, ChecksumAlgorithm: "SHA256" });
    const blind = await session(policy(allow("s3:*")));
    expect(await head(blind)).toMatchObject(encrypted);
    const withChecksum = new HeadObjectCommand({ ...address, ChecksumMode: "ENABLED" });
    expect((await refusal(blind.send(withChecksum))).status).toBe(403);
    const attributes = (...ObjectAttributes: ("Checksum" | "ObjectSize")[]) =>
      blind.send(new GetObjectAttributesCommand({ ...address, ObjectAttributes }));
    expect(await attributes("ObjectSize")).toMatchObject({ ObjectSize: 5 });
    expect(await refusal(attributes("Checksum"))).toEqual(denied);
  });

  test("send parts, complete an upload or copy parts without kms:Decrypt", async () => {
    const { s3, session } = await runningStore();
    await put(s3, { ...encrypted, Key: "source" });
    const starter = await session(policy(allow("s3:*"), allow("kms:GenerateDataKey")));
    const { UploadId } = await starter.send(new CreateMultipartUploadCommand({ ...address, ...encrypted }));
    const part = new UploadPartCommand({ ...address, UploadId, PartNumber: 1, Body: "hello" });
    expect(await refusal(starter.send(part))).toEqual(denied);
    const { ETag } = await s3.send(part);
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    const complete = new CompleteMultipartUploadCommand({ ...address, UploadId, MultipartUpload });
    expect(await refusal(starter.send(complete))).toEqual(denied);
    const source = { CopySource: `${Bucket}/source` };
    const copyPart = new UploadPartCopyCommand({ ...address, UploadId, PartNumber: 2, ...source });
    expect(await refusal(starter.send(copyPart))).toEqual(denied);
    expect(await refusal(starter.send(new CopyObjectCommand({ ...address, ...source })))).toEqual(denied);
    await s3.send(complete);
  });

  test("use a key for another bucket or object than its encryption context, or in another region", async () => {
    const { session } = await runningStore();
    const bound = (context: string, service = "s3.us-east-1.amazonaws.com") =>
      session(
        policy(
          allow("s3:*"),
          allow("kms:*", keyArn, {
            StringLike: { "kms:EncryptionContext:aws:s3:arn": context, "kms:ViaService": service },
          }),
        ),
      );
    const object = `arn:aws:s3:::${Bucket}/*`;
    await put(await bound(object), encrypted);
    expect(await refusal(put(await bound(object), withBucketKey))).toEqual(denied);
    await put(await bound(`arn:aws:s3:::${Bucket}`), withBucketKey);
    expect(await refusal(put(await bound(`arn:aws:s3:::${Bucket}`), encrypted))).toEqual(denied);
    expect(await refusal(put(await bound("arn:aws:s3:::other"), withBucketKey))).toEqual(denied);
    const elsewhere = bound(`arn:aws:s3:::${Bucket}`, "s3.eu-central-1.amazonaws.com");
    expect(await refusal(put(await elsewhere, withBucketKey))).toEqual(denied);
  });

  test("use a key that its role may not use", async () => {
    const role = { name: "storage", policy: policy(allow("s3:*")) };
    const store = await runningStore({ roles: [role] });
    const session = await store.session(undefined, "arn:aws:iam::000000000000:role/storage");
    await expect(put(session, encrypted)).rejects.toThrow(/no identity-based policy allows the kms:/);
    await put(session);
  });
});

describe("a request is refused, and nothing is stored, with", () => {
  test.each([
    ["a malformed key", { ...encrypted, SSEKMSKeyId: "no key" }, "KMS.NotFoundException", 400],
    [
      "an ARN of something else",
      { ...encrypted, SSEKMSKeyId: "arn:aws:s3:::demo" },
      "KMS.NotFoundException",
      400,
    ],
    [
      "a key of another region",
      { ...encrypted, SSEKMSKeyId: keyArn.replace("us-east-1", "eu-central-1") },
      "KMS.NotFoundException",
      400,
    ],
    ["an alias", { ...encrypted, SSEKMSKeyId: "alias/mine" }, "NotImplemented", 501],
    ["a key without an algorithm", { SSEKMSKeyId: keyArn }, "InvalidArgument", 400],
    ["a key and AES256", { ...encrypted, ServerSideEncryption: "AES256" }, "InvalidArgument", 400],
    ["no key", { ServerSideEncryption: "aws:kms" }, "NotImplemented", 501],
    ["two layers", { ...encrypted, ServerSideEncryption: "aws:kms:dsse" }, "NotImplemented", 501],
    ["an encryption context", { ...encrypted, SSEKMSEncryptionContext: "e30=" }, "NotImplemented", 501],
  ] as const)("%s", async (_, more, name, status) => {
    const { s3 } = await runningStore();
    expect(await refusal(put(s3, more))).toEqual({ name, status });
    expect(await refusal(s3.send(new HeadObjectCommand(address)))).toMatchObject({ status: 404 });
  });

  test("an encryption of a part or of a download", async () => {
    const { client, beginUpload } = await runningStore();
    const UploadId = await beginUpload("a");
    const s3 = client();
    s3.middlewareStack.add(
      (next) => (args) => {
        Object.assign((args.request as { headers: object }).headers, {
          "x-amz-server-side-encryption": "aws:kms",
        });
        return next(args);
      },
      { step: "build" },
    );
    const part = new UploadPartCommand({ ...address, UploadId, PartNumber: 1, Body: "x" });
    const refused = { name: "InvalidArgument", status: 400 };
    expect(await refusal(s3.send(part))).toEqual(refused);
    expect(await refusal(s3.send(new GetObjectCommand(address)))).toEqual(refused);
  });
});
