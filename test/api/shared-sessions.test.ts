import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { beforeEach, expect, test } from "vitest";
import { untilServed } from "../support/graphql-client.ts";
import { startIssuer } from "../support/issuer.ts";
import { sendPart } from "../support/multipart-uploads.ts";
import { downloadUrl, type MultipartUpload, requestUpload } from "../support/operations.ts";
import { startRecordingProxy } from "../support/recording-proxy.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { requestCredentials } from "../support/temporary-credentials.ts";
import { bucket, otherBucket, startTestServer, versionedBucket } from "../support/test-server.ts";
import { startTestStore } from "../support/test-store.ts";

const { description: store } = await shareInFile(startTestStore());
const sts = await shareInFile(startRecordingProxy(store.endpoint));
const issuer = await shareInFile(startIssuer());
const shared = { bucket, prefix: "team/", allow: ["DOWNLOAD", "UPLOAD"], shareSessions: true } as const;
const grants = [
  { who: { team: "reports" }, ...shared, contentTypes: ["image/*"] },
  { who: { team: "design" }, ...shared, contentTypes: ["text/html"] },
  { who: { team: "mixed" }, ...shared },
  { who: { team: "mixed" }, bucket, prefix: "users/{sub}/", allow: ["DOWNLOAD"] },
  { who: { team: "others" }, bucket: versionedBucket, allow: ["DOWNLOAD"], shareSessions: true },
  {
    who: { team: "clients" },
    bucket,
    prefix: "team/",
    allow: ["DOWNLOAD", "CREDENTIALS"],
    shareSessions: true,
  },
] as const;
const server = await shareInFile(
  startTestServer({ store, issuer, s3Url: store.endpoint, stsUrl: sts.url, grants }),
);
const caller = async (sub: string, team: string) => server.client.as(await issuer.token({ sub, team }));
const file = { bucket, key: "team/a", verify: false };

beforeEach(() => sts.forget());

test("200 callers with equal grants cost one AssumeRole", async () => {
  const callers = await Promise.all(
    Array.from({ length: 200 }, (_, index) => caller(`caller-${index}`, "reports")),
  );
  await Promise.all(callers.map((each) => untilServed(() => downloadUrl(each, file))));
  expect(sts.count("AssumeRole")).toBe(1);
});

test("callers with a grant for themselves have sessions of their own", async () => {
  for (const sub of ["alice", "bob"]) await downloadUrl(await caller(sub, "mixed"), file);
  expect(new Set(sts.roleSessions.map(({ accessKeyId }) => accessKeyId)).size).toBe(2);
});

test("a shared session reaches only what the grants of each of its callers allow", async () => {
  const erin = await caller("erin", "others");
  await downloadUrl(erin, { bucket: versionedBucket, key: "a", verify: false });
  for (const at of [file, { ...file, bucket: otherBucket }])
    await expect(downloadUrl(erin, at)).rejects.toMatchObject({ code: "FORBIDDEN" });
  const [credentials] = sts.roleSessions;
  if (credentials === undefined) throw new Error("No AssumeRole was seen.");
  const { endpoint, region } = store;
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 });
  try {
    for (const command of [
      new GetObjectCommand({ Bucket: bucket, Key: file.key }),
      new PutObjectCommand({ Bucket: versionedBucket, Key: "a", Body: "x" }),
    ]) {
      const refusal = { $metadata: { httpStatusCode: 403 } };
      await expect(s3.send(command as PutObjectCommand)).rejects.toMatchObject(refusal);
    }
  } finally {
    s3.destroy();
  }
});

test("callers who share a session resume only their own uploads", async () => {
  const begin = async (sub: string, team: string, contentType: string) =>
    (await requestUpload(await caller(sub, team), "MULTIPART", {
      input: { bucket, key: "team/large", contentType },
      size: 9e6,
      resume: true,
      firstParts: 1,
    })) as MultipartUpload;
  const ofAlice = await begin("alice", "reports", "image/png");
  await sendPart(ofAlice, 1);
  // This caller's grants and request are equal, and S3 shows the same session for both.
  expect((await begin("carol", "reports", "image/png")).uploadedParts).toEqual([]);
  expect((await begin("dave", "design", "text/html")).uploadedParts).toEqual([]);
  const resumed = await begin("alice", "reports", "image/png");
  expect(resumed.id).toBe(ofAlice.id);
  expect(resumed.uploadedParts).toHaveLength(1);
  expect(sts.count("AssumeRole")).toBeLessThanOrEqual(2);
});

test("credentials of a client are never of a shared session", async () => {
  const names: string[] = [];
  for (const sub of ["alice", "bob"]) {
    const client = await caller(sub, "clients");
    const { accessKeyId } = await requestCredentials(client, {
      bucket,
      prefix: "team/",
      actions: ["DOWNLOAD"],
    });
    names.push(accessKeyId);
  }
  expect(new Set(names).size).toBe(2);
  expect(sts.count("AssumeRole")).toBe(2);
});
