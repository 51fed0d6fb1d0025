import { request } from "node:http";
import { text as readText } from "node:stream/consumers";
import { expect, test, vi } from "vitest";
import type { Finding } from "../../../src/commands/doctor/finding.ts";
import { startHttpServer } from "../../support/listening.ts";
import type { StoreDescription } from "../../support/store-description.ts";
import { bucket, prepareTestServer, type TestServerOptions } from "../../support/test-server.ts";
import { startTestStore } from "../../support/test-store.ts";
import { complaintsOf } from "./examined.ts";

const everything = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "s3:*", Resource: "*" }] };

type Role = NonNullable<Parameters<typeof startTestStore>[0]>["roles"] extends
  | readonly (infer Each)[]
  | undefined
  ? Each
  : never;

interface Breakage {
  readonly name: string;
  readonly role?: Partial<Role>;
  readonly env: Readonly<Record<string, string>>;
  readonly found: Partial<Record<keyof Finding, unknown>>;
  readonly mended: { readonly role?: Partial<Role>; readonly env?: Readonly<Record<string, string>> };
}

const text = (pattern: RegExp) => expect.stringMatching(pattern);

const breakages: readonly Breakage[] = [
  {
    name: "an external ID that is wrong",
    role: { externalId: "right" },
    env: { VALETKEY_EXTERNAL_ID: "wrong" },
    found: { check: "role", saw: text(/AccessDenied/), mend: text(/compare the external ID/) },
    mended: { role: { externalId: "right" }, env: { VALETKEY_EXTERNAL_ID: "right" } },
  },
  {
    name: "an external ID that is missing",
    role: { externalId: "right" },
    env: {},
    found: { check: "role", mend: text(/requires sts:ExternalId/) },
    mended: { role: { externalId: "right" }, env: { VALETKEY_EXTERNAL_ID: "right" } },
  },
  {
    name: "a role that does not exist",
    env: { VALETKEY_ROLE_ARN: "arn:aws:iam::000000000000:role/nobody" },
    found: { check: "role", mend: text(/check that .*role\/nobody exists/) },
    mended: {},
  },
  {
    name: "sessions that are longer than the role allows",
    role: { maxSessionSeconds: 3600 },
    env: { VALETKEY_SESSION_SECONDS: "7200" },
    found: { check: "role", means: text(/for 7200 s, but for 3600 s/), mend: text(/MaxSessionDuration/) },
    mended: { role: { maxSessionSeconds: 7200 }, env: { VALETKEY_SESSION_SECONDS: "7200" } },
  },
  {
    name: "session tags that the trust policy does not allow",
    env: { VALETKEY_SESSION_TAGS: "on" },
    found: { check: "role", means: text(/without session tags/), mend: text(/sts:TagSession/) },
    mended: { role: { allowTagSession: true }, env: { VALETKEY_SESSION_TAGS: "on" } },
  },
  {
    name: "a source identity that the trust policy does not allow",
    env: { VALETKEY_SOURCE_IDENTITY: "on" },
    found: { check: "role", means: text(/without a source identity/), mend: text(/sts:SetSourceIdentity/) },
    mended: { role: { allowSourceIdentity: true }, env: { VALETKEY_SOURCE_IDENTITY: "on" } },
  },
  {
    name: "session tags and a source identity, neither of which is allowed",
    env: { VALETKEY_SOURCE_IDENTITY: "on", VALETKEY_SESSION_TAGS: "on" },
    found: { check: "role", means: text(/without session tags and source identity/) },
    mended: {
      role: { allowSourceIdentity: true, allowTagSession: true },
      env: { VALETKEY_SOURCE_IDENTITY: "on", VALETKEY_SESSION_TAGS: "on" },
    },
  },
  {
    name: "an access key that STS does not know",
    env: { AWS_ACCESS_KEY_ID: "AKIAUNKNOWN000000000" },
    found: { check: "role", mend: text(/AWS_ACCESS_KEY_ID/) },
    mended: {},
  },
  {
    name: "a secret key that is wrong",
    env: { AWS_SECRET_ACCESS_KEY: "not the secret of this key" },
    found: { check: "role", mend: text(/AWS_SECRET_ACCESS_KEY/) },
    mended: {},
  },
  {
    name: "no base credentials",
    env: { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" },
    found: { check: "base credentials", means: text(/CREDENTIALS_UNAVAILABLE/) },
    mended: {},
  },
  {
    name: "an STS that nobody listens at",
    env: { AWS_ENDPOINT_URL_STS: "http://127.0.0.1:9" },
    found: { check: "role", means: text(/cannot be reached/), mend: text(/AWS_ENDPOINT_URL_STS/) },
    mended: {},
  },
  {
    name: "a role that may not write",
    role: {
      policy: allowing(
        "s3:ListBucket",
        "s3:GetObject",
        "s3:DeleteObject",
        "s3:GetBucket*",
        "s3:GetEncryptionConfiguration",
      ),
    },
    env: {},
    found: {
      check: "bucket.round trip",
      saw: text(/^PUT with a presigned URL .*AccessDenied/),
      mend: text(/allow s3:PutObject/),
    },
    mended: {},
  },
  {
    name: "a role that may not delete",
    role: {
      policy: allowing(
        "s3:ListBucket*",
        "s3:GetObject*",
        "s3:PutObject*",
        "s3:AbortMultipartUpload",
        "s3:ListMultipartUploadParts",
      ),
    },
    env: {},
    found: { check: "bucket.round trip", saw: text(/could not remove .*\.valetkey-doctor-/) },
    mended: {},
  },
  {
    name: "a role that may not abort uploads",
    role: { policy: allowing("s3:*Object*", "s3:ListBucket*", "s3:ListMultipartUploadParts") },
    env: {},
    found: { check: "bucket.round trip", mend: text(/s3:AbortMultipartUpload/) },
    mended: {},
  },
  {
    name: "a role that may not list",
    role: { policy: allowing("s3:*Object*", "s3:*MultipartUpload*") },
    env: {},
    found: { check: "bucket.reach", verdict: "fault", means: text(/grant allows LIST/) },
    mended: {},
  },
];

function allowing(...actions: string[]): object {
  return { ...everything, Statement: [{ Effect: "Allow", Action: actions, Resource: "*" }] };
}

async function examineRole({ role = {}, env = {} }: Breakage["mended"]): Promise<Finding[]> {
  await using store = await startTestStore({ roles: [{ name: "examined", policy: everything, ...role }] });
  const description: StoreDescription = {
    ...store.description,
    roleArn: "arn:aws:iam::000000000000:role/examined",
  };
  const grants: TestServerOptions["grants"] = [
    { who: "anonymous", bucket, prefix: "files/", allow: ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"] },
  ];
  await using server = await prepareTestServer({ store: description, grants, env });
  const complaints = await complaintsOf(server.env);
  // Tokens are a different matter.
  return complaints.filter(({ check }) => check !== "tokens");
}

test.each(breakages)(
  "the doctor finds $name, and nothing once it is mended",
  async ({ role, env, found, mended }) => {
    const complaints = await examineRole({ ...(role && { role }), env });
    expect(complaints).toContainEqual(expect.objectContaining(found));
    for (const { saw, mend } of complaints) {
      for (const secret of ["wrong", "not the secret of this key"])
        expect(`${saw} ${mend}`).not.toContain(`"${secret}"`);
    }
    expect(await examineRole(mended)).toEqual([]);
  },
);

/** An STS that refuses sessions of more than an hour in AWS's words for chained roles, and passes everything else on. */
function startChainingSts(store: StoreDescription) {
  const message =
    "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
  return startHttpServer(async (incoming, response) => {
    const body = await readText(incoming);
    if (Number(new URLSearchParams(body).get("DurationSeconds")) > 3600) {
      response.writeHead(400, { "content-type": "text/xml" });
      response.end(
        `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>ValidationError</Code><Message>${message}</Message></Error></ErrorResponse>`,
      );
      return;
    }
    const { method = "POST", headers } = incoming;
    const passed = request(store.endpoint, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    passed.end(body);
  });
}

test("the doctor finds base credentials that belong to a role themselves, and nothing once sessions are shorter", async () => {
  await using store = await startTestStore({
    roles: [{ name: "examined", policy: everything, maxSessionSeconds: 43_200 }],
  });
  const description = { ...store.description, roleArn: "arn:aws:iam::000000000000:role/examined" };
  await using sts = await startChainingSts(description);
  const examineWith = async (seconds: string) => {
    const env = { VALETKEY_SESSION_SECONDS: seconds };
    await using server = await prepareTestServer({ store: description, stsUrl: sts.url, env });
    return (await complaintsOf(server.env)).filter(({ check }) => check === "role");
  };
  expect(await examineWith("7200")).toMatchObject([
    { verdict: "fault", mend: text(/^set VALETKEY_SESSION_SECONDS=3600/) },
  ]);
  expect(await examineWith("3600")).toEqual([]);
});

test("the doctor finds a clock that is 20 minutes fast, and one that is 20 seconds slow", async () => {
  await using store = await startTestStore();
  for (const [aheadMs, verdict, saw] of [
    [-20 * 60_000, "fault", /1200 s behind/],
    [20_000, "warning", /20 s ahead of/],
  ] as const) {
    await using server = await prepareTestServer({ store: store.description });
    const now = Date.now;
    vi.spyOn(Date, "now").mockImplementation(() => now() + aheadMs);
    const complaints = await complaintsOf(server.env).finally(() => vi.restoreAllMocks());
    expect(complaints).toContainEqual(expect.objectContaining({ check: "clock", verdict, saw: text(saw) }));
  }
});
