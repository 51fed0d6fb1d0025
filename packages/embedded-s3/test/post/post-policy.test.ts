import { S3Client } from "@aws-sdk/client-s3";
import { createPresignedPost, type PresignedPostOptions } from "@aws-sdk/s3-presigned-post";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StoreError } from "../../src/core/store-error.ts";
import { verifyPostForm } from "../../src/post/verify-post-form.ts";
import { signatureHex, signingKey } from "../../src/signing/canonical-request.ts";
import { accessKeys, exampleKeys } from "../store-keys.ts";

const keys = accessKeys();
const december2015 = new Date("2015-12-29T12:00:00Z");
const credential = "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request";

/** A signed form whose policy has these conditions. */
function form(
  conditions: readonly unknown[],
  fields: Readonly<Record<string, string>>,
  document: Readonly<Record<string, unknown>> = { expiration: "2015-12-30T12:00:00.000Z" },
): Map<string, string> {
  const signing = {
    "x-amz-algorithm": "AWS4-HMAC-SHA256",
    "x-amz-credential": credential,
    "x-amz-date": "20151229T000000Z",
  };
  const signed = Object.entries(signing).map(([name, value]) => ({ [name]: value }));
  const all = { conditions: [{ bucket: "photos" }, ...signed, ...conditions], ...document };
  return signedForm(JSON.stringify(all), { ...signing, ...fields });
}

function signedForm(document: string, fields: Readonly<Record<string, string>>): Map<string, string> {
  const policy = Buffer.from(document).toString("base64");
  const scope = { date: "20151229", region: "us-east-1", service: "s3" };
  const signature = signatureHex(signingKey(exampleKeys.secretAccessKey, scope), policy);
  return new Map(Object.entries({ ...fields, policy, "x-amz-signature": signature }));
}

function verify(fields: ReadonlyMap<string, string>, at = december2015) {
  return verifyPostForm(fields, keys, at, "photos");
}

function refused(reason: string) {
  return expect.objectContaining({
    status: 403,
    code: "AccessDenied",
    message: `Invalid according to Policy: ${reason}`,
  });
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html
test("verifies the example that AWS has published", () => {
  const document = [
    '{ "expiration": "2015-12-30T12:00:00.000Z",',
    '  "conditions": [',
    '    {"bucket": "sigv4examplebucket"},',
    '    ["starts-with", "$key", "user/user1/"],',
    '    {"acl": "public-read"},',
    '    {"success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},',
    '    ["starts-with", "$Content-Type", "image/"],',
    '    {"x-amz-meta-uuid": "14365123651274"},',
    '    {"x-amz-server-side-encryption": "AES256"},',
    '    ["starts-with", "$x-amz-meta-tag", ""],',
    "",
    `    {"x-amz-credential": "${credential}"},`,
    '    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},',
    '    {"x-amz-date": "20151229T000000Z" }',
    "  ]",
    "}",
  ].join("\r\n");
  const fields = new Map([
    ["key", "user/user1/photo.jpg"],
    ["acl", "public-read"],
    ["success_action_redirect", "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"],
    ["content-type", "image/jpeg"],
    ["x-amz-meta-uuid", "14365123651274"],
    ["x-amz-server-side-encryption", "AES256"],
    ["x-amz-credential", credential],
    ["x-amz-algorithm", "AWS4-HMAC-SHA256"],
    ["x-amz-date", "20151229T000000Z"],
    ["x-amz-meta-tag", ""],
    ["policy", Buffer.from(document).toString("base64")],
    ["x-amz-signature", "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"],
  ]);
  const verified = verifyPostForm(fields, keys, december2015, "sigv4examplebucket");
  expect(verified).toMatchObject({ identity: { kind: "base" }, region: "us-east-1" });
  expect(() => verifyPostForm(fields, keys, december2015, "otherbucket")).toThrow(
    refused('Policy Condition failed: ["eq", "$bucket", "sigv4examplebucket"]'),
  );
});

describe("presigned by the AWS SDK", () => {
  const issuedAt = new Date();
  const expiresAt = new Date(issuedAt.getTime() + 7_200_000);
  const session = issueUntil(expiresAt);
  const client = new S3Client({
    region: "us-east-1",
    endpoint: "http://127.0.0.1:9000",
    credentials: session,
  });

  function issueUntil(until: Date) {
    const [role] = keys.roles;
    if (role === undefined) throw new Error("no role");
    return keys.issue({ role, sessionName: "alice", expiresAt: until });
  }

  async function presign(options: Partial<PresignedPostOptions> = {}): Promise<Map<string, string>> {
    const { fields } = await createPresignedPost(client, { Bucket: "photos", Key: "a", ...options });
    return new Map(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]));
  }

  test("accepts any key", async () => {
    const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(text, text, async (Key, type) => {
        const fields = await presign({ Key, Fields: { "Content-Type": type } });
        expect(verify(fields, issuedAt)).toMatchObject({
          identity: { kind: "session", userId: expect.stringMatching(/:alice$/) },
          region: "us-east-1",
          contentLengthRange: undefined,
        });
      }),
      { numRuns: 50 },
    );
  });

  test("refuses another value of any field, and a missing field", async () => {
    const fields = await presign({ Fields: { "Content-Type": "text/plain" }, Expires: 600 });
    expect(verify(fields, issuedAt).identity.kind).toBe("session");
    for (const [name, value] of fields) {
      expect(() => verify(new Map([...fields, [name, `${value}0`]]), issuedAt)).toThrow(StoreError);
      const fewer = new Map(fields);
      fewer.delete(name);
      if (name !== "bucket") expect(() => verify(fewer, issuedAt)).toThrow(StoreError);
    }
  });

  test("refuses an expired policy and expired credentials", async () => {
    const fields = await presign({ Expires: 600 });
    const after = (seconds: number) => new Date(issuedAt.getTime() + seconds * 1000);
    expect(() => verify(fields, after(660))).toThrow(refused("Policy expired."));
    expect(() => verify(fields, after(7200))).toThrow(expect.objectContaining({ code: "ExpiredToken" }));
  });
});

