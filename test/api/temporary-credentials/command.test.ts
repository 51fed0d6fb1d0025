import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { buildProgram } from "../../support/built-program.ts";
import { startIssuer } from "../../support/issuer.ts";
import { startHttpServer } from "../../support/listening.ts";
import { makeTemporaryFolder } from "../../support/resources.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { s3ClientWith } from "../../support/temporary-credentials.ts";
import { bucket, startTestServer } from "../../support/test-server.ts";

const issuer = await shareInFile(startIssuer());
const server = await shareInFile(
  startTestServer({
    issuer,
    grants: [{ who: "authenticated", bucket, prefix: "{sub}/", allow: ["LIST", "CREDENTIALS"] }],
  }),
);
const program = await shareInFile(buildProgram());
const folder = (await shareInFile(makeTemporaryFolder("tokens"))).path;
const token = await issuer.token({ sub: "alice" });
const url = `${server.url}/graphql`;
const valid = ["--url", url, "--bucket", bucket, "--prefix", "alice/", "--actions", "list"];

const run = (parameters: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
  program.cli(["credentials", ...parameters], environment);

async function tokenFile(content: string): Promise<string> {
  const path = join(folder, `token-${content.length}`);
  await writeFile(path, content);
  return path;
}

describe("`valetkey credentials`", () => {
  test.each<[string, () => Promise<Awaited<ReturnType<typeof run>>>]>([
    ["the variable", () => run(valid, { VALETKEY_TOKEN: token })],
    ["a file", async () => run([...valid, "--token-file", await tokenFile(`${token}\n`)])],
  ])("prints credentials that work, with the token of %s", async (_source, start) => {
    const { code, stdout, stderr } = await start();
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const { Version, AccessKeyId, SecretAccessKey, SessionToken, Expiration } = JSON.parse(stdout);
    expect(Version).toBe(1);
    expect(Date.parse(Expiration)).toBeGreaterThan(Date.now());
    await using s3 = s3ClientWith({
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
      expiresAt: Expiration,
      bucket,
      prefix: "alice/",
      region: server.store.region,
      endpoint: server.storeUrl,
      forcePathStyle: true,
    });
    await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: "alice/" }));
  });

  test("takes the lifetime", async () => {
    const { stdout } = await run([...valid, "--duration-seconds", "3600"], { VALETKEY_TOKEN: token });
    expect(Date.parse(JSON.parse(stdout).Expiration) - Date.now()).toBeGreaterThan(3_000_000);
  });

  test.each<[string, string[], string]>([
    ["without a token", valid, "needs a token"],
    ["for what is not granted", [...valid, "--actions", "DELETE"], "FORBIDDEN"],
    ["for an action that does not exist", [...valid, "--actions", "FLY"], "FLY"],
    ["for too short a lifetime", [...valid, "--duration-seconds", "5"], "900"],
  ])("fails with 1 and the server's message %s", async (what, parameters, message) => {
    const environment = what === "without a token" ? {} : { VALETKEY_TOKEN: token };
    const { code, stdout, stderr } = await run(parameters, environment);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stderr).not.toContain(token);
  });

  test("fails with 1 if no server responds, or another one", async () => {
    const other = await startHttpServer((_request, response) => response.end("hello"));
    await using _ = other;
    const foreign = await run([...valid, "--url", other.url]);
    expect(foreign).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("not that of a Valet Key server"),
    });
    await other.close();
    const silent = await run([...valid, "--url", other.url]);
    expect(silent).toMatchObject({ code: 1, stderr: expect.stringContaining("cannot be reached") });
  });

  test("does not send the token to where a server redirects", async () => {
    const seen: (string | undefined)[] = [];
    const target = await startHttpServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end();
    });
    await using _target = target;
    const redirecting = await startHttpServer((_request, response) => {
      response.writeHead(307, { location: target.url }).end();
    });
    await using _redirecting = redirecting;
    const { code } = await run([...valid, "--url", redirecting.url], { VALETKEY_TOKEN: token });
    expect(code).toBe(1);
    expect(seen).toEqual([]);
  });

  test.each<[string, string[], Record<string, string>]>([
    ["no bucket", ["--url", url, "--actions", "LIST"], {}],
    ["no URL", ["--bucket", bucket, "--actions", "LIST"], {}],
    ["an unknown option", [...valid, "--token", "secret"], {}],
    ["a URL that is none", [...valid, "--url", "files"], {}],
    ["another scheme", [...valid, "--url", "file:///etc/passwd"], {}],
    ["a lifetime that is no number", [...valid, "--duration-seconds", "long"], {}],
    ["a token file that is missing", [...valid, "--token-file", "/nonexistent"], {}],
    ["a token with a line break", valid, { VALETKEY_TOKEN: "first-secret\nsecond-secret" }],
  ])("refuses %s with 2, and repeats no secret", async (_what, parameters, environment) => {
    const { code, stdout, stderr } = await run(parameters, environment);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).not.toBe("");
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stderr).not.toMatch(/first-secret|second-secret/);
  });

  test("prints its usage with --help", async () => {
    const { code, stdout } = await run(["--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("--token-file FILE");
  });
});
