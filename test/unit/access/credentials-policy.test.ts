import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluate } from "../../../packages/embedded-s3/src/iam/evaluate.ts";
import { parseIamPolicy } from "../../../packages/embedded-s3/src/iam/iam-policy.ts";
import { authorizeCredentials, type CredentialsScope } from "../../../src/access/authorize-credentials.ts";
import type { Grant, ObjectAction } from "../../../src/access/grants.ts";
import { sessionPolicy } from "../../../src/access/session-policy.ts";
import { Buckets } from "../../../src/core/bucket-settings.ts";
import { ValetKeyError } from "../../../src/core/errors.ts";
import { anyGrants, anyObject, bucketA, bucketB } from "./arbitraries.ts";

const objectActions = ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"] as const;
const anyScope: fc.Arbitrary<CredentialsScope> = fc.record({
  bucket: fc.constantFrom(bucketA, bucketB),
  prefix: anyObject.map(({ key }) => key.slice(0, key.length % 4)).filter((prefix) => prefix.isWellFormed()),
  actions: fc.subarray([...objectActions], { minLength: 1 }),
});

const iamActionsOf: Readonly<Record<ObjectAction, readonly string[]>> = {
  DOWNLOAD: ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging", "s3:GetObjectVersionTagging"],
  UPLOAD: ["s3:PutObject", "s3:PutObjectTagging", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
  DELETE: ["s3:DeleteObject", "s3:DeleteObjectVersion"],
  LIST: ["s3:ListBucket", "s3:ListBucketVersions"],
};
const neverAllowed = [
  "s3:PutObjectAcl",
  "s3:PutBucketPolicy",
  "s3:DeleteBucket",
  "sts:AssumeRole",
  "iam:PassRole",
];

function isAuthorized(grants: readonly Grant[], scope: CredentialsScope): boolean {
  try {
    authorizeCredentials(grants, scope);
    return true;
  } catch (error) {
    if (error instanceof ValetKeyError) return false;
    throw error;
  }
}

/** What the policy of these credentials allows. */
function policyOf(scope: CredentialsScope) {
  const policy = sessionPolicy([scope], { partition: "aws", purpose: "credentials" });
  if (policy === undefined) throw new Error("The policy is empty.");
  const policies = [parseIamPolicy(policy)];
  return (action: string, resource: string, prefix?: string) =>
    evaluate(policies, { action, resource: `arn:aws:s3:::${resource}`, context: { "s3:prefix": prefix } });
}

test("the policy allows exactly what was asked for", () => {
  fc.assert(
    fc.property(anyScope, anyObject, (scope, { bucket, key }) => {
      const allows = policyOf(scope);
      const isInside = bucket === scope.bucket && key.startsWith(scope.prefix);
      for (const action of ["DOWNLOAD", "UPLOAD", "DELETE"] as const) {
        for (const iamAction of iamActionsOf[action]) {
          expect(allows(iamAction, `${bucket}/${key}`)).toBe(isInside && scope.actions.includes(action));
        }
      }
      // Here the key is the prefix of a listing.
      for (const iamAction of iamActionsOf.LIST) {
        expect(allows(iamAction, bucket, key)).toBe(isInside && scope.actions.includes("LIST"));
      }
      const isWholeBucket = bucket === scope.bucket && scope.prefix === "";
      expect(allows("s3:ListBucket", bucket)).toBe(isWholeBucket && scope.actions.includes("LIST"));
      expect(allows("s3:ListBucketMultipartUploads", bucket)).toBe(
        isWholeBucket && scope.actions.includes("UPLOAD"),
      );
      for (const iamAction of neverAllowed) {
        expect(allows(iamAction, bucket)).toBe(false);
        expect(allows(iamAction, `${bucket}/${key}`)).toBe(false);
      }
    }),
  );
});

test("whatever the policy allows, one grant with CREDENTIALS allows too", () => {
  fc.assert(
    fc.property(anyGrants, anyScope, anyObject, (grants, scope, { bucket, key }) => {
      fc.pre(isAuthorized(grants, scope));
      const allows = policyOf(scope);
      for (const action of objectActions) {
        const isGranted = grants.some(
          (grant) =>
            grant.bucket === bucket &&
            key.startsWith(grant.prefix) &&
            grant.actions.includes(action) &&
            grant.actions.includes("CREDENTIALS"),
        );
        for (const iamAction of iamActionsOf[action]) {
          const resource = action === "LIST" ? bucket : `${bucket}/${key}`;
          if (allows(iamAction, resource, key)) expect(isGranted).toBe(true);
        }
      }
    }),
    { numRuns: 1_000 },
  );
});

describe("the KMS key of the bucket", () => {
  const kmsKey = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
  const kmsActionsOf = (...actions: ObjectAction[]) => {
    const buckets = new Buckets(new Map([[bucketA, { kmsKey }]]));
    const scope = { bucket: bucketA, prefix: "a/", actions };
    const policy = sessionPolicy([scope], { partition: "aws", purpose: "credentials", buckets });
    const { Statement } = JSON.parse(policy ?? "") as {
      Statement: { Action: string | string[]; Resource: unknown }[];
    };
    return Statement.filter(({ Resource }) => Resource === kmsKey).flatMap(({ Action }) => Action);
  };

  test.each<[ObjectAction, string[]]>([
    ["DOWNLOAD", ["kms:Decrypt"]],
    ["UPLOAD", ["kms:Decrypt", "kms:GenerateDataKey"]],
    ["LIST", []],
    ["DELETE", []],
  ])("may be used as far as %s needs it", (action, kmsActions) => {
    expect(kmsActionsOf(action)).toEqual(kmsActions);
  });
});
