import {
  AbortMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { AssumeRoleCommand, GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { describe, expect, test } from "vitest";
import { allowing, bucket as Bucket, refusal, runningStore } from "./running-store.ts";

const objectArn = `arn:aws:s3:::${Bucket}/mine/*`;
const denied = { name: "AccessDenied", status: 403 };

describe("each operation requires its action on its resource", () => {
  const operations: [
    action: string,
    run: (s3: S3Client, Key: string, UploadId: string) => Promise<unknown>,
  ][] = [
    ["s3:GetObject", (s3, Key) => s3.send(new GetObjectCommand({ Bucket, Key }))],
    ["s3:PutObject", (s3, Key) => s3.send(new PutObjectCommand({ Bucket, Key, Body: "x" }))],
    ["s3:DeleteObject", (s3, Key) => s3.send(new DeleteObjectCommand({ Bucket, Key }))],
    ["s3:GetObjectTagging", (s3, Key) => s3.send(new GetObjectTaggingCommand({ Bucket, Key }))],
    ["s3:PutObject", (s3, Key) => s3.send(new CreateMultipartUploadCommand({ Bucket, Key }))],
    [
      "s3:PutObject",
      (s3, Key, UploadId) =>
        s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: "x" })),
    ],
    [
      "s3:ListMultipartUploadParts",
      (s3, Key, UploadId) => s3.send(new ListPartsCommand({ Bucket, Key, UploadId })),
    ],
    [
      "s3:AbortMultipartUpload",
      (s3, Key, UploadId) => s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })),
    ],
  ];

  test.each(operations)("%s (%#)", async (action, run) => {
    const { s3, session } = await runningStore();
    const uploads = new Map<string, string>();
    for (const Key of ["mine/a", "theirs/a"]) {
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: "x" }));
      const { UploadId = "" } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
      uploads.set(Key, UploadId);
    }
    const runOn = (client: S3Client, Key: string) => run(client, Key, uploads.get(Key) ?? "");
    const may = await session(allowing([action], [objectArn]));
    await runOn(may, "mine/a");
    expect(await refusal(runOn(may, "theirs/a"))).toEqual(denied);
    const mayOther = await session(allowing(["s3:ListAllMyBuckets"]));
    expect(await refusal(runOn(mayOther, "mine/a"))).toEqual(denied);
  });

  test("on a bucket", async () => {
    const { session } = await runningStore();
    const may = await session(allowing(["s3:ListBucket", "s3:ListAllMyBuckets"]));
    await may.send(new HeadBucketCommand({ Bucket }));
    await may.send(new ListBucketsCommand());
    expect(await refusal(may.send(new ListMultipartUploadsCommand({ Bucket })))).toEqual(denied);
    expect(await refusal(may.send(new GetBucketLocationCommand({ Bucket })))).toEqual(denied);
    expect(await refusal(may.send(new CreateBucketCommand({ Bucket: "new-bucket" })))).toEqual(denied);
    expect(await refusal(may.send(new DeleteBucketCommand({ Bucket })))).toEqual(denied);
  });

  test("for tags of an object there is an action of its own", async () => {
    const { session } = await runningStore();
    const may = await session(allowing(["s3:PutObject"]));
    const put = may.send(new PutObjectCommand({ Bucket, Key: "a", Body: "", Tagging: "t=1" }));
    expect(await refusal(put)).toEqual(denied);
  });

  test("on each object of a DeleteObjects", async () => {
    const { s3, session } = await runningStore();
    for (const Key of ["mine/a", "theirs/a"]) await s3.send(new PutObjectCommand({ Bucket, Key, Body: "x" }));
    const may = await session(allowing(["s3:DeleteObject"], [objectArn]));
    const Objects = [{ Key: "mine/a" }, { Key: "theirs/a" }];
    const { Deleted, Errors } = await may.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(Deleted).toMatchObject([{ Key: "mine/a" }]);
    expect(Errors).toMatchObject([{ Key: "theirs/a", Code: "AccessDenied" }]);
  });
});

