import {
  CopyObjectCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { describe, expect, test } from "vitest";
import { allowing, bucket as Bucket, refusal, runningStore } from "../running-store.ts";

const denied = { name: "AccessDenied", status: 403 };

/** A policy that allows everything except this. */
function denying(action: string, condition: object) {
  const { Version, Statement } = allowing(["s3:*"]);
  return {
    Version,
    Statement: [...Statement, { Effect: "Deny", Action: action, Resource: "*", Condition: condition }],
  };
}

describe("a Deny applies by the condition key", () => {
  const always: [operator: string, key: string, value: string, other: string][] = [
    ["DateGreaterThan", "aws:CurrentTime", "2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"],
    ["DateGreaterThan", "aws:EpochTime", "1577836800", "32472144000"],
    ["NumericGreaterThan", "aws:EpochTime", "1577836800", "32472144000"],
    ["IpAddress", "aws:SourceIp", "127.0.0.0/8", "10.0.0.0/8"],
    ["Bool", "aws:SecureTransport", "false", "true"],
    ["Bool", "aws:MultiFactorAuthPresent", "false", "true"],
    ["StringEquals", "aws:RequestedRegion", "us-east-1", "eu-central-1"],
    ["StringEquals", "aws:ResourceAccount", "000000000000", "111111111111"],
    ["StringEquals", "s3:ResourceAccount", "000000000000", "111111111111"],
    ["StringEquals", "aws:PrincipalAccount", "000000000000", "111111111111"],
    ["StringEquals", "aws:PrincipalType", "AssumedRole", "User"],
    [
      "ArnEquals",
      "aws:PrincipalArn",
      "arn:aws:iam::000000000000:role/valetkey-embedded",
      "arn:aws:iam::000000000000:role/other",
    ],
    ["StringLike", "aws:UserAgent", "*aws-sdk-js*", "curl*"],
    ["StringEquals", "s3:authType", "REST-HEADER", "POST"],
    ["StringEquals", "s3:signatureversion", "AWS4-HMAC-SHA256", "AWS"],
    ["NumericLessThan", "s3:signatureAge", "900000", "0"],
  ];

  test.each(always)("%s %s", async (operator, key, value, other) => {
    const { s3, session } = await runningStore();
    await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "x" }));
    const get = new GetObjectCommand({ Bucket, Key: "a" });
    const may = await session(denying("s3:GetObject", { [operator]: { [key]: other } }));
    await may.send(get);
    const mayNot = await session(denying("s3:GetObject", { [operator]: { [key]: value } }));
    expect(await refusal(mayNot.send(get))).toEqual(denied);
  });
});

test("the signature age of a URL is the time since it was signed", async () => {
  let now = new Date();
  const { s3, session } = await runningStore({ now: () => now });
  await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "x" }));
  const short = await session(denying("s3:*", { NumericGreaterThan: { "s3:signatureAge": "60000" } }));
  const url = await getSignedUrl(short, new GetObjectCommand({ Bucket, Key: "a" }), { expiresIn: 3600 });
  now = new Date(now.getTime() + 58_000);
  expect((await fetch(url)).status).toBe(200);
  now = new Date(now.getTime() + 4_000);
  expect((await fetch(url)).status).toBe(403);
});

test("a form has a signature age, a time and an address", async () => {
  const { session } = await runningStore();
  for (const [condition, status] of [
    [{ StringEquals: { "s3:authType": "REST-HEADER" } }, 204],
    [{ StringEquals: { "s3:authType": "POST" } }, 403],
    [{ NumericLessThan: { "s3:signatureAge": "900000" } }, 403],
    [{ IpAddress: { "aws:SourceIp": "127.0.0.1" } }, 403],
    [{ StringLike: { "aws:UserAgent": "forms/1" } }, 403],
  ] as const) {
    const s3 = await session(denying("s3:PutObject", condition));
    const { url, fields } = await createPresignedPost(s3, { Bucket, Key: "a" });
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    form.set("file", new Blob(["x"]));
    const posted = await fetch(url, { method: "POST", body: form, headers: { "user-agent": "forms/1" } });
    expect(posted.status, JSON.stringify(condition)).toBe(status);
  }
});

