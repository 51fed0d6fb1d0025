import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type CORSRule,
  CreateBucketCommand,
  HeadObjectCommand,
  PutBucketCorsCommand,
  PutBucketEncryptionCommand,
  PutBucketPolicyCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { startEmbeddedS3 } from "@valetkey/embedded-s3";
import { describe, expect, test } from "vitest";
import { repository } from "../../support/build-context.ts";
import { forwardedParameters } from "../../support/cloudfront.ts";
import { codeBlocks } from "../../support/markdown.ts";
import { beginUpload, sendPart, twoPartsBytes } from "../../support/multipart-uploads.ts";
import { completeUpload, downloadUrl, requestUpload, uploadFile } from "../../support/operations.ts";
import { sendPut } from "../../support/presigned-requests.ts";
import { startTogether } from "../../support/resources.ts";
import {
  type Block,
  evaluateModule,
  type Policy,
  readTerraformModule,
} from "../../support/terraform-module.ts";
import { startTestServer } from "../../support/test-server.ts";

const moduleOf = (name: string) => readTerraformModule(join(repository, "deploy/terraform/modules", name));
const guide = (name: string) => readFileSync(join(repository, "docs/guides", name), "utf8");
const role = await moduleOf("role");
const bucket = await moduleOf("bucket");
const cdn = await moduleOf("cdn");
const trail = await moduleOf("trail");

