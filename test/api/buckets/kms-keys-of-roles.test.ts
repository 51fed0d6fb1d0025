import { HeadObjectCommand, PutBucketPolicyCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { noise } from "../../support/noise.ts";
import { copyObject, downloadUrl, uploadFile } from "../../support/operations.ts";
import { bytesOf } from "../../support/presigned-requests.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { bucket, otherBucket, startTestServer } from "../../support/test-server.ts";
import { startTestStore } from "../../support/test-store.ts";

const keyOf = (digit: number) =>
  `arn:aws:kms:us-east-1:000000000000:key/${digit}234abcd-12ab-34cd-56ef-1234567890ab`;
const own = [
  { bucket, role: "one", kmsKey: keyOf(1) },
  { bucket: otherBucket, role: "other", kmsKey: keyOf(2) },
];
const roles = own.map(({ bucket: name, role, kmsKey }) => ({
  name: role,
  policy: {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: "s3:*", Resource: [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`] },
      { Effect: "Allow", Action: ["kms:Decrypt", "kms:GenerateDataKey"], Resource: kmsKey },
    ],
  },
}));
const store = await shareInFile(startTestStore({ roles }));
const server = await shareInFile(
  startTestServer({
    store: store.description,
    grants: own.map(({ bucket: name }) => ({
      who: "anonymous",
      bucket: name,
      allow: ["DOWNLOAD", "UPLOAD"],
    })),
    buckets: Object.fromEntries(
      own.map(({ bucket: name, role, kmsKey }) => [
        name,
        { region: "us-east-1", role: `arn:aws:iam::000000000000:role/${role}`, kmsKey },
      ]),
    ),
  }),
);
for (const { bucket: Bucket, kmsKey } of own) {
  const Condition = {
    StringNotEquals: { "s3:x-amz-server-side-encryption-aws-kms-key-id": kmsKey },
  };
  const Resource = `arn:aws:s3:::${Bucket}/*`;
  const Statement = { Effect: "Deny", Principal: "*", Action: "s3:PutObject", Resource, Condition };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
  await server.admin.send(new PutBucketPolicyCommand({ Bucket, Policy }));
}

test.each([
  ["with one request", 10],
  ["in parts", 30 * 2 ** 20],
])(
  "a copy to the bucket of another role and another key is encrypted with that key: %s",
  async (what, bytes) => {
    const body = noise(bytes, 7);
    await uploadFile(server.client, new Blob([body]), { bucket, key: what });
    for (const { bucket: name, kmsKey } of own) {
      // The first copy stays in its bucket, the second one goes to the other bucket.
      const to = { bucket: name, key: `copy of ${what}` };
      await copyObject(server.client, { bucket, key: what }, to);
      const head = await server.admin.send(new HeadObjectCommand({ Bucket: name, Key: to.key }));
      expect(head).toMatchObject({ SSEKMSKeyId: kmsKey, BucketKeyEnabled: true });
      const { url } = await downloadUrl(server.client, to);
      expect((await bytesOf(await fetch(url))).equals(body)).toBe(true);
    }
  },
);