test("s3:ExistingObjectTag is that of the object that is read, copied or tagged", async () => {
  const { s3, session } = await runningStore();
  await s3.send(new PutObjectCommand({ Bucket, Key: "secret", Body: "x", Tagging: "secret=yes" }));
  await s3.send(new PutObjectCommand({ Bucket, Key: "open", Body: "x", Tagging: "secret=no" }));
  const may = await session(denying("s3:*", { StringEquals: { "s3:ExistingObjectTag/secret": "yes" } }));
  const Tagging = { TagSet: [{ Key: "secret", Value: "no" }] };
  const reads: ((Key: string) => Promise<unknown>)[] = [
    (Key) => may.send(new GetObjectCommand({ Bucket, Key })),
    (Key) => may.send(new GetObjectTaggingCommand({ Bucket, Key })),
    (Key) => may.send(new GetObjectAttributesCommand({ Bucket, Key, ObjectAttributes: ["ETag"] })),
    (Key) => may.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/${Key}` })),
    (Key) => may.send(new PutObjectTaggingCommand({ Bucket, Key, Tagging })),
  ];
  for (const read of reads) {
    expect(await refusal(read("secret"))).toEqual(denied);
    await read("open");
  }
  expect((await refusal(may.send(new HeadObjectCommand({ Bucket, Key: "secret" })))).status).toBe(403);
  // S3 does not set this key for requests that overwrite or delete.
  await may.send(new PutObjectCommand({ Bucket, Key: "secret", Body: "y" }));
});

test("an Allow by s3:ExistingObjectTag does not apply to objects without the tag or to missing ones", async () => {
  const { s3, session } = await runningStore();
  await s3.send(new PutObjectCommand({ Bucket, Key: "public", Body: "x", Tagging: "access=public" }));
  await s3.send(new PutObjectCommand({ Bucket, Key: "other", Body: "x" }));
  const may = await session(
    allowing(["s3:GetObject"], ["*"], { StringEquals: { "s3:ExistingObjectTag/access": "public" } }),
  );
  await may.send(new GetObjectCommand({ Bucket, Key: "public" }));
  for (const Key of ["other", "missing"])
    expect(await refusal(may.send(new GetObjectCommand({ Bucket, Key })))).toEqual(denied);
});

test("s3:RequestObjectTagKeys contains all tags of a request", async () => {
  const { session } = await runningStore();
  const put = (Tagging?: string) => new PutObjectCommand({ Bucket, Key: "a", Body: "x", Tagging });
  const no = await session(
    denying("s3:PutObject*", { "ForAnyValue:StringEquals": { "s3:RequestObjectTagKeys": ["secret"] } }),
  );
  await no.send(put());
  await no.send(put("colour=red"));
  expect(await refusal(no.send(put("colour=red&secret=1")))).toEqual(denied);
  const only = await session(
    allowing(["s3:PutObject", "s3:PutObjectTagging"], ["*"], {
      "ForAllValues:StringEquals": { "s3:RequestObjectTagKeys": ["colour", "size"] },
    }),
  );
  await only.send(put("colour=red&size=1"));
  expect(await refusal(only.send(put("colour=red&secret=1")))).toEqual(denied);
});

describe("AssumeRole refuses a policy with a condition key that the store does not know", () => {
  test.each([
    ["a condition", allowing(["s3:*"], ["*"], { StringEquals: { "s3:object-lock-mode": "GOVERNANCE" } })],
    ["a misspelt condition", allowing(["s3:*"], ["*"], { StringLike: { "s3:prefixes": "a/*" } })],
    ["a variable of a resource", allowing(["s3:*"], ["arn:aws:s3:::demo/${aws:PrincipalOrgID}/*"])],
    ["a variable of a value", allowing(["s3:*"], ["*"], { StringLike: { "s3:prefix": "${saml:sub}/*" } })],
  ])("in %s", async (_, policy) => {
    const { session } = await runningStore();
    expect(await refusal(session(policy))).toEqual({ name: "MalformedPolicyDocumentException", status: 400 });
  });
});
