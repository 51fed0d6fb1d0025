import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { loadConfig } from "../../../src/app/config/config.ts";
import { sweepBucket } from "../../../src/commands/sweep-bucket.ts";
import { changeAwsEnvironment } from "../../support/environment.ts";
import { startLibraryWithRole } from "../../support/library.ts";
import { downloadUrl, requestUpload } from "../../support/operations.ts";
import { sendPut } from "../../support/presigned-requests.ts";
import { makeTemporaryFolder } from "../../support/resources.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { bucket, otherBucket, startTestServer, versionedBucket } from "../../support/test-server.ts";
import { startTestStore } from "../../support/test-store.ts";

const { description: store } = await shareInFile(startTestStore());
const { path: folder } = await shareInFile(makeTemporaryFolder("no-default-role"));
const role = store.roleArn;
const withoutRole = { VALETKEY_ROLE_ARN: "" };
const allow = ["DOWNLOAD", "UPLOAD", "LIST"] as const;
const grantsOn = (...names: string[]) =>
  names.map((name) => ({ who: "anonymous", bucket: name, allow }) as const);
const rolesOf = (...names: string[]) => Object.fromEntries(names.map((name) => [name, { role }]));
const silent = pino({ level: "silent" });

/** An access file that grants two buckets, of which one names a role. */
const incomplete = `buckets:
  ${bucket}: { role: "${role}" }
grants:
  - { who: anonymous, bucket: ${bucket}, allow: [LIST] }
  - who: anonymous
    bucket: ${otherBucket}
    allow: [LIST]
`;

