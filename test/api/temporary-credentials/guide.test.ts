import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { fromProcess } from "@aws-sdk/credential-providers";
import { transpileModule } from "typescript";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { buildProgram } from "../../support/built-program.ts";
import { startIssuer } from "../../support/issuer.ts";
import { makeTemporaryFolder } from "../../support/resources.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { startTestServer } from "../../support/test-server.ts";

const run = promisify(execFile);
const guide = readFileSync(
  resolve(import.meta.dirname, "../../../docs/guides/temporary-credentials.md"),
  "utf8",
);
const blocksOf = (language: string): string[] =>
  [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(
    ([, block]) => block ?? "",
  );
const [awsConfig = "", rcloneConfig = ""] = blocksOf("ini");
const [awsCommands = "", rcloneCommands = ""] = blocksOf("sh");
const bucket = "user-content";

const issuer = await shareInFile(startIssuer());
const server = await shareInFile(
  startTestServer({ issuer, grants: parse(blocksOf("yaml")[0] ?? "").grants }),
);
const program = await shareInFile(buildProgram());
/** The home of the user who follows the guide. */
const home = (await shareInFile(makeTemporaryFolder("home"))).path;
const { storeUrl } = server;

beforeAll(async () => {
  await server.admin.send(new CreateBucketCommand({ Bucket: bucket }));
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(home, path)), { recursive: true });
    await writeFile(join(home, path), text);
  };
  await write(
    "bin/valetkey",
    `#!/bin/sh\nexec "${process.execPath}" --no-warnings "${program.cliFile}" "$@"\n`,
  );
  await chmod(join(home, "bin/valetkey"), 0o755);
  await write(".config/valetkey/token", `${await issuer.token({ sub: "alice" })}\n`);
  const here = (text: string) =>
    text
      .replaceAll("https://files.example.com", server.url)
      .replaceAll("/home/alice", home)
      // The embedded store is in one region only.
      .replaceAll("eu-central-1", server.store.region);
  await write(".aws/config", here(awsConfig));
  await write(
    ".config/rclone/rclone.conf",
    here(rcloneConfig).replace("provider = AWS", `provider = Other\nendpoint = ${storeUrl}`),
  );
  await write("report.pdf", "the report");
});

const environment = () => ({
  HOME: home,
  PATH: `${home}/bin:/usr/bin:/bin`,
  AWS_EC2_METADATA_DISABLED: "true",
});
const isInstalled = (program: string) =>
  run("/bin/sh", ["-c", `command -v ${program}`], { env: environment() }).then(
    () => true,
    () => false,
  );
const shell = async (script: string) => {
  const { stdout } = await run("/bin/sh", ["-e", "-c", script], { cwd: home, env: environment() });
  return stdout;
};

/** The clients of the guide that need no other program than Node, and those that are installed. */
const clients = new Map<string, () => Promise<void>>([["AWS SDK for JavaScript", useSdk]]);
if (await isInstalled("aws")) clients.set("AWS CLI", useAwsCli);
if (await isInstalled("rclone")) clients.set("rclone", useRclone);

test.each([...clients])("%s works with credential_process as the guide says", async (_name, use) => {
  await use();
});

async function useSdk(): Promise<void> {
  const [, command = ""] = /^credential_process = (.*)$/m.exec(awsConfig) ?? [];
  expect(command).toMatch(/^valetkey credentials /);
  const { AWS_CONFIG_FILE, PATH } = process.env;
  process.env.AWS_CONFIG_FILE = join(home, ".aws/config");
  process.env.PATH = `${home}/bin:${PATH}`;
  try {
    const s3 = new S3Client({
      endpoint: storeUrl,
      region: server.store.region,
      forcePathStyle: true,
      credentials: fromProcess({ profile: "user-content" }),
    });
    await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: "users/alice/" }));
    const above = s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: "users/" }));
    await expect(above).rejects.toMatchObject({ name: "AccessDenied" });
    s3.destroy();
  } finally {
    process.env.PATH = PATH;
    if (AWS_CONFIG_FILE === undefined) delete process.env.AWS_CONFIG_FILE;
    else process.env.AWS_CONFIG_FILE = AWS_CONFIG_FILE;
  }
}

async function useAwsCli(): Promise<void> {
  const output = await shell(awsCommands.replaceAll(/^aws /gm, `aws --endpoint-url ${storeUrl} `));
  expect(output).toContain("report.pdf");
  expect(await read("users/alice/report.pdf")).toBe("the report");
  const list = (prefix: string) =>
    shell(`aws --endpoint-url ${storeUrl} --profile user-content s3 ls s3://${bucket}/${prefix}`);
  await expect(list("users/")).rejects.toMatchObject({ stderr: expect.stringContaining("AccessDenied") });
  await writeFile(join(home, "large.bin"), Buffer.alloc(9 * 2 ** 20));
  // More than 8 MiB, which the AWS CLI sends in parts.
  await shell(
    awsCommands
      .replaceAll("report.pdf", "large.bin")
      .replaceAll(/^aws /gm, `aws --endpoint-url ${storeUrl} `),
  );
  expect((await read("users/alice/large.bin")).length).toBe(9 * 2 ** 20);
}

async function useRclone(): Promise<void> {
  const seeded = { Bucket: bucket, Key: "users/alice/from-rclone.txt", Body: "the text" };
  await server.admin.send(new PutObjectCommand(seeded));
  expect((await shell(rcloneCommands)).split("\n")).toContain("from-rclone.txt");
  expect(await readFile(join(home, "backup/from-rclone.txt"), "utf8")).toBe("the text");
}

async function read(key: string): Promise<string> {
  const { Body } = await server.admin.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return (await Body?.transformToString()) ?? "";
}

describe("the guide", () => {
  test("has an operation that returns credentials", async () => {
    const alice = server.client.as(await issuer.token({ sub: "alice" }));
    const { requestCredentials } = await alice.data<{ requestCredentials: object }>(
      blocksOf("graphql")[0] ?? "",
    );
    expect(requestCredentials).toMatchObject({ endpoint: storeUrl, forcePathStyle: true });
  });

  test("has an adapter for Storage Browser that parses", () => {
    const { diagnostics } = transpileModule(blocksOf("jsx")[0] ?? "", {
      reportDiagnostics: true,
      fileName: "adapter.jsx",
    });
    expect(diagnostics).toEqual([]);
  });
});
