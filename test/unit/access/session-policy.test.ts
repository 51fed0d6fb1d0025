import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluate } from "../../../packages/embedded-s3/src/iam/evaluate.ts";
import { parseIamPolicy } from "../../../packages/embedded-s3/src/iam/iam-policy.ts";
import {
  authorizeDelete,
  authorizeDownload,
  authorizeList,
  authorizeUpload,
} from "../../../src/access/authorization.ts";
import type { Grant } from "../../../src/access/grants.ts";
import { SessionPolicyTooLargeError, sessionPolicy } from "../../../src/access/session-policy.ts";
import { ValetKeyError } from "../../../src/core/errors.ts";
import { anyGrants, anyObject, bucketA, bucketB } from "./arbitraries.ts";

const aws = { partition: "aws" };

function allowed(decide: () => void): boolean {
  try {
    decide();
    return true;
  } catch (error) {
    if (error instanceof ValetKeyError) return false;
    throw error;
  }
}

const objectActions = {
  DOWNLOAD: ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging", "s3:GetObjectVersionTagging"],
  UPLOAD: ["s3:PutObject", "s3:PutObjectTagging", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
  DELETE: ["s3:DeleteObject", "s3:DeleteObjectVersion"],
};
const listActions = ["s3:ListBucket", "s3:ListBucketVersions"];
const neverAllowed = [
  ...["s3:PutObjectAcl", "s3:GetObjectAcl", "s3:PutBucketPolicy", "s3:DeleteBucket", "s3:ListAllMyBuckets"],
  ...["s3:BypassGovernanceRetention", "s3:RestoreObject", "s3:ListBucketMultipartUploads"],
  ...["iam:PassRole", "sts:AssumeRole"],
];

describe("S3 under the session policy decides as the server does", () => {
  test("on generated grants and requests", () => {
    fc.assert(
      fc.property(anyGrants, anyObject, (grants, object) => {
        const policy = sessionPolicy(grants, aws);
        const policies = policy === undefined ? [] : [parseIamPolicy(policy)];
        const { bucket, key } = object;
        const inS3 = (action: string, resource: string, prefix?: string) =>
          evaluate(policies, { action, resource, context: { "s3:prefix": prefix } });
        const objectArn = `arn:aws:s3:::${bucket}/${key}`;
        const bucketArn = `arn:aws:s3:::${bucket}`;

        const byServer = {
          DOWNLOAD: allowed(() => authorizeDownload(grants, object)),
          UPLOAD: grants.some((grant) => allowed(() => authorizeUpload([withoutTypes(grant)], object))),
          DELETE: allowed(() => authorizeDelete(grants, object)),
        };
        for (const action of ["DOWNLOAD", "UPLOAD", "DELETE"] as const) {
          for (const iamAction of objectActions[action]) {
            expect(inS3(iamAction, objectArn)).toBe(byServer[action]);
          }
        }
        const mayList = allowed(() => authorizeList(grants, { bucket, prefix: key }));
        for (const iamAction of listActions) expect(inS3(iamAction, bucketArn, key)).toBe(mayList);
        const mayListAll = allowed(() => authorizeList(grants, { bucket, prefix: "" }));
        for (const iamAction of listActions) expect(inS3(iamAction, bucketArn)).toBe(mayListAll);
        for (const iamAction of neverAllowed) {
          expect(inS3(iamAction, objectArn) || inS3(iamAction, bucketArn, key)).toBe(false);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  // The policy cannot express types and sizes: they go into what is signed.
  const withoutTypes = (grant: Grant): Grant => ({ ...grant, contentTypes: undefined });

  test.each(["*", "?", "${x}", "$", "${*}", "${aws:username}", "a*b?c$d"])(
    "a claim %j stands for itself",
    (claim) => {
      const grant: Grant = { bucket: bucketA, prefix: `users/${claim}/`, actions: ["DOWNLOAD", "LIST"] };
      const policy = parseIamPolicy(sessionPolicy([grant], aws) ?? "");
      const context = { "aws:username": "bob", x: "bob" };
      const mayGet = (key: string) =>
        evaluate([policy], { action: "s3:GetObject", resource: `arn:aws:s3:::bucket-a/${key}`, context });
      expect(mayGet(`users/${claim}/file`)).toBe(true);
      for (const other of ["bob", "x", "", "axbxcxd", "ab"])
        expect(mayGet(`users/${other}/file`)).toBe(false);
    },
  );
});

describe("the policy", () => {
  test("is undefined without grants", () => {
    expect(sessionPolicy([], aws)).toBeUndefined();
    expect(
      sessionPolicy([{ bucket: bucketA, prefix: "", actions: ["LIST"] }], {
        ...aws,
        purpose: "pending-uploads",
      }),
    ).toBe(undefined);
  });

  test("is exact", () => {
    const grants: Grant[] = [
      { bucket: bucketA, prefix: "u/", actions: ["DELETE", "LIST"] },
      { bucket: bucketA, prefix: "u/x/", actions: ["DELETE"] },
    ];
    expect(JSON.parse(sessionPolicy(grants, { partition: "aws-us-gov" }) ?? "")).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: ["s3:DeleteObject", "s3:DeleteObjectVersion"],
          Resource: "arn:aws-us-gov:s3:::bucket-a/u/*",
        },
        {
          Effect: "Allow",
          Action: ["s3:ListBucket", "s3:ListBucketVersions"],
          Resource: "arn:aws-us-gov:s3:::bucket-a",
          Condition: { StringLike: { "s3:prefix": "u/*" } },
        },
      ],
    });
  });

  test("allows listing pending uploads only in a separate session", () => {
    const grants: Grant[] = [
      { bucket: bucketA, prefix: "u/", actions: ["UPLOAD", "DOWNLOAD"] },
      { bucket: bucketB, prefix: "", actions: ["DOWNLOAD"] },
    ];
    expect(JSON.parse(sessionPolicy(grants, { ...aws, purpose: "pending-uploads" }) ?? "").Statement).toEqual(
      [{ Effect: "Allow", Action: "s3:ListBucketMultipartUploads", Resource: "arn:aws:s3:::bucket-a" }],
    );
  });

  test("does not depend on the order, on repetition or on prefixes that others cover", () => {
    fc.assert(
      fc.property(
        anyGrants.chain((grants) =>
          fc.tuple(fc.constant(grants), fc.shuffledSubarray(grants, { minLength: grants.length })),
        ),
        ([grants, shuffled]) => {
          const policy = sessionPolicy(grants, aws);
          expect(sessionPolicy([...shuffled, ...grants], aws)).toBe(policy);
          const covered = grants.map((grant) => ({ ...grant, prefix: `${grant.prefix}more` }));
          expect(sessionPolicy([...grants, ...covered], aws)).toBe(policy);
        },
      ),
    );
  });

  // https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html: Policy
  test("has only characters that STS accepts, whatever the prefix", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 20 }), (prefix) => {
        const policy = sessionPolicy([{ bucket: bucketA, prefix, actions: ["DOWNLOAD", "LIST"] }], aws);
        expect(policy).toMatch(/^[\u0020-\u007e]+$/);
      }),
    );
  });

  test("merges: 20 prefixes with four actions each fit", () => {
    const grants = Array.from(
      { length: 20 },
      (_, index): Grant => ({
        bucket: bucketA,
        prefix: `p${index}/`,
        actions: ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"],
      }),
    );
    expect(sessionPolicy(grants, aws)?.length).toBeLessThan(2048);
  });

  test("is refused when it is too large, never shortened", () => {
    const grants = Array.from(
      { length: 60 },
      (_, index): Grant => ({
        bucket: bucketA,
        prefix: `a-rather-long-prefix-${index}/`,
        actions: ["DOWNLOAD"],
      }),
    );
    expect(() => sessionPolicy(grants, aws)).toThrow(SessionPolicyTooLargeError);
  });
});

test("a session for confirmations may read what the caller may upload, and nothing else", () => {
  fc.assert(
    fc.property(anyGrants, anyObject, (grants, { bucket, key }) => {
      const policy = sessionPolicy(grants, { ...aws, purpose: "confirmation" });
      const policies = policy === undefined ? [] : [parseIamPolicy(policy)];
      const may = (action: string, resource: string) => evaluate(policies, { action, resource, context: {} });
      const resource = `arn:aws:s3:::${bucket}/${key}`;
      const mayUpload = grants.some((grant) =>
        allowed(() => authorizeUpload([{ ...grant, contentTypes: undefined }], { bucket, key })),
      );
      expect(may("s3:GetObject", resource)).toBe(mayUpload);
      for (const action of [...objectActions.UPLOAD, ...objectActions.DELETE, "s3:GetObjectVersion"]) {
        expect(may(action, resource)).toBe(false);
      }
      expect(may("s3:ListBucket", `arn:aws:s3:::${bucket}`)).toBe(false);
    }),
  );
});
