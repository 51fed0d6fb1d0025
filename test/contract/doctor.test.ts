import {
  DeleteBucketLifecycleCommand,
  DeletePublicAccessBlockCommand,
  PutBucketLifecycleConfigurationCommand,
  PutPublicAccessBlockCommand,
} from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { findingsOf } from "../api/doctor/examined.ts";
import { prepareTestServer } from "../support/test-server.ts";
import { admin, ownPrefix, store } from "./store.ts";

const { main, versioned, private: forbidden, changing: Bucket = main } = store.buckets;
const prefix = ownPrefix("doctor");

/** Every finding about one bucket, by the name of its check. */
async function verdictsOf(bucket: string): Promise<Readonly<Record<string, string>>> {
  await using server = await prepareTestServer({
    store,
    grants: [{ who: "anonymous", bucket, prefix, allow: ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"] }],
  });
  const findings = await findingsOf(server.env);
  return Object.fromEntries(findings.map(({ check, verdict }) => [check, verdict]));
}

describe("the doctor", () => {
  test.each([main, versioned])("finds that %s can be used", async (bucket) => {
    expect(await verdictsOf(bucket)).toMatchObject({
      configuration: "ok",
      "base credentials": "ok",
      role: "ok",
      clock: "ok",
      "session policy": "ok",
      "bucket.reach": "ok",
      "bucket.versioning": "ok",
      "bucket.round trip": "ok",
      "bucket.signature": "ok",
    });
  });

  test("finds that the role has no right in a bucket", async () => {
    expect(await verdictsOf(forbidden)).toMatchObject({ role: "ok", "bucket.reach": "fault" });
  });

  test.runIf(store.name === "ceph")(
    "looks for a lifecycle rule, which the embedded store does not have",
    async () => {
      expect(await verdictsOf(Bucket)).toMatchObject({ "bucket.lifecycle": "warning" });
      const Rules = [
        {
          ID: "incomplete",
          Status: "Enabled" as const,
          Filter: { Prefix: "" },
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
        },
      ];
      await admin.send(
        new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }),
      );
      try {
        expect(await verdictsOf(Bucket)).toMatchObject({ "bucket.lifecycle": "ok" });
      } finally {
        await admin.send(new DeleteBucketLifecycleCommand({ Bucket }));
      }
    },
  );

  test.runIf(store.name === "ceph")(
    "looks at the public access block, which the embedded store does not have",
    async () => {
      expect(await verdictsOf(Bucket)).toMatchObject({ "bucket.public access": "warning" });
      const PublicAccessBlockConfiguration = {
        // Ceph refuses every upload with it.
        BlockPublicAcls: false,
        IgnorePublicAcls: true,
        BlockPublicPolicy: true,
        RestrictPublicBuckets: true,
      };
      await admin.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
      try {
        expect(await verdictsOf(Bucket)).toMatchObject({ "bucket.public access": "ok" });
      } finally {
        await admin.send(new DeletePublicAccessBlockCommand({ Bucket }));
      }
    },
  );
});
