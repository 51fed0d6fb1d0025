import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluate } from "../../../packages/embedded-s3/src/iam/evaluate.ts";
import { parseIamPolicy } from "../../../packages/embedded-s3/src/iam/iam-policy.ts";
import type { Action, Grant } from "../../../src/access/grants.ts";
import { SessionRequests } from "../../../src/access/session-request.ts";
import { type BucketSettings, Buckets } from "../../../src/core/bucket-settings.ts";
import { type BucketName, parseBucketName, type Region } from "../../../src/core/object-address.ts";
import { anyGrants } from "./arbitraries.ts";
import { principalOf } from "./principals.ts";

const region = "eu-central-1" as Region;
const keyArn = (name: string) => `arn:aws:kms:${region}:111122223333:key/${name}`;
const roles = ["one", "two"].map((name) => `arn:aws:iam::111122223333:role/${name}`);

/** Buckets with a role and a key each. Some share a key, some a role, and one has no key. */
const buckets = [
  { bucket: parseBucketName("bucket-a"), role: "one", key: "k1" },
  { bucket: parseBucketName("bucket-b"), role: "two", key: "k2" },
  { bucket: parseBucketName("bucket-c"), role: "one", key: "k2" },
  { bucket: parseBucketName("bucket-d"), role: "two", key: "k2" },
  { bucket: parseBucketName("bucket-e"), role: "one", key: undefined },
] as const;
const keys = [...new Set(buckets.map(({ key }) => key))].filter((key) => key !== undefined);

/** The policies of a caller's sessions, one for each role. */
function policiesOf(
  grants: readonly Grant[],
  settings: ReadonlyMap<BucketName, BucketSettings>,
): ReadonlyMap<string, string> {
  const all = new Buckets(settings);
  const caller = { principal: principalOf("alice"), grants };
  return new Map(
    roles.flatMap((arn) => {
      const includes = (bucket: BucketName) => all.of(bucket).role?.arn === arn;
      // CREDENTIALS by itself allows nothing, so there is no session for it.
      const allowsSomething = ({ bucket, actions }: Grant) =>
        includes(bucket) && actions.some((action) => action !== "CREDENTIALS");
      if (!grants.some(allowsSomething)) return [];
      const role = { arn, sessionSeconds: 3600 };
      const requests = new SessionRequests({ role, buckets: { of: (bucket) => all.of(bucket), includes } });
      return [[arn, requests.of(caller, "objects").policy] as const];
    }),
  );
}

const settings = new Map(
  buckets.map(({ bucket, role, key }): [BucketName, BucketSettings] => [
    bucket,
    {
      region,
      role: { arn: `arn:aws:iam::111122223333:role/${role}` },
      kmsKey: key === undefined ? undefined : keyArn(key),
    },
  ]),
);

const anyGrantsOfAll = fc
  .tuple(anyGrants, fc.array(fc.constantFrom(...buckets), { minLength: 4, maxLength: 4 }))
  .map(([grants, chosen]) =>
    grants.map((grant, index) => ({ ...grant, bucket: chosen[index]?.bucket ?? grant.bucket })),
  );

describe("KMS under the session policies of two roles decides as the grants do", () => {
  test("for each role, bucket, key, action and way of encryption", () => {
    fc.assert(
      fc.property(anyGrantsOfAll, (grants) => {
        const policies = policiesOf(grants, settings);
        for (const arn of roles) {
          const text = policies.get(arn);
          const policy = text === undefined ? [] : [parseIamPolicy(text)];
          for (const { bucket, role, key } of buckets) {
            const isGranted = (...needed: Action[]) =>
              arn.endsWith(`/${role}`) &&
              grants.some(
                (grant) => grant.bucket === bucket && grant.actions.some((action) => needed.includes(action)),
              );
            for (const asked of keys) {
              const may = (action: string, changes: Record<string, string> = {}) => {
                const context = {
                  "kms:ViaService": `s3.${region}.amazonaws.com`,
                  "kms:EncryptionContext:aws:s3:arn": `arn:aws:s3:::${bucket}`,
                  ...changes,
                };
                return evaluate(policy, { action, resource: keyArn(asked), context });
              };
              const ofObject = { "kms:EncryptionContext:aws:s3:arn": `arn:aws:s3:::${bucket}/a/b` };
              const reads = asked === key && isGranted("UPLOAD", "DOWNLOAD");
              const writes = asked === key && isGranted("UPLOAD");
              expect([may("kms:Decrypt"), may("kms:Decrypt", ofObject)]).toEqual([reads, reads]);
              expect([may("kms:GenerateDataKey"), may("kms:GenerateDataKey", ofObject)]).toEqual([
                writes,
                writes,
              ]);
              for (const action of ["kms:Encrypt", "kms:ReEncryptFrom", "kms:CreateGrant", "kms:DescribeKey"])
                expect(may(action)).toBe(false);
              for (const changes of [
                { "kms:ViaService": `ec2.${region}.amazonaws.com` },
                { "kms:ViaService": "s3.us-east-1.amazonaws.com" },
                { "kms:EncryptionContext:aws:s3:arn": `arn:aws:s3:::${bucket}2` },
                { "kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::another/a" },
              ])
                expect(may("kms:Decrypt", changes)).toBe(false);
            }
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

// docs/guides/kms.md and docs/guides/several-accounts.md name these figures.
describe("the policies of a caller leave room: of 2,048 characters", () => {
  const names = ["user-content", "team-documents", "invoices-eu", "media-originals", "exports"].map(
    parseBucketName,
  );
  const grants = names.map(
    (bucket): Grant => ({
      bucket,
      prefix: "users/0f9a7c1e-6c1e-4b61-9a39-2d1f3f0c9a55/",
      actions: ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"],
    }),
  );
  const lengths = (roleOf: (index: number) => string | undefined, keyOf: (index: number) => string) => {
    const all = new Map(
      names.map((name, index): [BucketName, BucketSettings] => [
        name,
        { region, role: { arn: roleOf(index) ?? "" }, kmsKey: keyArn(keyOf(index)) },
      ]),
    );
    return [...policiesOf(grants, all).values()].map((policy) => policy.length);
  };
  const key = "1234abcd-12ab-34cd-56ef-1234567890ab";
  const ownKey = (index: number) => `${key.slice(0, -1)}${index}`;
  const twoRoles = (index: number) => roles[index < 3 ? 0 : 1];

  test.each([
    ["five buckets of one role take 1,528 with one key", () => roles[0], () => key, [1_528]],
    ["five buckets of two roles take 1,218 and 1,047 with one key", twoRoles, () => key, [1_218, 1_047]],
    ["five buckets of two roles take 1,740 and 1,308 with five keys", twoRoles, ownKey, [1_740, 1_308]],
  ])("%s", (_what, roleOf, keyOf, expected) => {
    expect(lengths(roleOf, keyOf)).toEqual(expected);
    for (const length of lengths(roleOf, keyOf)) expect(length).toBeLessThanOrEqual(2_048);
  });
});
