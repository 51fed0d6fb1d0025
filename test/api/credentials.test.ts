import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { pino } from "pino";
import { beforeEach, describe, expect, test } from "vitest";
import { startIssuer } from "../support/issuer.ts";
import { startRecordingProxy } from "../support/recording-proxy.ts";
import { shareInFile } from "../support/share-in-file.ts";
import {
  type CredentialsArguments,
  requestCredentials,
  s3ClientWith,
} from "../support/temporary-credentials.ts";
import { bucket, otherBucket, startTestServer, versionedBucket } from "../support/test-server.ts";
import { startTestStore } from "../support/test-store.ts";

const allowOn = (name: string) => ({
  Version: "2012-10-17",
  Statement: {
    Effect: "Allow",
    Action: "s3:*",
    Resource: [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`],
  },
});
const roles = [
  { name: "one", policy: allowOn(bucket) },
  { name: "other", policy: allowOn(otherBucket), externalId: "id-of-the-other-account" },
];
const arnOf = (name: string) => `arn:aws:iam::000000000000:role/${name}`;

const lines: string[] = [];
const log = pino({ level: "trace" }, { write: (line: string) => void lines.push(line) });
const store = (await shareInFile(startTestStore({ roles }))).description;
const proxy = await shareInFile(startRecordingProxy(store.endpoint));
const issuer = await shareInFile(startIssuer());
const server = await shareInFile(
  startTestServer({
    store,
    issuer,
    s3Url: proxy.url,
    log,
    grants: [
      { who: "authenticated", bucket, prefix: "{sub}/", allow: ["DOWNLOAD", "LIST", "CREDENTIALS"] },
      { who: "authenticated", bucket, prefix: "{sub}/", allow: ["UPLOAD"], maxUploadBytes: 1_000 },
      {
        who: "authenticated",
        bucket,
        prefix: "{sub}/short/",
        allow: ["DELETE", "CREDENTIALS"],
        maxExpiresSeconds: 600,
      },
      {
        who: "authenticated",
        bucket: otherBucket,
        allow: ["LIST", "UPLOAD", "CREDENTIALS"],
        maxExpiresSeconds: 1_800,
      },
      { who: "anonymous", bucket: versionedBucket, allow: ["LIST", "CREDENTIALS"] },
    ],
    buckets: {
      [bucket]: { role: arnOf("one"), publicEndpoint: "https://s3.example.com" },
      [otherBucket]: { role: arnOf("other"), externalId: "id-of-the-other-account" },
    },
  }),
);
const alice = server.client.as(await issuer.token({ sub: "alice" }));

beforeEach(() => {
  proxy.forget();
  lines.length = 0;
});

describe("is refused without a call to STS", () => {
  const valid = { bucket, prefix: "alice/", actions: ["DOWNLOAD"] } as const;
  test.each<[string, Partial<CredentialsArguments>, object]>([
    ["no action", { actions: [] }, { code: "BAD_USER_INPUT", field: "actions" }],
    ["an action twice", { actions: ["LIST", "LIST"] }, { code: "BAD_USER_INPUT", field: "actions" }],
    [
      "CREDENTIALS itself",
      { actions: ["DOWNLOAD", "CREDENTIALS"] },
      { code: "BAD_USER_INPUT", field: "actions" },
    ],
    ["less than 900 s", { durationSeconds: 899 }, { code: "BAD_USER_INPUT", field: "durationSeconds" }],
    ["more than the role", { durationSeconds: 3_601 }, { code: "BAD_USER_INPUT", field: "durationSeconds" }],
    [
      "more than the grant",
      { bucket: otherBucket, prefix: "", actions: ["LIST"], durationSeconds: 1_801 },
      { code: "BAD_USER_INPUT", field: "durationSeconds" },
    ],
    ["a grant of less than 900 s", { prefix: "alice/short/", actions: ["DELETE"] }, { code: "FORBIDDEN" }],
    ["a grant without CREDENTIALS", { actions: ["UPLOAD"] }, { code: "FORBIDDEN", field: "actions" }],
    [
      "one of two grants without CREDENTIALS",
      { actions: ["DOWNLOAD", "UPLOAD"] },
      { code: "FORBIDDEN", field: "actions" },
    ],
    ["an action without a grant", { actions: ["DELETE"] }, { code: "FORBIDDEN" }],
    ["a prefix above the grant", { prefix: "" }, { code: "FORBIDDEN" }],
    ["the prefix of another caller", { prefix: "bob/" }, { code: "FORBIDDEN" }],
    ["another bucket", { bucket: versionedBucket }, { code: "FORBIDDEN" }],
    ["a region that is not served", { region: "eu-west-3" }, { code: "BAD_USER_INPUT", field: "region" }],
    ["a lone surrogate", { prefix: "alice/\ud800" }, { code: "BAD_USER_INPUT", field: "prefix" }],
    [
      "a prefix that does not fit into a policy",
      { prefix: `alice/${"한".repeat(330)}` },
      { code: "BAD_USER_INPUT", field: "prefix" },
    ],
  ])("%s", async (_what, change, error) => {
    await expect(requestCredentials(alice, { ...valid, ...change })).rejects.toMatchObject(error);
    expect(proxy.requests).toEqual([]);
  });

  test("an operation with more than ten of them", async () => {
    const field = `requestCredentials(bucket: "${bucket}", prefix: "alice/", actions: [LIST]) { expiresAt }`;
    const aliases = Array.from({ length: 11 }, (_, index) => `c${index}: ${field}`).join(" ");
    await expect(alice.data(`mutation { ${aliases} }`)).rejects.toMatchObject({
      code: "BAD_USER_INPUT",
      message: expect.stringContaining("2,750 calls"),
    });
    expect(proxy.requests).toEqual([]);
  });
});

test("a caller without a token is told that one is needed, and may have what anonymous callers are granted", async () => {
  const refused = requestCredentials(server.client, { bucket, prefix: "alice/", actions: ["DOWNLOAD"] });
  await expect(refused).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  const issued = await requestCredentials(server.client, { bucket: versionedBucket, actions: ["LIST"] });
  await using s3 = s3ClientWith(issued);
  await s3.send(new ListObjectsV2Command({ Bucket: versionedBucket }));
});

describe("buckets of two roles", () => {
  test("have credentials of their own role, which cannot reach the other bucket", async () => {
    const one = await requestCredentials(alice, { bucket, prefix: "alice/", actions: ["LIST"] });
    const other = await requestCredentials(alice, { bucket: otherBucket, actions: ["LIST"] });
    expect(proxy.count("AssumeRole")).toBe(2);
    // The public endpoint of this test is a name that leads nowhere.
    await using s3 = s3ClientWith({ ...one, endpoint: proxy.url });
    await using otherS3 = s3ClientWith(other);
    await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: "alice/" }));
    await otherS3.send(new ListObjectsV2Command({ Bucket: otherBucket }));
    const denied = { name: "AccessDenied" };
    await expect(s3.send(new ListObjectsV2Command({ Bucket: otherBucket }))).rejects.toMatchObject(denied);
    const list = otherS3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: "alice/" }));
    await expect(list).rejects.toMatchObject(denied);
  });

  test("name the public endpoint of each bucket", async () => {
    const one = await requestCredentials(alice, { bucket, prefix: "alice/", actions: ["LIST"] });
    const other = await requestCredentials(alice, { bucket: otherBucket, actions: ["LIST"] });
    expect([one.endpoint, other.endpoint]).toEqual(["https://s3.example.com", proxy.url]);
  });
});

test("`null` means the defaults", async () => {
  const request = { bucket: otherBucket, prefix: null, durationSeconds: null, actions: ["LIST"] };
  const issued = await requestCredentials(alice, request as unknown as CredentialsArguments);
  expect(issued.prefix).toBe("");
});

test("many at once, of one caller, are assumed one after the other, and at most twenty wait", async () => {
  const request = { bucket: otherBucket, actions: ["LIST"] } as const;
  const all = await Promise.allSettled(Array.from({ length: 60 }, () => requestCredentials(alice, request)));
  for (const result of all) {
    if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "OVERLOADED" });
  }
  expect(all.some(({ status }) => status === "fulfilled")).toBe(true);
  expect(proxy.mostAtOnce).toBe(1);
});

describe("what is recorded", () => {
  test("the log has the access key id and the principal, and never the secrets", async () => {
    const { accessKeyId, secretAccessKey, sessionToken } = await requestCredentials(alice, {
      bucket,
      prefix: "alice/",
      actions: ["DOWNLOAD"],
    });
    const issued = lines
      .map((line) => JSON.parse(line))
      .find(({ msg }) => msg === "issued credentials to a client");
    expect(issued).toMatchObject({
      level: 30,
      accessKeyId,
      subject: "alice",
      sessionName: expect.stringMatching(/^alice/),
      bucket,
      prefix: "alice/",
      actions: ["DOWNLOAD"],
      requestId: expect.any(String),
    });
    const text = lines.join("\n");
    expect(text).not.toContain(JSON.stringify(secretAccessKey).slice(1, -1));
    expect(text).not.toContain(JSON.stringify(sessionToken).slice(1, -1));
  });

  test("metrics count AssumeRole and the credentials by access", async () => {
    const before = await counts();
    await requestCredentials(alice, { bucket: otherBucket, actions: ["LIST"] });
    await requestCredentials(alice, { bucket: otherBucket, actions: ["LIST", "UPLOAD"] });
    const after = await counts();
    expect(after.assumed - before.assumed).toBe(2);
    expect(after.read - before.read).toBe(1);
    expect(after.write - before.write).toBe(1);
  });

  async function counts() {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    const countOf = (series: string) =>
      Number(
        metrics
          .split("\n")
          .find((line) => line.startsWith(series))
          ?.split(" ")[1] ?? 0,
      );
    return {
      assumed: countOf('valetkey_assume_role_total{outcome="ok"}'),
      read: countOf('valetkey_credentials_issued_total{access="read"}'),
      write: countOf('valetkey_credentials_issued_total{access="write"}'),
    };
  }
});

test("`viewer` shows CREDENTIALS", async () => {
  const { viewer } = await server.client.data<{ viewer: { grants: { actions: string[] }[] } }>(
    "{ viewer { grants { actions } } }",
  );
  expect(viewer.grants).toEqual([{ actions: ["LIST", "CREDENTIALS"] }]);
});