const name = "user-content";
const region = "eu-central-1";
const account = "111122223333";
const serverArn = `arn:aws:iam::${account}:role/valetkey-server`;
const keyArn = `arn:aws:kms:${region}:${account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const distributionArn = `arn:aws:cloudfront::${account}:distribution/EDFDVBD6EXAMPLE`;
const externalId = "a-value-of-your-own";

const evaluateRole = (variables: Block = {}) =>
  evaluateModule(
    role,
    {
      ...{ server_arns: [serverArn], external_id: externalId, bucket_arns: [`arn:aws:s3:::${name}`], region },
      ...variables,
    },
    { "aws_iam_role.this": { id: "valetkey" } },
  );

const evaluateBucket = (variables: Block = {}) =>
  evaluateModule(
    bucket,
    { name, origins: ["https://app.example.com"], ...variables },
    {
      "aws_s3_bucket.this": { id: name, arn: `arn:aws:s3:::${name}` },
      "aws_kms_key.this": [{ arn: keyArn }],
      "data.aws_caller_identity.current": { account_id: account },
    },
  );

/** A statement with lists in the place of single values, so that both forms are equal. */
function withLists(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withLists);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== "Sid");
  return Object.fromEntries(
    entries.map(([key, each]) => [key, typeof each === "string" ? [each] : withLists(each)]),
  );
}
const statementsOf = ({ Statement }: Policy) => withLists(Statement) as unknown[];
const policyIn = (page: string, index: number) =>
  statementsOf(JSON.parse(codeBlocks("json", guide(page))[index] ?? "") as Policy);

describe("the policies of the Terraform modules are those of the guides", () => {
  test("trust policies", () => {
    const all = policyIn("iam-policies.md", 1);
    expect(statementsOf(evaluateRole().policy("trust"))).toEqual(all.slice(0, 1));
    const withAll = evaluateRole({ session_tags: true, source_identity: true });
    expect(statementsOf(withAll.policy("trust"))).toEqual(all);
  });

  test("permissions of the role", () => {
    const [objects, list] = policyIn("iam-policies.md", 2);
    const [useOfKey] = policyIn("kms.md", 1);
    const policy = evaluateRole({ kms_key_arns: { [name]: keyArn }, allow_doctor: false }).policy(
      "permissions",
    );
    expect(statementsOf(policy)).toEqual([objects, list, useOfKey]);
  });

  test("the policy of the bucket", () => {
    const [onlyTls] = policyIn("iam-policies.md", 4);
    const [demandKey] = policyIn("kms.md", 2);
    expect(statementsOf(evaluateBucket().policy("bucket"))).toEqual([onlyTls]);
    const policy = evaluateBucket({ kms: true, demand_kms_key: true }).policy("bucket");
    expect(statementsOf(policy)).toEqual([onlyTls, demandKey]);
  });

  test("policies for CloudFront", () => {
    const evaluated = evaluateBucket({ kms: true, distribution_arns: [distributionArn] });
    expect(statementsOf(evaluated.policy("bucket")).at(-1)).toEqual({
      Effect: ["Allow"],
      Principal: { Service: ["cloudfront.amazonaws.com"] },
      Action: ["s3:GetObject", "s3:GetObjectVersion"],
      Resource: [`arn:aws:s3:::${name}/*`],
      Condition: { StringEquals: { "AWS:SourceArn": [distributionArn] } },
    });
    const [ofAccount] = policyIn("kms.md", 0);
    const [ofDistribution] = policyIn("cloudfront.md", 0);
    expect(statementsOf(evaluated.policy("key"))).toEqual([ofAccount, ofDistribution]);
  });
});

test("the CORS rules of the module are those of the guide", () => {
  const [json = ""] = codeBlocks("json", guide("cors.md"));
  const { CORSRules } = JSON.parse(json) as { CORSRules: unknown };
  expect(corsRules(evaluateBucket())).toEqual(CORSRules);
  expect(corsRules(evaluateBucket({ versioning: true }))).toMatchObject([
    { ExposeHeaders: ["ETag", "x-amz-version-id"] },
  ]);
});

test("the lifecycle rules remove incomplete uploads, and scratch files only if there is a prefix", () => {
  const rulesOf = (variables?: Block) =>
    evaluateBucket(variables).resource("aws_s3_bucket_lifecycle_configuration", "this").rule;
  const incomplete = {
    ...{ id: "abort-incomplete-uploads", status: "Enabled", filter: [{ prefix: "" }] },
    abort_incomplete_multipart_upload: [{ days_after_initiation: 7 }],
  };
  expect(rulesOf()).toEqual([incomplete]);
  const scratch = { id: "remove-scratch", status: "Enabled", filter: [{ prefix: "scratch/" }] };
  expect(rulesOf({ scratch_prefix: "scratch/", scratch_days: 2 })).toEqual([
    incomplete,
    { ...scratch, expiration: [{ days: 2 }] },
  ]);
});

test("every bucket blocks public access, and no policy allows anything to everyone", () => {
  const all = {
    ...{ block_public_acls: true, block_public_policy: true },
    ...{ ignore_public_acls: true, restrict_public_buckets: true },
  };
  const ofTrail = evaluateModule(trail, { name: "valetkey", bucket_arns: [] }, trailAssigned);
  expect(evaluateBucket().resource("aws_s3_bucket_public_access_block", "this")).toMatchObject(all);
  expect(ofTrail.resource("aws_s3_bucket_public_access_block", "trail")).toMatchObject(all);
  const policies = [
    evaluateBucket({ kms: true, demand_kms_key: true }).policy("bucket"),
    ofTrail.policy("trail"),
  ];
  const toEveryone = policies
    .flatMap(({ Statement }) => Statement)
    .filter(({ Principal }) => Principal === "*");
  expect(toEveryone).toHaveLength(3);
  expect(toEveryone.filter(({ Effect }) => Effect !== "Deny")).toEqual([]);
});

const trailAssigned = {
  "aws_s3_bucket.trail": { id: "trail" },
  "data.aws_caller_identity.current": { account_id: account },
  "data.aws_region.current": { name: region },
};

test("the distribution forwards exactly the parameters that the tests' distribution forwards", () => {
  const evaluated = evaluateModule(cdn, { name, bucket_domain_name: "", public_keys: {} }, {});
  const policy = evaluated.resource("aws_cloudfront_cache_policy", "this");
  expect(policy.parameters_in_cache_key_and_forwarded_to_origin).toMatchObject([
    {
      query_strings_config: [
        { query_string_behavior: "whitelist", query_strings: [{ items: forwardedParameters }] },
      ],
    },
  ]);
});

function corsRules(evaluated: ReturnType<typeof evaluateBucket>): CORSRule[] {
  const rules = evaluated.resource("aws_s3_bucket_cors_configuration", "this").cors_rule as readonly Block[];
  return rules.map((rule) => ({
    AllowedOrigins: rule.allowed_origins as string[],
    AllowedMethods: rule.allowed_methods as string[],
    AllowedHeaders: rule.allowed_headers as string[],
    ExposeHeaders: rule.expose_headers as string[],
    MaxAgeSeconds: rule.max_age_seconds as number,
  }));
}

/** The embedded store with what the modules create, and a server that uses it. */
const startWithModules = ({ withTlsPolicy = false } = {}) =>
  startTogether(async (started) => {
    const ofRole = evaluateRole({ kms_key_arns: { [name]: keyArn } });
    const ofBucket = evaluateBucket({ kms: true, demand_kms_key: true });
    const { max_session_duration: maxSessionSeconds } = ofRole.resource("aws_iam_role", "this");
    const roles = [
      {
        ...{ name: "valetkey", policy: JSON.stringify(ofRole.policy("permissions")), externalId },
        maxSessionSeconds: Number(maxSessionSeconds),
      },
    ];
    const store = await started.use(startEmbeddedS3({ buckets: [], roles }));
    const { endpoint, credentials } = store;
    const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    started.defer(() => s3.destroy());
    const Bucket = name;
    const CreateBucketConfiguration = { LocationConstraint: region } as const;
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
    await s3.send(
      new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: corsRules(ofBucket) } }),
    );
    const encryption = ofBucket.resource("aws_s3_bucket_server_side_encryption_configuration", "this");
    expect(encryption.rule).toEqual([
      {
        bucket_key_enabled: true,
        apply_server_side_encryption_by_default: [{ sse_algorithm: "aws:kms", kms_master_key_id: keyArn }],
      },
    ]);
    const ApplyServerSideEncryptionByDefault = { SSEAlgorithm: "aws:kms", KMSMasterKeyID: keyArn } as const;
    const Rules = [{ BucketKeyEnabled: true, ApplyServerSideEncryptionByDefault }];
    await s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules } }));
    const { Statement, ...policy } = ofBucket.policy("bucket");
    // The embedded store has no TLS, so this statement would refuse everything.
    const used = Statement.filter(({ Sid }) => withTlsPolicy || Sid !== "OnlyTls");
    await s3.send(
      new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ ...policy, Statement: used }) }),
    );
    const server = await started.use(
      startTestServer({
        store: {
          ...{ name: "embedded", endpoint, region, roleArn: "arn:aws:iam::000000000000:role/valetkey" },
          ...{ baseCredentials: credentials, adminCredentials: credentials },
          buckets: { main: name, versioned: name, private: name },
        },
        env: { VALETKEY_EXTERNAL_ID: externalId },
        grants: [{ who: "anonymous", bucket: name, allow: ["UPLOAD", "DOWNLOAD", "LIST", "DELETE"] }],
        buckets: { [name]: { region, kmsKey: keyArn } },
      }),
    );
    return { server, s3 };
  });

