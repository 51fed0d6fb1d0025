import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { beforeEach, describe, expect, test } from "vitest";
import type { ObjectAction } from "../../src/access/grants.ts";
import { startIssuer } from "../support/issuer.ts";
import { downloadUrl } from "../support/operations.ts";
import { startRecordingProxy } from "../support/recording-proxy.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { requestCredentials, s3ClientWith } from "../support/temporary-credentials.ts";
import { startTestServer } from "../support/test-server.ts";
import { inspect, ownPrefix, seed, store } from "./store.ts";

const bucket = store.buckets.main;
const area = ownPrefix("credentials");
const own = `${area}alice/`;
const asked = `${own}asked/`;
const proxy = await shareInFile(startRecordingProxy(store.endpoint));
const issuer = await shareInFile(startIssuer());
const server = await shareInFile(
  startTestServer({
    store,
    issuer,
    s3Url: proxy.url,
    grants: [
      {
        who: "authenticated",
        bucket,
        prefix: `${area}{sub}/`,
        allow: ["DOWNLOAD", "UPLOAD", "LIST", "DELETE", "CREDENTIALS"],
      },
      { who: "authenticated", bucket: store.buckets.versioned, allow: ["DOWNLOAD", "UPLOAD", "CREDENTIALS"] },
      { who: { role: "auditor" }, bucket, allow: ["LIST", "UPLOAD", "CREDENTIALS"] },
    ],
  }),
);
const alice = server.client.as(await issuer.token({ sub: "alice" }));

const key = `${asked}a.txt`;
const at = (Key: string, Bucket = bucket) => ({ Bucket, Key });
type Call = (s3: S3Client) => Promise<unknown>;
const read =
  (Key: string, Bucket?: string): Call =>
  (s3) =>
    s3.send(new GetObjectCommand(at(Key, Bucket)));
const write =
  (Key: string, Bucket?: string): Call =>
  (s3) =>
    s3.send(new PutObjectCommand({ ...at(Key, Bucket), Body: "written" }));
const remove =
  (Key: string): Call =>
  (s3) =>
    s3.send(new DeleteObjectCommand(at(Key)));
const list =
  (Prefix: string | undefined): Call =>
  (s3) =>
    s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix }));

/** What the credentials for one action allow below the prefix that was asked for. */
const within: Readonly<Record<ObjectAction, readonly Call[]>> = {
  DOWNLOAD: [read(key), (s3) => s3.send(new HeadObjectCommand(at(key)))],
  UPLOAD: [write(`${asked}new.txt`), uploadInParts(`${asked}large.bin`)],
  LIST: [list(asked), list(`${asked}a`)],
  DELETE: [remove(`${asked}old.txt`)],
};
/** What no credentials for that prefix allow. */
const beyond: readonly (readonly [string, Call])[] = [
  ["reading above the prefix", read(`${own}above.txt`)],
  ["reading a sibling with the same beginning", read(`${own}asked.txt`)],
  ["reading what belongs to another caller", read(`${area}bob/b.txt`)],
  ["reading another bucket", read(key, store.buckets.versioned)],
  ["writing above the prefix", write(`${own}above.txt`)],
  ["writing to another bucket", write(key, store.buckets.versioned)],
  ["deleting above the prefix", remove(`${own}above.txt`)],
  ["listing above the prefix", list(own)],
  ["listing the prefix without its slash", list(`${own}asked`)],
  ["listing the whole bucket", list(undefined)],
  ["listing uploads", (s3) => s3.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: asked }))],
];
const refusal = { $metadata: { httpStatusCode: 403 } };
const allActions = ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"] as const;

beforeEach(async () => {
  await Promise.all(
    [key, `${asked}old.txt`, `${own}above.txt`, `${own}asked.txt`, `${area}bob/b.txt`].map((each) =>
      seed(bucket, each, "seeded"),
    ),
  );
  await seed(store.buckets.versioned, key, "seeded");
  proxy.forget();
});