describe("conditions", () => {
  test.each<[string, unknown, Record<string, string>]>([
    ["an object", { key: "a" }, { key: "a" }],
    ["eq", ["eq", "$key", "a"], { key: "a" }],
    ["starts-with", ["starts-with", "$key", "users/7/"], { key: "users/7/x" }],
    ["starts-with anything", ["starts-with", "$key", ""], { key: "" }],
    ["names in any case", ["Eq", "$X-Amz-Meta-A", "b"], { "x-amz-meta-a": "b" }],
    [
      "a list of types",
      ["starts-with", "$Content-Type", "image/"],
      { "content-type": "image/png, image/gif" },
    ],
  ])("%s", (_, condition, fields) => {
    expect(verify(form([condition], fields)).region).toBe("us-east-1");
  });

  test.each<[string, unknown, Record<string, string>, string]>([
    ["another value", { key: "a" }, { key: "b" }, '["eq", "$key", "a"]'],
    ["another case", { key: "a" }, { key: "A" }, '["eq", "$key", "a"]'],
    ["no such field", { acl: "" }, {}, '["eq", "$acl", ""]'],
    ["another start", ["starts-with", "$key", "u/7/"], { key: "u/8/" }, '["starts-with", "$key", "u/7/"]'],
    ["any start of no field", ["starts-with", "$acl", ""], {}, '["starts-with", "$acl", ""]'],
    [
      "one of a list of types",
      ["starts-with", "$Content-Type", "image/"],
      { "content-type": "image/png,text/html" },
      '["starts-with", "$content-type", "image/"]',
    ],
  ])("%s", (_, condition, fields, shown) => {
    expect(() => verify(form([condition], fields))).toThrow(refused(`Policy Condition failed: ${shown}`));
  });

  test("evaluates every condition on a field", () => {
    const conditions = [
      ["starts-with", "$key", "a"],
      ["starts-with", "$key", "ab"],
    ];
    expect(verify(form(conditions, { key: "abc" })).region).toBe("us-east-1");
    expect(() => verify(form(conditions, { key: "ac" }))).toThrow(StoreError);
  });

  test("refuses fields that no condition covers", () => {
    expect(() => verify(form([], { key: "a", acl: "private" }))).toThrow(
      refused("Extra input fields: key, acl"),
    );
    expect(verify(form([], { file: "x", "x-ignore-me": "y" })).region).toBe("us-east-1");
  });

  test("treats the bucket as a field, whether the form has it or not", () => {
    const unnamed = { expiration: "2015-12-30T12:00:00Z", conditions: [["starts-with", "$x-amz-", ""]] };
    const fields = {
      "x-amz-algorithm": "AWS4-HMAC-SHA256",
      "x-amz-credential": credential,
      "x-amz-date": "20151229T000000Z",
    };
    const conditions = Object.entries(fields).map(([name, value]) => ({ [name]: value }));
    const document = JSON.stringify({ ...unnamed, conditions });
    expect(() => verify(signedForm(document, fields))).toThrow(refused("Extra input fields: bucket"));
    expect(() => verify(form([], { bucket: "films" }))).toThrow(StoreError);
    expect(verify(form([], { bucket: "photos" })).region).toBe("us-east-1");
  });

  test("applies the narrowest content-length-range", () => {
    const ranges = [
      ["content-length-range", 1, 100],
      ["content-length-range", "10", "1000"],
    ];
    expect(verify(form(ranges, {})).contentLengthRange).toEqual({ minimum: 10, maximum: 100 });
  });
});

