import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Grant } from "../../../src/access/grants.ts";
import { sessionPolicy } from "../../../src/access/session-policy.ts";
import { type BucketSettings, Buckets } from "../../../src/core/bucket-settings.ts";
import { type BucketName, type Region } from "../../../src/core/object-address.ts";
import { anyGrants, bucketA, bucketB } from "./arbitraries.ts";

const keyOf = (name: string) => `arn:aws:kms:eu-central-1:111122223333:key/${name}`;
const encrypted = (name: string): BucketSettings => ({
  region: "eu-central-1" as Region,
  kmsKey: keyOf(name),
});

interface Statement {
  readonly Action: string | string[];
  readonly Resource: string | string[];
  readonly Condition?: { readonly StringLike?: Record<string, string | string[]> };
}

function kmsStatementsOf(grants: readonly Grant[], settings: ReadonlyMap<BucketName, BucketSettings>) {
  const policy = sessionPolicy(grants, { partition: "aws", buckets: new Buckets(settings) });
  const { Statement = [] } = JSON.parse(policy ?? "{}") as { Statement?: Statement[] };
  return Statement.filter(({ Action }) => [Action].flat().some((action) => action.startsWith("kms:")));
}

describe("the KMS permissions of a session", () => {
  test("are those of uploads, through S3, on one key, for one bucket", () => {
    const grants: Grant[] = [{ bucket: bucketA, prefix: "users/1/", actions: ["UPLOAD"] }];
    expect(kmsStatementsOf(grants, new Map([[bucketA, encrypted("a")]]))).toEqual([
      {
        Effect: "Allow",
        Action: ["kms:Decrypt", "kms:GenerateDataKey"],
        Resource: keyOf("a"),
        Condition: {
          StringLike: {
            "kms:ViaService": "s3.eu-central-1.*",
            "kms:EncryptionContext:aws:s3:arn": ["arn:aws:s3:::bucket-a", "arn:aws:s3:::bucket-a/*"],
          },
        },
      },
    ]);
  });

  test("are absent for listings and deletions, for buckets without a key, and for keys of other stores", () => {
    const encryptedA = new Map([[bucketA, encrypted("a")]]);
    expect(
      kmsStatementsOf([{ bucket: bucketA, prefix: "", actions: ["LIST", "DELETE"] }], encryptedA),
    ).toEqual([]);
    expect(kmsStatementsOf([{ bucket: bucketB, prefix: "", actions: ["UPLOAD"] }], encryptedA)).toEqual([]);
    const ofCeph = new Map([[bucketA, { kmsKey: "testkey-1", endpoint: "http://ceph:7480" }]]);
    expect(kmsStatementsOf([{ bucket: bucketA, prefix: "", actions: ["UPLOAD"] }], ofCeph)).toEqual([]);
  });

  test("never name a key or a bucket beyond the grants, nor generate keys without UPLOAD", () => {
    const settings = new Map([
      [bucketA, encrypted("a")],
      [bucketB, encrypted("b")],
    ]);
    fc.assert(
      fc.property(anyGrants, (grants) => {
        for (const { Action, Resource, Condition } of kmsStatementsOf(grants, settings)) {
          const contexts = [Condition?.StringLike?.["kms:EncryptionContext:aws:s3:arn"] ?? []].flat();
          expect(contexts).not.toEqual([]);
          expect(Condition?.StringLike?.["kms:ViaService"]).toBe("s3.eu-central-1.*");
          for (const context of contexts) {
            const bucket = context.replace(/^arn:aws:s3:::([^/]*).*$/, "$1") as BucketName;
            expect(Resource).toBe(settings.get(bucket)?.kmsKey);
            const granted = grants
              .filter((grant) => grant.bucket === bucket)
              .flatMap(({ actions }) => actions);
            const needed = [Action].flat().includes("kms:GenerateDataKey")
              ? ["UPLOAD"]
              : ["UPLOAD", "DOWNLOAD"];
            expect(granted.some((action) => needed.includes(action))).toBe(true);
          }
        }
      }),
    );
  });

  test("are those to read what was uploaded in a session for confirmations", () => {
    const grants: Grant[] = [{ bucket: bucketA, prefix: "users/1/", actions: ["UPLOAD"] }];
    const buckets = new Buckets(new Map([[bucketA, encrypted("a")]]));
    const policy = sessionPolicy(grants, { partition: "aws", purpose: "confirmation", buckets });
    expect(policy).toContain("kms:Decrypt");
    expect(policy).not.toContain("kms:GenerateDataKey");
  });
});
