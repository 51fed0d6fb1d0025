import { GetObjectCommand, PutBucketEncryptionCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { completeUpload, copyObject, downloadUrl, requestUpload, uploadFile } from "../support/operations.ts";
import { bytesOf, sendPost, sendPut } from "../support/presigned-requests.ts";
import { startRecordingProxy } from "../support/recording-proxy.ts";
import { startRewritingSts } from "../support/rewriting-sts.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";
import { admin, inspect, noise, ownPrefix, refused, seed, store } from "./store.ts";

const { encryption } = store;
if (encryption === undefined) throw new Error("The store of this suite has an encrypted bucket.");
const { bucket, key: kmsKey, otherKey, demandingPrefix } = encryption;
const plainBucket = store.buckets.main;
const prefix = ownPrefix("kms");
const demanding = `${demandingPrefix}${prefix}`;
const body = noise(1000);

const gateway = await shareInFile(startRecordingProxy(store.endpoint));
/** Starts a server whose access file names this key, or none. Both buckets are used with sessions of one role. */
function startServer(key: string | undefined, stsEndpoint = gateway.url): Promise<TestServer> {
  const settings = {
    region: store.region,
    role: store.roleArn,
    endpoint: gateway.url,
    stsEndpoint,
    forcePathStyle: true,
  };
  return startTestServer({
    store,
    s3Url: gateway.url,
    grants: [bucket, plainBucket].map((name) => ({
      who: "anonymous",
      bucket: name,
      allow: ["UPLOAD", "DOWNLOAD"],
    })),
    buckets: {
      [bucket]: key === undefined ? settings : { ...settings, kmsKey: key },
      [plainBucket]: settings,
    },
  });
}
const server = await shareInFile(startServer(kmsKey));
const keyless = await shareInFile(startServer(undefined));
// On a store that cannot combine a POST with a session policy, its sessions have none.
const sts = await shareInFile(startRewritingSts(store, ({ Policy: _, ...asked }) => asked));
const forForms = store.differs("storesNoPostUnderSessionPolicy")
  ? await shareInFile(startServer(kmsKey, sts.url))
  : server;

/** Each kind of upload. It returns false if S3 refused what the server had signed. */
const kinds: Record<string, (to: TestServer, key: string) => Promise<boolean>> = {
  "a PUT": async ({ client }, key) => {
    const signed = await requestUpload(client, "PUT", { input: { bucket, key }, size: body.length });
    return (await sendPut(signed, body)).ok;
  },
  "a form": async ({ client }, key) => {
    const signed = await requestUpload(client, "POST", { input: { bucket, key }, size: body.length });
    return (await sendPost(signed, body)).ok;
  },
  "a multipart upload": async ({ client }, key) => {
    const input = { bucket, key };
    const upload = await requestUpload(client, "MULTIPART", { input, size: body.length });
    for (const part of upload.parts) expect((await sendPut(part, body)).status).toBe(200);
    await completeUpload(client, upload.id);
    return true;
  },
  "a file through the server": async ({ client }, key) => {
    await uploadFile(client, new Blob([body]), { bucket, key });
    return true;
  },
  "a copy": async ({ client }, key) => {
    const from = { bucket, key: `${prefix}source of ${key.length} characters` };
    await seed(bucket, from.key, body);
    await copyObject(client, from, { bucket, key });
    return true;
  },
};
const putKinds = ["a PUT", "a file through the server"];

const expectedHead = (key: string) => ({
  ServerSideEncryption: "aws:kms",
  SSEKMSKeyId: key,
  BucketKeyEnabled: store.differs("hasNoBucketKeys") ? undefined : true,
});

async function isEncrypted(key: string, withKey = kmsKey): Promise<void> {
  const stored = await inspect(bucket, key);
  expect(stored?.body.equals(body)).toBe(true);
  const { ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled } = stored?.head ?? {};
  expect({ ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled }).toEqual(expectedHead(withKey));
}

const download = async ({ client }: TestServer, key: string) => {
  const { url } = await downloadUrl(client, { bucket, key, verify: true });
  return await fetch(url);
};

describe.each(Object.entries(kinds))("%s to a bucket that demands a key", (kind, send) => {
  const isCopy = kind === "a copy";
  const isDeniedAnyway = store.differs("comparesKeysOfPutObjectOnly") && !putKinds.includes(kind);

  test("is encrypted with the key of the access file, and can be downloaded", async () => {
    const key = `${isDeniedAnyway ? "" : demanding}${prefix}${kind}`;
    const to = kind === "a form" ? forForms : server;
    expect(await send(to, key)).toBe(true);
    if (isCopy && store.differs("copiesNothingEncrypted")) {
      expect((await inspect(bucket, key))?.head.ServerSideEncryption).toBeUndefined();
      return;
    }
    await isEncrypted(key);
    const response = await download(server, key);
    expect(response.status).toBe(200);
    expect((await bytesOf(response)).equals(body)).toBe(true);
  });

  test("is refused if the access file names no key", async () => {
    const key = `${demanding}without a key ${kind}`;
    const sent = send(keyless, key).catch((error: { code: string }) => error.code);
    expect([false, "FORBIDDEN"]).toContain(await sent);
    expect(await inspect(bucket, key)).toBeUndefined();
  });
});

test("a copy of an encrypted object is read with its key", async () => {
  const from = { bucket, key: `${prefix}encrypted source` };
  await seed(bucket, from.key, body, { ServerSideEncryption: "aws:kms", SSEKMSKeyId: kmsKey });
  const copied = copyObject(server.client, from, { bucket, key: `${prefix}copy of encrypted` });
  if (store.differs("copiesNothingEncrypted")) await expect(copied).rejects.toThrow();
  else await copied.then(() => isEncrypted(`${prefix}copy of encrypted`));
});

test("a large file through the server is encrypted, part by part", async () => {
  const key = `${prefix}large`;
  const bytes = noise(12 * 2 ** 20);
  await uploadFile(server.client, new Blob([bytes]), { bucket, key });
  const stored = await inspect(bucket, key);
  expect(stored?.body.equals(bytes)).toBe(true);
  expect(stored?.head).toMatchObject({ ServerSideEncryption: "aws:kms", SSEKMSKeyId: kmsKey });
});

describe("what was signed cannot be used", () => {
  test("with another key, without one, or without encryption", async () => {
    const key = `${prefix}changed`;
    const signed = await requestUpload(server.client, "PUT", { input: { bucket, key }, size: body.length });
    const other = { "x-amz-server-side-encryption-aws-kms-key-id": otherKey };
    expect(refused).toContain((await sendPut(signed, body, other)).status);
    expect(refused).toContain((await sendPut({ ...signed, headers: [] }, body)).status);
    const plain = { "x-amz-server-side-encryption": "AES256" };
    expect(refused).toContain((await sendPut(signed, body, plain)).status);
    const form = await requestUpload(forForms.client, "POST", { input: { bucket, key }, size: body.length });
    expect(refused).toContain((await sendPost(form, body, other)).status);
    const withoutKey = form.fields.filter(({ name }) => !name.startsWith("x-amz-server-side"));
    expect(refused).toContain((await sendPost({ ...form, fields: withoutKey }, body)).status);
    expect(await inspect(bucket, key)).toBeUndefined();
  });
});

describe("the store, asked with a caller's bare temporary credentials,", () => {
  /** The credentials that a new server gets with its first request, used around the server. */
  async function bareClient(of: TestServer): Promise<S3Client> {
    const before = gateway.roleSessions.length;
    await downloadUrl(of.client, { bucket, key: `${prefix}a`, verify: false });
    const credentials = gateway.roleSessions[before];
    if (credentials === undefined) throw new Error("No AssumeRole was seen.");
    const { endpoint, region } = store;
    return new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 });
  }
  const put = (s3: S3Client, Bucket: string, key: string | undefined) =>
    s3.send(
      new PutObjectCommand({
        Bucket,
        Key: `${prefix}bare`,
        Body: body,
        ...(key !== undefined && {
          ServerSideEncryption: "aws:kms",
          SSEKMSKeyId: key,
          BucketKeyEnabled: true,
        }),
      }),
    );
  const refusal = { name: "AccessDenied", $metadata: { httpStatusCode: 403 } };

  test("allows the key of the bucket, and only for that bucket", async () => {
    await using fresh = await startServer(kmsKey);
    const s3 = await bareClient(fresh);
    await put(s3, bucket, kmsKey);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: `${prefix}bare` }));
    expect(await Body?.transformToByteArray()).toEqual(new Uint8Array(body));
    await put(s3, plainBucket, undefined);
    if (store.differs("asksForNoKmsPermissions")) return;
    for (const refusedPut of [put(s3, bucket, otherKey), put(s3, plainBucket, kmsKey)]) {
      await expect(refusedPut).rejects.toMatchObject({
        ...refusal,
        message: expect.stringMatching(/no session policy allows the kms:GenerateDataKey action/),
      });
    }
  });

  test("allows no key if the access file names none", async () => {
    await seed(bucket, `${prefix}encrypted`, body, { ServerSideEncryption: "aws:kms", SSEKMSKeyId: kmsKey });
    await using fresh = await startServer(undefined);
    const s3 = await bareClient(fresh);
    const read = s3.send(new GetObjectCommand({ Bucket: bucket, Key: `${prefix}encrypted` }));
    if (store.differs("asksForNoKmsPermissions")) {
      await expect(read).resolves.toMatchObject({ ContentLength: body.length });
      return;
    }
    await expect(read).rejects.toMatchObject(refusal);
    await expect(put(s3, bucket, kmsKey)).rejects.toMatchObject(refusal);
    expect((await download(fresh, `${prefix}encrypted`)).status).toBe(403);
  });
});

