import {
  type CORSRule,
  DeleteBucketPolicyCommand,
  PutBucketCorsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutPublicAccessBlockCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, test, vi } from "vitest";
import type { Finding } from "../../src/commands/doctor/finding.ts";
import { complaintsOf } from "../api/doctor/examined.ts";
import { startIssuer } from "../support/issuer.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { type GrantRule, prepareTestServer, type TestServerOptions } from "../support/test-server.ts";
import { admin, ownPrefix, store } from "./store.ts";

const { examined: Bucket = "", private: forbidden } = store.buckets;
const issuer = await shareInFile(startIssuer());
const origin = "https://app.example.com";
const nowhere = "http://127.0.0.1:9";
const kmsKey = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const prefix = ownPrefix("examined");
const grants: readonly GrantRule[] = [
  { who: "authenticated", bucket: Bucket, prefix, allow: ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"] },
];

const text = (pattern: RegExp) => expect.stringMatching(pattern);

interface Breakage {
  readonly name: string;
  /** The server's configuration, with what is broken in it. */
  readonly options?: TestServerOptions;
  readonly claims?: { readonly aud?: string; readonly exp?: number; readonly team?: readonly string[] };
  readonly change?: () => Promise<unknown>;
  readonly undo?: () => Promise<unknown>;
  readonly found: Partial<Record<keyof Finding, unknown>>;
}

const goodRule: CORSRule = {
  AllowedOrigins: [origin],
  AllowedMethods: ["GET", "PUT", "POST"],
  AllowedHeaders: ["*"],
  ExposeHeaders: ["ETag"],
};
const setCors = (rule: Partial<CORSRule> = {}) =>
  admin.send(
    new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: [{ ...goodRule, ...rule }] } }),
  );
const withCors = (rule: Partial<CORSRule>) => ({ change: () => setCors(rule), undo: () => setCors() });
const withPolicy = (statement: object) => ({
  change: () => {
    const denied = { Effect: "Deny", Principal: "*", Resource: `arn:aws:s3:::${Bucket}/*`, ...statement };
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [denied] });
    return admin.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  },
  undo: () => admin.send(new DeleteBucketPolicyCommand({ Bucket })),
});
const teams = Array.from({ length: 20 }, (_, index) => `b${index}`);
const withEnv = (env: Record<string, string>) => ({ options: { env } });