async function accessFile(name: string, text: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe.each(["production", "development"])("in %s, a server without a default role", (NODE_ENV) => {
  const env = { ...withoutRole, NODE_ENV };

  test("starts if every granted bucket names a role", async () => {
    await using server = await startTestServer({
      store,
      env,
      grants: grantsOn(bucket, otherBucket),
      buckets: rolesOf(bucket, otherBucket),
    });
    const { client } = server;
    for (const name of [bucket, otherBucket]) {
      const upload = await requestUpload(client, "PUT", { input: { bucket: name, key: "a" }, size: 1 });
      expect((await sendPut(upload, Buffer.from("a"))).status).toBe(200);
      const { url } = await downloadUrl(client, { bucket: name, key: "a" });
      expect(await (await fetch(url)).text()).toBe("a");
    }
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  });

  test("says what a role requires, and issues no tokens for made-up callers", async () => {
    const more = { store, grants: grantsOn(bucket), buckets: rolesOf(bucket) };
    await using server = await startTestServer({ ...more, env });
    expect((await fetch(`${server.url}/dev/token`, { method: "POST" })).status).toBe(404);
    const started = startTestServer({ ...more, env: { ...env, VALETKEY_SECRET: "" } });
    await expect(started).rejects.toThrow("VALETKEY_SECRET: missing");
  });
});

describe("in production, a server without a default role", () => {
  const env = { ...withoutRole, NODE_ENV: "production" };

  test("does not start if a granted bucket has no role, and says which one and where", async () => {
    const VALETKEY_GRANTS = await accessFile("incomplete.yaml", incomplete);
    await expect(startTestServer({ store, env: { ...env, VALETKEY_GRANTS } })).rejects.toThrow(
      `VALETKEY_GRANTS: ${VALETKEY_GRANTS}:6:13: grants.1.bucket: "${otherBucket}" has no role: add role to this bucket in buckets, or set VALETKEY_ROLE_ARN`,
    );
  });

  test("does not start if nothing names a role", async () => {
    await expect(startTestServer({ store, env, grants: [] })).rejects.toThrow("VALETKEY_ROLE_ARN: missing");
  });

  test("keeps its rules if a file that is read again grants a bucket without a role", async () => {
    const complete = incomplete.replace("grants:", `  ${otherBucket}: { role: "${role}" }\ngrants:`);
    const VALETKEY_GRANTS = await accessFile("reloaded.yaml", complete.replaceAll("LIST", "DOWNLOAD"));
    await using server = await startTestServer({ store, env: { ...env, VALETKEY_GRANTS } });
    const actions = async () =>
      (
        await server.client.data<{ viewer: { grants: { actions: string[] }[] } }>(
          "{ viewer { grants { actions } } }",
        )
      ).viewer.grants.map((grant) => grant.actions);
    expect(await actions()).toEqual([["DOWNLOAD"], ["DOWNLOAD"]]);
    await accessFile("reloaded.yaml", incomplete);
    await server.app.reload();
    expect(await actions()).toEqual([["DOWNLOAD"], ["DOWNLOAD"]]);
    await accessFile("reloaded.yaml", complete);
    await server.app.reload();
    expect(await actions()).toEqual([["LIST"], ["LIST"]]);
  });
});

test("outside production, the embedded store is used if a granted bucket has no role", async () => {
  await using server = await startTestServer({
    store,
    env: { ...withoutRole, VALETKEY_STORE_PORT: "0", VALETKEY_DATA_DIR: join(folder, "embedded") },
    grants: grantsOn(bucket, "private"),
    buckets: rolesOf(bucket),
  });
  const upload = await requestUpload(server.client, "PUT", {
    input: { bucket: "private", key: "a" },
    size: 1,
  });
  expect(new URL(upload.url).origin).not.toBe(store.endpoint);
  expect((await sendPut(upload, Buffer.from("a"))).status).toBe(200);
  // A bucket with a role is where AWS's own settings say, as it is without the embedded store.
  const other = await requestUpload(server.client, "PUT", { input: { bucket, key: "mixed" }, size: 1 });
  expect(new URL(other.url).origin).toBe(store.endpoint);
  expect((await sendPut(other, Buffer.from("a"))).status).toBe(200);
  expect(await downloadUrl(server.client, { bucket, key: "mixed" })).toMatchObject({ key: "mixed" });
});

describe("the library without a default role", () => {
  const options = { roleArn: undefined, nodeEnv: "production" };

  test("names its option if a granted bucket has no role", async () => {
    const grants = { grants: grantsOn(bucket, otherBucket), buckets: rolesOf(bucket) };
    await expect(startLibraryWithRole({ ...options, grants })).rejects.toThrow(
      new RegExp(
        `^grants: the rules:\\d+:\\d+: grants\\.1\\.bucket: "${otherBucket}" has no role: .*, or set roleArn$`,
      ),
    );
    await expect(startLibraryWithRole({ ...options, authorize: () => [] })).rejects.toThrow(
      "roleArn: missing",
    );
  });

  test.each(["production", "development"])("checks the roles of grants from code in %s", async (nodeEnv) => {
    const { valetKey, close } = await startLibraryWithRole({
      ...options,
      nodeEnv,
      grants: { grants: [], buckets: rolesOf(bucket) },
      authorize: (principal) => [{ bucket: principal.authenticated ? otherBucket : bucket, allow: ["LIST"] }],
    });
    try {
      const anyone = valetKey.for({ authenticated: false });
      expect(await anyone.list({ bucket })).toMatchObject({ objects: [] });
      const alice = valetKey.for({ authenticated: true, subject: "alice" });
      await expect(alice.list({ bucket: otherBucket })).rejects.toMatchObject({
        code: "INTERNAL_SERVER_ERROR",
      });
    } finally {
      await close();
    }
  });
});

test("sweep uses the role of the bucket, and says if it has none", async () => {
  const text = JSON.stringify({ grants: grantsOn(otherBucket), buckets: rolesOf(otherBucket) });
  const VALETKEY_GRANTS = await accessFile("sweep.json", text);
  const env = {
    AWS_REGION: store.region,
    AWS_ACCESS_KEY_ID: store.baseCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: store.baseCredentials.secretAccessKey,
    AWS_ENDPOINT_URL_S3: store.endpoint,
    AWS_ENDPOINT_URL_STS: store.endpoint,
    VALETKEY_FORCE_PATH_STYLE: "true",
    VALETKEY_SECRET: "a secret of the tests that is longer than 32 bytes",
    VALETKEY_GRANTS,
  };
  await using _environment = await changeAwsEnvironment(env);
  const sweep = async (name: string) => {
    const request = { bucket: name, region: undefined, prefix: "", olderThanHours: 1, abort: false };
    const swept = [];
    for await (const upload of sweepBucket(loadConfig(env), request, silent)) swept.push(upload);
    return swept;
  };
  expect(await sweep(otherBucket)).toEqual([]);
  await expect(sweep(versionedBucket)).rejects.toMatchObject({
    code: "FORBIDDEN",
    message: `No role is configured for the bucket "${versionedBucket}".`,
  });
});