test("after a change of the key, sessions may not use the old one: for objects, and for uploads in progress", async () => {
  const key = `${prefix}old key`;
  await seed(bucket, key, body, { ServerSideEncryption: "aws:kms", SSEKMSKeyId: kmsKey });
  const input = { bucket, key: `${prefix}begun` };
  const begun = await requestUpload(server.client, "MULTIPART", { input, size: body.length });
  for (const part of begun.parts) expect((await sendPut(part, body)).status).toBe(200);
  await using changed = await startServer(otherKey);
  const response = await download(changed, key);
  expect(response.status).toBe(store.differs("asksForNoKmsPermissions") ? 200 : 403);
  const completed = completeUpload(changed.client, begun.id);
  if (store.differs("asksForNoKmsPermissions")) await completed;
  else await expect(completed).rejects.toMatchObject({ code: "FORBIDDEN" });
  await kinds["a PUT"]?.(changed, `${prefix}new key`);
  await isEncrypted(`${prefix}new key`, otherKey);
});

test("a bucket with a default key needs the same entry, which gives sessions the permissions", async () => {
  const ServerSideEncryptionConfiguration = {
    Rules: [
      {
        ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms" as const, KMSMasterKeyID: kmsKey },
        BucketKeyEnabled: true,
      },
    ],
  };
  const configured = admin.send(
    new PutBucketEncryptionCommand({ Bucket: bucket, ServerSideEncryptionConfiguration }),
  );
  if (store.differs("hasNoDefaultEncryption")) {
    await expect(configured).rejects.toThrow();
    return;
  }
  await configured;
  expect(await kinds["a PUT"]?.(keyless, `${prefix}default`)).toBe(false);
  expect(await kinds["a PUT"]?.(server, `${prefix}default`)).toBe(true);
  await isEncrypted(`${prefix}default`);
});