const breakages: readonly Breakage[] = [
  {
    name: "an unknown variable",
    ...withEnv({ VALETKEY_ORIGIN: origin }),
    found: { check: "configuration", saw: text(/VALETKEY_ORIGIN:/) },
  },
  {
    name: "a missing secret",
    ...withEnv({ VALETKEY_SECRET: "" }),
    found: { check: "configuration", saw: text(/VALETKEY_SECRET/) },
  },
  {
    name: "a missing access file",
    ...withEnv({ VALETKEY_GRANTS: "/nonexistent/grants.yaml" }),
    found: { check: "configuration", saw: text(/cannot be read/) },
  },
  {
    name: "a mistake in the access file",
    options: { buckets: { [Bucket]: { region: "Frankfurt" } } },
    found: { check: "configuration", saw: text(/grants\.json:\d+:\d+: /) },
  },
  {
    name: "a development environment",
    ...withEnv({ NODE_ENV: "development" }),
    found: { check: "configuration", verdict: "warning" },
  },
  {
    name: "an issuer that cannot be reached",
    ...withEnv({ VALETKEY_JWKS_URL: `${nowhere}/jwks.json` }),
    found: { check: "tokens", saw: text(/cannot be fetched/) },
  },
  {
    name: "algorithms that the issuer does not use",
    ...withEnv({ VALETKEY_JWT_ALGORITHMS: "RS256" }),
    found: { check: "tokens", mend: text(/VALETKEY_JWT_ALGORITHMS/) },
  },
  {
    name: "a server without an issuer",
    options: { issuer: undefined },
    found: { check: "tokens", verdict: "warning" },
  },
  {
    name: "a token of another audience",
    claims: { aud: "somebody else" },
    found: { check: "token", saw: text(/not valid/) },
  },
  {
    name: "a token that has expired",
    claims: { exp: 1_700_000_000 },
    found: { check: "token", saw: text(/expired/) },
  },
  {
    name: "a token to whose caller no rule applies",
    options: { grants: grants.map((grant) => ({ ...grant, who: { team: "a" } })) },
    found: { check: "token", verdict: "warning", saw: text(/no rule applies/) },
  },
  {
    name: "a session policy that is too large for the widest caller",
    claims: { team: teams },
    options: {
      grants: teams.map((team, index) => ({
        who: { team },
        bucket: Bucket,
        prefix: `${prefix}${"p".repeat(80)}${index}/{sub}/`,
        allow: ["DOWNLOAD", "UPLOAD"],
      })),
    },
    found: { check: "session policy", verdict: "fault", saw: text(/STS takes 2048/) },
  },
  {
    name: "a role that does not exist",
    ...withEnv({ VALETKEY_ROLE_ARN: "arn:aws:iam:::role/nobody" }),
    found: { check: "role", verdict: "fault" },
  },
  {
    name: "sessions that are longer than the role allows",
    ...withEnv({ VALETKEY_SESSION_SECONDS: "7200" }),
    found: { check: "role", mend: text(/MaxSessionDuration/) },
  },
  {
    name: "an access key that STS does not know",
    ...withEnv({ AWS_ACCESS_KEY_ID: "AKIAUNKNOWN000000000" }),
    found: { check: "role", verdict: "fault" },
  },
  {
    name: "a wrong secret key",
    ...withEnv({ AWS_SECRET_ACCESS_KEY: "not the secret of this key" }),
    found: { check: "role", verdict: "fault" },
  },
  {
    name: "missing base credentials",
    ...withEnv({ AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" }),
    found: { check: "base credentials", means: text(/CREDENTIALS_UNAVAILABLE/) },
  },
  {
    name: "an STS that cannot be reached",
    ...withEnv({ AWS_ENDPOINT_URL_STS: nowhere }),
    found: { check: "role", mend: text(/AWS_ENDPOINT_URL_STS/) },
  },
  {
    name: "a store that cannot be reached",
    ...withEnv({ AWS_ENDPOINT_URL_S3: nowhere }),
    found: { check: "bucket.reach", saw: text(/does not respond/) },
  },
  {
    name: "a bucket that does not exist",
    options: { grants: [{ who: "authenticated", bucket: "no-such-bucket", allow: ["DOWNLOAD"] }] },
    found: { check: "bucket.reach", verdict: "fault" },
  },
  {
    name: "a bucket that the role may not use",
    options: { grants: [{ who: "authenticated", bucket: forbidden, allow: ["DOWNLOAD", "LIST"] }] },
    found: { check: "bucket.reach", verdict: "fault" },
  },
  {
    name: "a public endpoint that cannot be reached",
    ...withEnv({ VALETKEY_PUBLIC_ENDPOINT_URL: nowhere }),
    found: { check: "bucket.round trip", mend: text(/VALETKEY_PUBLIC_ENDPOINT_URL/) },
  },
  {
    name: "CORS rules for another origin",
    ...withCors({ AllowedOrigins: ["https://other.example.com"] }),
    found: { check: "bucket.cors", verdict: "fault", mend: text(/"AllowedOrigins"/) },
  },
  {
    name: "CORS rules without PUT",
    ...withCors({ AllowedMethods: ["GET"] }),
    found: { check: "bucket.cors", verdict: "fault" },
  },
  {
    name: "CORS rules without the headers of uploads",
    ...withCors({ AllowedHeaders: ["content-type"] }),
    found: { check: "bucket.cors", verdict: "fault" },
  },
  {
    name: "CORS rules that do not expose the ETag",
    ...withCors({ ExposeHeaders: [] }),
    found: { check: "bucket.cors", verdict: "warning", saw: text(/ETag/) },
  },
  {
    name: "a bucket's policy that demands TLS",
    ...withPolicy({ Action: "s3:*", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
    found: { check: "bucket.policy", saw: text(/without TLS/) },
  },
  {
    name: "a bucket's policy that refuses signatures older than ten minutes",
    ...withPolicy({ Action: "s3:*", Condition: { NumericGreaterThan: { "s3:signatureAge": "600000" } } }),
    found: { check: "bucket.policy", mend: text(/maxExpiresSeconds: 600/) },
  },
  {
    name: "a bucket's policy that demands a KMS key",
    ...withPolicy({
      Action: "s3:PutObject",
      Condition: { StringNotEquals: { "s3:x-amz-server-side-encryption-aws-kms-key-id": kmsKey } },
    }),
    found: { check: "bucket.policy", mend: text(/set kmsKey: arn:aws:kms/) },
  },
];

async function complaints(options: TestServerOptions = {}, claims: Breakage["claims"] = {}) {
  const { env, ...rest } = options;
  const token = await issuer.token({ sub: "alice", ...claims });
  await using server = await prepareTestServer({
    store,
    issuer,
    grants,
    ...rest,
    env: { VALETKEY_ORIGINS: origin, ...env },
  });
  const hasIssuer = !("issuer" in options);
  return await complaintsOf(server.env, hasIssuer ? token : undefined);
}

// test/api/doctor breaks the same on the embedded store.
describe.runIf(store.name === "ceph")("on Ceph, the doctor", () => {
  beforeAll(async () => {
    await setCors();
    await admin.send(
      new PutPublicAccessBlockCommand({
        Bucket,
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: false,
          IgnorePublicAcls: true,
          BlockPublicPolicy: true,
          RestrictPublicBuckets: true,
        },
      }),
    );
    const rule = {
      ID: "incomplete",
      Status: "Enabled",
      Filter: { Prefix: "" },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
    } as const;
    await admin.send(
      new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [rule] } }),
    );
  });

  test.each(breakages)("finds $name, and nothing once it is mended", async (breakage) => {
    const { options, claims, change, undo, found } = breakage;
    await change?.();
    try {
      expect(await complaints(options, claims)).toContainEqual(expect.objectContaining(found));
    } finally {
      await undo?.();
    }
    expect(await complaints()).toEqual([]);
  });

  test.each([
    [-20 * 60_000, "fault", /1200 s behind/],
    [20_000, "warning", /20 s ahead of/],
  ] as const)("finds a clock that is wrong by %d ms", async (aheadMs, verdict, saw) => {
    const now = Date.now;
    vi.spyOn(Date, "now").mockImplementation(() => now() + aheadMs);
    const found = await complaints().finally(() => vi.restoreAllMocks());
    expect(found).toContainEqual(expect.objectContaining({ check: "clock", verdict, saw: text(saw) }));
    expect(await complaints()).toEqual([]);
  });
});
