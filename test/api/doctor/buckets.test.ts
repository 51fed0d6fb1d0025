import { request } from "node:http";
import {
  type CORSRule,
  DeleteBucketEncryptionCommand,
  DeleteBucketPolicyCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketCorsCommand,
  PutBucketEncryptionCommand,
  PutBucketPolicyCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import type { Finding } from "../../../src/commands/doctor/finding.ts";
import { startCdnBucket } from "../../support/cdn-buckets.ts";
import { startHttpServer } from "../../support/listening.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import {
  bucket,
  type GrantRule,
  prepareTestServer,
  type TestServerOptions,
  versionedBucket,
} from "../../support/test-server.ts";
import { startTestStore } from "../../support/test-store.ts";
import { complaintsOf } from "./examined.ts";

const text = (pattern: RegExp) => expect.stringMatching(pattern);

const store = await shareInFile(startTestStore());
const region = "us-east-1";
const origin = "https://app.example.com";
const kmsKey = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const otherKey = "arn:aws:kms:us-east-1:000000000000:key/aaaaaaaa-12ab-34cd-56ef-1234567890ab";

const grants: readonly GrantRule[] = [
  { who: "anonymous", bucket, prefix: "files/", allow: ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"] },
];

interface Breakage {
  readonly name: string;
  /** Changes the bucket. */
  readonly change?: (admin: S3Client) => Promise<unknown>;
  readonly options?: TestServerOptions;
  readonly found: Partial<Record<keyof Finding, unknown>>;
  readonly undo?: (admin: S3Client) => Promise<unknown>;
  readonly mended?: TestServerOptions;
  /** Restores the bucket for the next test. Default: `undo`. */
  readonly after?: (admin: S3Client) => Promise<unknown>;
}

const setCors =
  (...CORSRules: CORSRule[]) =>
  (admin: S3Client) =>
    admin.send(new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration: { CORSRules } }));
const goodRule: CORSRule = {
  AllowedOrigins: [origin],
  AllowedMethods: ["GET", "PUT", "POST"],
  AllowedHeaders: ["*"],
  ExposeHeaders: ["ETag"],
};
const withOrigin = { env: { VALETKEY_ORIGINS: origin } };

const setPolicy = (statement: object) => (admin: S3Client) => {
  const Statement = [{ Effect: "Deny", Principal: "*", Resource: `arn:aws:s3:::${bucket}/*`, ...statement }];
  return admin.send(
    new PutBucketPolicyCommand({
      Bucket: bucket,
      Policy: JSON.stringify({ Version: "2012-10-17", Statement }),
    }),
  );
};
const removePolicy = (admin: S3Client) => admin.send(new DeleteBucketPolicyCommand({ Bucket: bucket }));

const setDefaultKey = (KMSMasterKeyID: string) => (admin: S3Client) =>
  admin.send(
    new PutBucketEncryptionCommand({
      Bucket: bucket,
      ServerSideEncryptionConfiguration: {
        Rules: [
          {
            ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID },
            BucketKeyEnabled: true,
          },
        ],
      },
    }),
  );
const removeDefaultKey = (admin: S3Client) =>
  admin.send(new DeleteBucketEncryptionCommand({ Bucket: bucket }));