test("a listing can be limited to a prefix", async () => {
  const { session } = await runningStore();
  const below = await session(allowing(["s3:ListBucket"], ["*"], { StringLike: { "s3:prefix": "mine/*" } }));
  await below.send(new ListObjectsV2Command({ Bucket, Prefix: "mine/x" }));
  for (const Prefix of [undefined, "", "mine", "theirs/"]) {
    expect(await refusal(below.send(new ListObjectsV2Command({ Bucket, Prefix })))).toEqual(denied);
  }
});

test("a session policy does not extend the policy of its role", async () => {
  const role = { name: "reader", policy: allowing(["s3:GetObject"], [objectArn]) };
  const { s3, sts, client } = await runningStore({ roles: [role] });
  for (const Key of ["mine/a", "theirs/a"]) await s3.send(new PutObjectCommand({ Bucket, Key, Body: "x" }));
  const { Credentials: issued } = await sts.send(
    new AssumeRoleCommand({
      RoleArn: "arn:aws:iam::000000000000:role/reader",
      RoleSessionName: "t1",
      Policy: JSON.stringify(allowing(["s3:*"])),
    }),
  );
  const reader = client({
    credentials: {
      accessKeyId: issued?.AccessKeyId ?? "",
      secretAccessKey: issued?.SecretAccessKey ?? "",
      sessionToken: issued?.SessionToken ?? "",
    },
  });
  await reader.send(new GetObjectCommand({ Bucket, Key: "mine/a" }));
  expect(await refusal(reader.send(new GetObjectCommand({ Bucket, Key: "theirs/a" })))).toEqual(denied);
  expect(await refusal(reader.send(new DeleteObjectCommand({ Bucket, Key: "mine/a" })))).toEqual(denied);
});

test("only callers who may list learn that a key is missing", async () => {
  const { s3, session } = await runningStore();
  const blind = await session(allowing(["s3:GetObject"]));
  expect((await refusal(blind.send(new HeadObjectCommand({ Bucket, Key: "missing" })))).status).toBe(403);
  const response = await fetch(await getSignedUrl(blind, new GetObjectCommand({ Bucket, Key: "missing" })));
  const body = await response.text();
  expect(response.status).toBe(403);
  expect(body).toContain(
    "is not authorized to perform: s3:ListBucket on resource: &#34;arn:aws:s3:::demo&#34;",
  );
  expect(body).toContain("because no session policy allows the s3:ListBucket action");
  const prefixed = await session(
    allowing(["s3:GetObject", "s3:ListBucket"], ["*"], { StringLike: { "s3:prefix": "mine/*" } }),
  );
  expect((await refusal(prefixed.send(new HeadObjectCommand({ Bucket, Key: "mine/missing" })))).status).toBe(
    403,
  );
  expect((await refusal(s3.send(new HeadObjectCommand({ Bucket, Key: "missing" })))).status).toBe(404);
});

test("every caller learns that a bucket is missing", async () => {
  const { s3, session } = await runningStore();
  const blind = await session(allowing(["s3:ListAllMyBuckets"]));
  for (const client of [s3, blind]) {
    const get = client.send(new GetObjectCommand({ Bucket: "missing-bucket", Key: "a" }));
    expect(await refusal(get)).toEqual({ name: "NoSuchBucket", status: 404 });
  }
});

test("a bucket of another owner than the expected one is refused, also as the source of a copy", async () => {
  const { s3 } = await runningStore();
  await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "x" }));
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "m" }));
  const source = { Bucket, CopySource: `${Bucket}/a` };
  const asks = (ExpectedBucketOwner?: string, ExpectedSourceBucketOwner?: string) => {
    const expected = { ExpectedBucketOwner, ExpectedSourceBucketOwner };
    return [
      new CopyObjectCommand({ ...source, Key: "b", ...expected }),
      new UploadPartCopyCommand({ ...source, Key: "m", UploadId, PartNumber: 1, ...expected }),
    ] as const;
  };
  const [ours, others] = ["000000000000", "111111111111"];
  for (const [copy, part] of [asks(others), asks(ours, others)]) {
    expect(await refusal(s3.send(copy))).toEqual(denied);
    expect(await refusal(s3.send(part))).toEqual(denied);
  }
  const [copy, part] = asks(ours, ours);
  await s3.send(copy);
  await s3.send(part);
  const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: "a", ExpectedBucketOwner: others }));
  expect(new URL(url).searchParams.get("x-amz-expected-bucket-owner")).toBe(others);
  expect((await fetch(url)).status).toBe(403);
});