test("a role and a bucket of the modules let callers upload, send parts and download", async () => {
  await using started = await startWithModules();
  const { server, s3 } = started;
  const { client } = server;
  const body = Buffer.from("hello");
  const signed = await requestUpload(client, "PUT", { input: { bucket: name, key: "a" }, size: body.length });
  expect((await sendPut(signed, body)).status).toBe(200);
  await uploadFile(client, new Blob([body]), { bucket: name, key: "b" });
  const upload = await beginUpload(client, { bucket: name, key: "c" });
  for (const { number } of upload.parts) await sendPart(upload, number);
  expect(await completeUpload(client, upload.id)).toMatchObject({ size: twoPartsBytes });
  for (const key of ["a", "b"]) {
    const { url } = await downloadUrl(client, { bucket: name, key });
    expect(await (await fetch(url)).text()).toBe("hello");
  }
  const head = await s3.send(new HeadObjectCommand({ Bucket: name, Key: "c" }));
  expect(head).toMatchObject({ SSEKMSKeyId: keyArn, BucketKeyEnabled: true });
});

test("the policy of the bucket refuses requests without TLS", async () => {
  await using started = await startWithModules({ withTlsPolicy: true });
  const body = Buffer.from("hello");
  const input = { bucket: name, key: "a" };
  const signed = await requestUpload(started.server.client, "PUT", { input, size: body.length });
  const response = await sendPut(signed, body);
  expect([response.status, await response.text()]).toEqual([403, expect.stringContaining("AccessDenied")]);
});