describe("refusals", () => {
  test("refuses a form without a policy", () => {
    expect(() => verify(new Map([["key", "a"]]))).toThrow(
      expect.objectContaining({ status: 403, code: "AccessDenied", message: "Access Denied" }),
    );
  });

  test("version 2", () => {
    const fields = new Map([...form([], {}), ["awsaccesskeyid", "AKIA"]]);
    expect(() => verify(fields)).toThrow(expect.objectContaining({ code: "InvalidRequest" }));
  });

  test.each(["x-amz-algorithm", "x-amz-credential", "x-amz-date"])("a malformed %s", (name) => {
    const fields = new Map([...form([], {}), [name, "garbage"]]);
    expect(() => verify(fields)).toThrow(expect.objectContaining({ status: 400, code: "InvalidArgument" }));
  });

  test("refuses a signature of other data", () => {
    const fields = form([], {});
    fields.set("policy", `${fields.get("policy")}AA==`);
    expect(() => verify(fields)).toThrow(expect.objectContaining({ code: "SignatureDoesNotMatch" }));
  });

  test.each<[string, Record<string, unknown>]>([
    ["no expiration", { expiration: undefined }],
    ["an expiration that is no time", { expiration: "tomorrow" }],
    ["an expiration that is a number", { expiration: 1 }],
    ["no conditions", { expiration: "2015-12-30T12:00:00Z", conditions: undefined }],
    ["conditions that are no list", { expiration: "2015-12-30T12:00:00Z", conditions: {} }],
    ...[null, "key", {}, { a: "b", c: "d" }, { a: 1 }, [], ["eq"], ["eq", "key", "a"], ["eq", "$key", 1]].map(
      (condition): [string, Record<string, unknown>] => [
        `the condition ${JSON.stringify(condition)}`,
        { expiration: "2015-12-30T12:00:00Z", conditions: [condition] },
      ],
    ),
    ...[[1], [1, 2, 3], [-1, 2], [1, "x"], [0.5, 2]].map((range): [string, Record<string, unknown>] => [
      `the range ${JSON.stringify(range)}`,
      { expiration: "2015-12-30T12:00:00Z", conditions: [["content-length-range", ...range]] },
    ]),
  ])("a policy with %s", (_, document) => {
    expect(() => verify(form([], {}, document))).toThrow(
      expect.objectContaining({ status: 400, code: "InvalidPolicyDocument" }),
    );
  });

  test("refuses a policy that is not JSON", () => {
    const fields = {
      "x-amz-algorithm": "AWS4-HMAC-SHA256",
      "x-amz-credential": credential,
      "x-amz-date": "20151229T000000Z",
    };
    for (const document of ["{", "null", "[]", "1"]) {
      expect(() => verify(signedForm(document, fields))).toThrow(
        expect.objectContaining({ code: "InvalidPolicyDocument" }),
      );
    }
  });
});