test("a request for a bucket in another region is redirected with its region", async () => {
  const { client, endpoint, s3 } = await runningStore();
  const frankfurt = client({ region: "eu-central-1" });
  await frankfurt.send(new CreateBucketCommand({ Bucket: "in-frankfurt" }));
  expect((await refusal(frankfurt.send(new HeadBucketCommand({ Bucket })))).status).toBe(301);
  const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket: "in-frankfurt", Key: "a" }));
  const response = await fetch(url, { redirect: "manual" });
  expect(response.status).toBe(301);
  expect(response.headers.get("x-amz-bucket-region")).toBe("eu-central-1");
  expect(await response.text()).toMatch(/<Code>PermanentRedirect<.*<Region>eu-central-1</);
  expect(url.startsWith(endpoint)).toBe(true);
  const location = await frankfurt.send(new GetBucketLocationCommand({ Bucket: "in-frankfurt" }));
  expect(location.LocationConstraint).toBe("eu-central-1");
});

test("a bucket is deleted when it is empty", async () => {
  const { s3 } = await runningStore();
  await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "x" }));
  const full = s3.send(new DeleteBucketCommand({ Bucket }));
  expect(await refusal(full)).toEqual({ name: "BucketNotEmpty", status: 409 });
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
  await s3.send(new DeleteBucketCommand({ Bucket }));
  expect((await refusal(s3.send(new HeadBucketCommand({ Bucket })))).status).toBe(404);
});

test.each([
  "xn--abc",
  "sthree-abc",
  "amzn-s3-demo-abc",
  "abc-s3alias",
  "abc--ol-s3",
  "abc.mrap",
  "abc--x-s3",
  "abc--table-s3",
  "abc-000000000000-us-east-1-an",
  "ABC",
  "ab",
  "a..b",
  "1.2.3.4",
  "-abc",
  "abc-",
])("a bucket cannot be named %s", async (name) => {
  const { s3 } = await runningStore();
  // The SDK sends other requests for some of these names, so the name is replaced later.
  const command = new CreateBucketCommand({ Bucket: "replaced" });
  command.middlewareStack.add(
    (next) => (args) => {
      Object.assign(args.request as object, { path: `/${name}` });
      return next(args);
    },
    { step: "build" },
  );
  expect(await refusal(s3.send(command))).toEqual({ name: "InvalidBucketName", status: 400 });
});

test("sessions expire on time, and presigned URLs with them", async () => {
  let now = new Date();
  const { s3, session } = await runningStore({ now: () => now });
  await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "x" }));
  const temporary = await session();
  const minute = await getSignedUrl(temporary, new GetObjectCommand({ Bucket, Key: "a" }), { expiresIn: 60 });
  const day = await getSignedUrl(temporary, new GetObjectCommand({ Bucket, Key: "a" }), {
    expiresIn: 86_400,
  });
  expect((await fetch(minute)).status).toBe(200);
  now = new Date(now.getTime() + 61_000);
  const expired = await fetch(minute);
  expect([expired.status, await expired.text()]).toEqual([
    403,
    expect.stringContaining("Request has expired"),
  ]);
  expect((await fetch(day)).status).toBe(200);
  now = new Date(now.getTime() + 3_600_000);
  const dead = await fetch(day);
  expect([dead.status, await dead.text()]).toEqual([400, expect.stringContaining("<Code>ExpiredToken<")]);
});

test("STS identifies the caller, and has its own errors", async () => {
  const { sts, s3, session, requests, roleArn } = await runningStore({ minSessionSeconds: 1 });
  expect(await sts.send(new GetCallerIdentityCommand())).toMatchObject({ Account: "000000000000" });
  const short = await sts.send(
    new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: "ab", DurationSeconds: 1 }),
  );
  expect(short.AssumedRoleUser?.Arn).toBe("arn:aws:sts::000000000000:assumed-role/valetkey-embedded/ab");
  const bad = sts.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: "a b" }));
  expect((await refusal(bad)).status).toBe(400);
  expect(requests.map(({ operation, status }) => [operation, status])).toEqual([
    ["GetCallerIdentity", 200],
    ["AssumeRole", 200],
    ["AssumeRole", 400],
  ]);
  await session();
  await s3.send(new ListBucketsCommand());
});
