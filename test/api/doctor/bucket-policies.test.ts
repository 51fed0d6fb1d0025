import { DeleteBucketPolicyCommand, PutBucketPolicyCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import type { Finding } from "../../../src/commands/doctor/finding.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import {
  bucket,
  type GrantRule,
  prepareTestServer,
  type TestServerOptions,
} from "../../support/test-server.ts";
import { startTestStore } from "../../support/test-store.ts";
import { complaintsOf } from "./examined.ts";

const store = await shareInFile(startTestStore());
const kmsKey = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const withKey = { buckets: { [bucket]: { region: "us-east-1", kmsKey } } };
const grants: readonly GrantRule[] = [
  { who: "anonymous", bucket, prefix: "files/", allow: ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"] },
];
const algorithm = "s3:x-amz-server-side-encryption";
const key = `${algorithm}-aws-kms-key-id`;

test.each([
  {
    name: "refuses only uploads that name another key",
    condition: { Null: { [key]: "false" }, StringNotEqualsIfExists: { [key]: kmsKey } },
    options: {},
  },
  {
    name: "requires the encryption that the server asks for",
    condition: { StringNotEquals: { [algorithm]: "aws:kms" } },
    options: withKey,
  },
])("the doctor has no complaint about a policy that $name", async ({ condition, options }) => {
  expect(await complaintsWithPolicy(condition, options)).toEqual([]);
});

test("the doctor finds a policy that refuses the key of the access file", async () => {
  const condition = { StringNotEquals: { [algorithm]: "AES256" } };
  const complaints = await complaintsWithPolicy(condition, withKey);
  expect(complaints).toContainEqual(
    expect.objectContaining({
      check: "bucket.policy",
      saw: expect.stringContaining("ask for encryption with a KMS key"),
    }),
  );
});

/** The complaints about a bucket that refuses such uploads. */
async function complaintsWithPolicy(Condition: object, options: TestServerOptions): Promise<Finding[]> {
  await using server = await prepareTestServer({ store: store.description, grants, ...options });
  const Resource = `arn:aws:s3:::${bucket}/*`;
  const Statement = { Effect: "Deny", Principal: "*", Action: "s3:PutObject", Resource, Condition };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [Statement] });
  await server.admin.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
  try {
    return (await complaintsOf(server.env)).filter(({ check }) => check !== "tokens");
  } finally {
    await server.admin.send(new DeleteBucketPolicyCommand({ Bucket: bucket }));
  }
}