describe("the store, asked with the credentials alone,", () => {
  test.each(allActions)("allows %s below the prefix, and no other action", async (action) => {
    await using s3 = s3ClientWith(
      await requestCredentials(alice, { bucket, prefix: asked, actions: [action] }),
    );
    for (const each of allActions) {
      for (const call of within[each]) {
        if (each === action) await call(s3);
        else await expect(call(s3)).rejects.toMatchObject(refusal);
      }
    }
  });

  test("allows all actions at once, below the prefix only", async () => {
    const issued = await requestCredentials(alice, { bucket, prefix: asked, actions: allActions });
    await using s3 = s3ClientWith(issued);
    for (const call of Object.values(within).flat()) await call(s3);
    for (const [what, call] of beyond) await expect(call(s3), what).rejects.toMatchObject(refusal);
    expect((await inspect(bucket, `${own}above.txt`))?.body.toString()).toBe("seeded");
  });

  test("lists the uploads in progress of a whole bucket that the client may upload to", async () => {
    const auditor = server.client.as(await issuer.token({ sub: "alice", role: "auditor" }));
    await using s3 = s3ClientWith(await requestCredentials(auditor, { bucket, actions: ["UPLOAD", "LIST"] }));
    await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: own }));
    await list(undefined)(s3);
    await write(`${own}of-auditor.txt`)(s3);
    await expect(read(key)(s3)).rejects.toMatchObject(refusal);
  });
});

describe("the response", () => {
  test("says how long the credentials are valid and how to reach the store", async () => {
    const before = Date.now();
    const issued = await requestCredentials(alice, { bucket, prefix: asked, actions: ["DOWNLOAD"] });
    const { region } = store;
    expect(issued).toMatchObject({
      bucket,
      prefix: asked,
      region,
      endpoint: proxy.url,
      forcePathStyle: true,
    });
    const seconds = (Date.parse(issued.expiresAt) - before) / 1_000;
    expect(seconds).toBeGreaterThan(890);
    // The store's clock is this machine's, and its times are whole seconds.
    expect(seconds).toBeLessThan(905 + (Date.now() - before) / 1_000);
  });

  test("has the lifetime that was asked for", async () => {
    const before = Date.now();
    const request = { bucket, prefix: asked, actions: ["LIST"], durationSeconds: 3600 } as const;
    const { expiresAt } = await requestCredentials(alice, request);
    expect((Date.parse(expiresAt) - before) / 1_000).toBeGreaterThan(3590);
  });
});

describe("credentials are never pooled", () => {
  test("each request assumes the role anew, with its own policy", async () => {
    const request = { bucket, prefix: asked, actions: ["DOWNLOAD"] } as const;
    const issued = await Promise.all(Array.from({ length: 5 }, () => requestCredentials(alice, request)));
    expect(new Set(issued.map(({ accessKeyId }) => accessKeyId)).size).toBe(5);
    expect(proxy.count("AssumeRole")).toBe(5);
    expect(proxy.requests).toHaveLength(5);
  });

  test("the server's own calls and URLs use other credentials", async () => {
    const { accessKeyId } = await requestCredentials(alice, { bucket, prefix: asked, actions: ["DOWNLOAD"] });
    const { url } = await downloadUrl(alice, { bucket, key });
    expect((await fetch(url)).status).toBe(200);
    expect(url).not.toContain(accessKeyId);
    const issuedLater = await requestCredentials(alice, { bucket, prefix: asked, actions: ["DOWNLOAD"] });
    expect(url).not.toContain(issuedLater.accessKeyId);
  });
});

/** Sends, lists, completes, and aborts, as the AWS CLI does for large files. */
function uploadInParts(Key: string): Call {
  return async (s3) => {
    const create = () => s3.send(new CreateMultipartUploadCommand(at(Key)));
    const { UploadId } = await create();
    const part = { ...at(Key), UploadId, PartNumber: 1 };
    const { ETag } = await s3.send(new UploadPartCommand({ ...part, Body: "part" }));
    const { Parts } = await s3.send(new ListPartsCommand({ ...at(Key), UploadId }));
    expect(Parts).toHaveLength(1);
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await s3.send(new CompleteMultipartUploadCommand({ ...at(Key), UploadId, MultipartUpload }));
    const { UploadId: abandoned } = await create();
    await s3.send(new AbortMultipartUploadCommand({ ...at(Key), UploadId: abandoned }));
  };
}