const breakages: readonly Breakage[] = [
  {
    name: "a bucket that does not exist",
    options: { grants: [{ who: "anonymous", bucket: "no-such-bucket", allow: ["DOWNLOAD"] }] },
    found: { check: "bucket.reach", saw: text(/no such bucket/) },
  },
  {
    name: "a bucket in another region",
    options: {
      env: { VALETKEY_REGIONS: "us-east-1,eu-west-1" },
      buckets: { [bucket]: { region: "eu-west-1" } },
    },
    found: { check: "bucket.reach", mend: text(/region: us-east-1/) },
  },
  {
    name: "a bucket of another account",
    options: { buckets: { [bucket]: { owner: "111122223333" } } },
    found: { check: "bucket.reach", saw: text(/not belong to the account 111122223333/) },
    mended: { buckets: { [bucket]: { owner: "000000000000" } } },
  },
  {
    name: "a store that nobody listens at",
    options: { s3Url: "http://127.0.0.1:9", stsUrl: store.description.endpoint },
    found: { check: "bucket.reach", saw: text(/does not respond/) },
  },
  {
    name: "a bucket without CORS rules for the origin",
    change: setCors({ ...goodRule, AllowedOrigins: ["https://other.example.com"] }),
    options: withOrigin,
    found: { check: "bucket.cors", verdict: "fault", mend: text(/"AllowedOrigins": \[\s*"https:\/\/app/) },
    undo: setCors(goodRule),
    mended: withOrigin,
  },
  {
    name: "CORS rules without PUT",
    change: setCors({ ...goodRule, AllowedMethods: ["GET"] }),
    options: withOrigin,
    found: { check: "bucket.cors", verdict: "fault" },
    undo: setCors({ ...goodRule, AllowedOrigins: ["https://*.example.com"] }),
    mended: withOrigin,
  },
  {
    name: "CORS rules that do not allow the headers of uploads",
    change: setCors({ ...goodRule, AllowedHeaders: ["content-type"] }),
    options: withOrigin,
    found: { check: "bucket.cors", verdict: "fault" },
    undo: setCors(goodRule),
    mended: withOrigin,
  },
  {
    name: "CORS rules that do not expose the ETag",
    change: setCors({ ...goodRule, ExposeHeaders: [] }),
    options: withOrigin,
    found: { check: "bucket.cors", verdict: "warning", saw: text(/ETag/) },
    undo: setCors(goodRule),
    mended: withOrigin,
  },
  {
    name: "a default key that the access file does not name",
    change: setDefaultKey(kmsKey),
    found: { check: "bucket.encryption", verdict: "fault", mend: text(/set kmsKey/) },
    mended: { buckets: { [bucket]: { region, kmsKey } } },
    after: removeDefaultKey,
  },
  {
    name: "a default key that is not the one of the access file",
    change: setDefaultKey(kmsKey),
    options: { buckets: { [bucket]: { region, kmsKey: otherKey } } },
    found: { check: "bucket.encryption", verdict: "warning" },
    undo: removeDefaultKey,
    mended: { buckets: { [bucket]: { region, kmsKey: otherKey } } },
  },
  {
    name: "a bucket's policy that demands a key",
    change: setPolicy({
      Action: "s3:PutObject",
      Condition: { StringNotEquals: { "s3:x-amz-server-side-encryption-aws-kms-key-id": kmsKey } },
    }),
    found: { check: "bucket.policy", verdict: "fault", mend: text(/set kmsKey: arn:aws:kms/) },
    mended: { buckets: { [bucket]: { region, kmsKey } } },
    after: removePolicy,
  },
  {
    name: "a bucket's policy that demands TLS",
    change: setPolicy({ Action: "s3:*", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
    found: { check: "bucket.policy", saw: text(/without TLS/) },
    undo: removePolicy,
  },
  {
    name: "a bucket's policy that refuses signatures older than ten minutes",
    change: setPolicy({ Action: "s3:*", Condition: { NumericGreaterThan: { "s3:signatureAge": "600000" } } }),
    found: { check: "bucket.policy", verdict: "warning", mend: text(/maxExpiresSeconds: 600/) },
    undo: removePolicy,
  },
  {
    name: "a public endpoint that nobody can reach",
    options: { env: { VALETKEY_PUBLIC_ENDPOINT_URL: "http://127.0.0.1:9" } },
    found: {
      check: "bucket.round trip",
      saw: text(/^PUT with a presigned URL/),
      mend: text(/VALETKEY_PUBLIC_ENDPOINT_URL/),
    },
  },
];

test.each(breakages)("the doctor finds $name, and nothing once it is mended", async (breakage) => {
  const { change, options = {}, found, undo, mended, after } = breakage;
  await using server = await prepareTestServer({ store: store.description });
  await change?.(server.admin);
  try {
    expect(await complaintsAbout(options)).toContainEqual(expect.objectContaining(found));
    await undo?.(server.admin);
    expect(await complaintsAbout(mended)).toEqual([]);
  } finally {
    await (after ?? undo)?.(server.admin);
  }
});

test("the doctor finds a proxy that changes the Host header", async () => {
  const { endpoint } = store.description;
  await using proxy = await startHttpServer((incoming, response) => {
    const { method = "GET", url: path = "/", headers } = incoming;
    const passed = request(
      `${endpoint}${path}`,
      { method, headers: { ...headers, host: new URL(endpoint).host } },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    incoming.pipe(passed);
  });
  const env = { VALETKEY_PUBLIC_ENDPOINT_URL: proxy.url };
  expect(await complaintsAbout({ env })).toContainEqual(
    expect.objectContaining({
      check: "bucket.round trip",
      saw: text(/SignatureDoesNotMatch/),
      mend: text(/proxy .* Host header/),
    }),
  );
});

test("the doctor finds a key that is not in the distribution's key group, and nothing with the right one", async () => {
  const cdn = { store: store.description, bucket, keyType: "ec" } as const;
  await using right = await startCdnBucket(cdn);
  await using wrong = await startCdnBucket(cdn);
  const settings = { cdn: { ...right.settings.cdn, privateKeyFile: wrong.settings.cdn.privateKeyFile } };
  expect(await complaintsAbout({ buckets: { [bucket]: settings } })).toContainEqual(
    expect.objectContaining({
      check: "bucket.round trip",
      saw: text(/^GET through the CDN/),
      mend: text(/key group/),
    }),
  );
  expect(await complaintsAbout({ buckets: { [bucket]: right.settings } })).toEqual([]);
});

test("the doctor leaves nothing behind, in a bucket with versions too", async () => {
  const versioned = grants.map((grant) => ({ ...grant, bucket: versionedBucket }));
  expect(await complaintsAbout({ grants: [...grants, ...versioned] })).toEqual([]);
  await using server = await prepareTestServer({ store: store.description });
  for (const Bucket of [bucket, versionedBucket]) {
    const { Versions = [], DeleteMarkers = [] } = await server.admin.send(
      new ListObjectVersionsCommand({ Bucket }),
    );
    const { Uploads = [] } = await server.admin.send(new ListMultipartUploadsCommand({ Bucket }));
    expect([...Versions, ...DeleteMarkers, ...Uploads]).toEqual([]);
  }
});

async function complaintsAbout(options: TestServerOptions = {}): Promise<Finding[]> {
  await using server = await prepareTestServer({ store: store.description, grants, ...options });
  return (await complaintsOf(server.env)).filter(({ check }) => check !== "tokens");
}
