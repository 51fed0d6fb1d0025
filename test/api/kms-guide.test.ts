import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { CreateBucketCommand, HeadObjectCommand, PutBucketPolicyCommand, S3Client } from "@aws-sdk/client-s3";
import { startEmbeddedS3 } from "@valetkey/embedded-s3";
import { expect, test } from "vitest";
import { parseAccessFile } from "../../src/access/access-file.ts";
import { copyObject, requestUpload, uploadFile } from "../support/operations.ts";
import { sendPut } from "../support/presigned-requests.ts";
import { startTestServer } from "../support/test-server.ts";

const guides = resolve(import.meta.dirname, "../../docs/guides");
const guide = await readFile(`${guides}/kms.md`, "utf8");
const blocksOf = (page: string, language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(([, block = ""]) => block);
const [keyPolicy = "", useOfKey = "", demandOfKey = ""] = blocksOf(guide, "json");
const [accessFile = ""] = blocksOf(guide, "yaml");

const bucket = "user-content";
const region = "eu-central-1";

interface Statement {
  readonly Action: string | string[];
  readonly Condition?: Record<string, Record<string, string | string[]>>;
}
const statementsOf = (policy: string) => (JSON.parse(policy) as { Statement: Statement[] }).Statement;

test("the policies and the access file of the KMS guide work together, and the role's is needed", async () => {
  // The role's permissions of the guide to AWS, to which those for the key are added.
  const [, , permissions = ""] = blocksOf(await readFile(`${guides}/aws.md`, "utf8"), "json");
  const Version = "2012-10-17";
  const withKey = { Version, Statement: [...statementsOf(permissions), ...statementsOf(useOfKey)] };
  const roles = [
    { name: "with-key", policy: withKey },
    { name: "without-key", policy: permissions },
  ];
  await using store = await startEmbeddedS3({ buckets: [], roles });
  const { endpoint, credentials } = store;
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  const LocationConstraint = region;
  await s3.send(
    new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint } }),
  );
  await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: demandOfKey }));

  const { buckets, warnings } = parseAccessFile(accessFile, "access.yaml");
  expect(warnings).toEqual([]);
  const settings = Object.fromEntries(buckets);
  const serverWith = (role: string) =>
    startTestServer({
      store: {
        name: "embedded",
        endpoint,
        region,
        roleArn: `arn:aws:iam::000000000000:role/${role}`,
        buckets: { main: bucket, versioned: bucket, private: bucket },
        baseCredentials: credentials,
        adminCredentials: credentials,
      },
      grants: [{ who: "anonymous", bucket, allow: ["UPLOAD", "DOWNLOAD"] }],
      buckets: settings,
    });

  await using server = await serverWith("with-key");
  const body = Buffer.from("hello");
  const put = async (to: typeof server, key: string) => {
    const signed = await requestUpload(to.client, "PUT", { input: { bucket, key }, size: body.length });
    return await sendPut(signed, body);
  };
  expect((await put(server, "a")).status).toBe(200);
  await uploadFile(server.client, new Blob([body]), { bucket, key: "b" });
  await copyObject(server.client, { bucket, key: "a" }, { bucket, key: "c" });
  for (const Key of ["a", "b", "c"]) {
    const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key }));
    const { kmsKey } = settings[bucket] ?? {};
    expect(head).toMatchObject({ SSEKMSKeyId: kmsKey, BucketKeyEnabled: true });
  }
  await using refused = await serverWith("without-key");
  const response = await put(refused, "d");
  expect([response.status, await response.text()]).toEqual([
    403,
    expect.stringContaining("kms:GenerateDataKey"),
  ]);
  s3.destroy();
});

test("the key policy of the KMS guide allows the role what the role's policy allows", () => {
  const [ofAccount, ofRole] = statementsOf(keyPolicy);
  const [use] = statementsOf(useOfKey);
  expect(ofAccount?.Action).toBe("kms:*");
  expect(ofRole?.Action).toEqual(use?.Action);
  expect(ofRole?.Condition).toEqual({ StringEquals: use?.Condition?.StringEquals });
});
