import { execFile } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { cp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { CreateMultipartUploadCommand } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { loadConfig } from "../../../src/app/config/config.ts";
import { variables } from "../../../src/app/config/variables/variables.ts";
import { repository } from "../../support/build-context.ts";
import { buildProgram } from "../../support/built-program.ts";
import { codeBlocks } from "../../support/markdown.ts";
import { makeTemporaryFolder } from "../../support/resources.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { prepareTestServer } from "../../support/test-server.ts";

const program = await shareInFile(buildProgram());
const prepared = await shareInFile(prepareTestServer());
const read = (path: string) => readFileSync(join(repository, path), "utf8");
const guide = (name: string) => read(`docs/guides/${name}`);
const run = promisify(execFile);

/** The blocks that the reader can paste, without the spaces of a list. */
const commands = (name: string) => codeBlocks("sh", guide(name).replaceAll(/^ {2,3}/gm, ""));

const isVariable = (name: string) => name in variables || /^(?:AWS_|NODE_ENV$)/.test(name);
const secret = "a-secret-of-the-tests-that-is-longer-than-32-bytes";

/** What a file of `NAME=value` says. */
const parseEnvironment = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]));

describe("the systemd unit", () => {
  const unit = read("deploy/systemd/valetkey.service");
  const setting = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(unit)?.[1];
  const example = parseEnvironment(read("deploy/systemd/valetkey.env.example"));

  test("runs as a user of its own, who may write nothing", () => {
    expect(setting("User")).toBe("valetkey");
    const values = ["NoNewPrivileges", "ProtectSystem", "CapabilityBoundingSet", "PrivateTmp"].map(setting);
    expect(values).toEqual(["true", "strict", "", "true"]);
  });

  test("has an environment that the server accepts, once the secret is filled in", () => {
    const names = Object.keys(example);
    expect(names.filter((name) => !isVariable(name))).toEqual([]);
    expect(() => loadConfig({ ...example, VALETKEY_SECRET: secret })).not.toThrow();
  });

  test("waits for the drain", () => {
    const drain = Number(example.VALETKEY_DRAIN_DELAY_SECONDS) + defaultDrainSeconds;
    expect(Number(setting("TimeoutStopSec"))).toBeGreaterThanOrEqual(drain + 5);
  });

  test("starts what the guide's commands install", async () => {
    await using clone = await makeTemporaryFolder("clone");
    await using target = await makeTemporaryFolder("target");
    await cp(join(program.cliFile, ".."), join(clone.path, "dist"), { recursive: true });
    cpSync(join(repository, "deploy"), join(clone.path, "deploy"), { recursive: true });
    for (const name of ["package.json", "LICENSE", "README.md"])
      cpSync(join(repository, name), join(clone.path, name));
    cpSync(prepared.env.VALETKEY_GRANTS ?? "", join(clone.path, "grants.yaml"));
    const install = commands("deploy-aws.md").find((block) => block.includes("useradd")) ?? "";
    // Into a folder instead of /, and without the new user.
    const script = install
      .replace(/^useradd .*$/m, `mkdir -p ${target.path}/etc/systemd/system`)
      .replaceAll(" -g valetkey", "")
      .replaceAll(/ (?=\/(?:opt|etc)\/)/g, ` ${target.path}`);
    await run("sh", ["-e", "-c", script], { cwd: clone.path });
    const directory = join(target.path, setting("WorkingDirectory") ?? "");
    expect(await readdir(directory)).toEqual(expect.arrayContaining(["dist", "package.json"]));
    const files = parseEnvironment(readFileSync(join(target.path, setting("EnvironmentFile") ?? ""), "utf8"));
    expect(files.VALETKEY_GRANTS).toBe("/etc/valetkey/grants.yaml");
    const [, ...parameters] = (setting("ExecStart") ?? "").split(" ");
    expect(parameters).toEqual(["dist/main.js"]);
    const { stdout } = await run(process.execPath, ["dist/cli.js", "--help"], { cwd: directory });
    expect(stdout).toContain("valetkey doctor");
  });
});

const defaultDrainSeconds = loadConfig({ NODE_ENV: "test" }).drainSeconds;

test("the task definition for ECS has variables that the server knows, and waits for the drain", () => {
  const { containerDefinitions } = JSON.parse(read("deploy/ecs/task-definition.json")) as {
    containerDefinitions: {
      name: string;
      stopTimeout: number;
      environment: { name: string; value: string }[];
      secrets: { name: string; valueFrom: string }[];
    }[];
  };
  const server = containerDefinitions.find(({ name }) => name === "valetkey");
  const environment = Object.fromEntries(server?.environment.map(({ name, value }) => [name, value]) ?? []);
  const secrets = Object.fromEntries(server?.secrets.map(({ name }) => [name, secret]) ?? []);
  expect(Object.keys({ ...environment, ...secrets }).filter((name) => !isVariable(name))).toEqual([]);
  expect(() => loadConfig({ NODE_ENV: "production", ...environment, ...secrets })).not.toThrow();
  const drain = Number(environment.VALETKEY_DRAIN_DELAY_SECONDS) + Number(environment.VALETKEY_DRAIN_SECONDS);
  expect(server?.stopTimeout).toBeGreaterThan(drain + 5);
});

test("the commands of the incidents page run", async () => {
  const running = program.start({ ...prepared.env, LOG_LEVEL: "info", NODE_ENV: "production" });
  const url = await running.ready;
  const Bucket = "demo";
  await prepared.admin.send(new CreateMultipartUploadCommand({ Bucket, Key: "left-behind" }));
  const blocks = commands("incidents.md");
  expect(blocks).toHaveLength(3);
  const output: string[] = [];
  for (const block of blocks) {
    const script = block
      .replaceAll("http://127.0.0.1:4000", url)
      .replaceAll("node dist/cli.js", `'${process.execPath}' --no-warnings '${program.cliFile}'`)
      .replaceAll("user-content", Bucket)
      // The upload of this test is younger than a day.
      .replaceAll("--older-than 24", "--older-than 0");
    output.push(
      (await run("sh", ["-c", script], { env: { PATH: process.env.PATH, ...prepared.env } })).stdout,
    );
  }
  const [sts = "", , sweep = ""] = output;
  expect(sts).toContain('"ready"');
  expect(sts).toContain("# TYPE valetkey_assume_role_total counter");
  expect(sweep).toContain("left-behind");
  running.process.kill("SIGTERM");
  expect((await running.ended).code).toBe(0);
});

test("the policies of the incidents page and of the guide to Ceph are JSON", () => {
  const policies = codeBlocks("json", guide("incidents.md").replaceAll(/^ {2}/gm, ""));
  const ofCeph = [...guide("deploy-ceph-minio.md").matchAll(/doc='(.*?)'/gs)].map(
    ([, policy = ""]) => policy,
  );
  expect([policies.length, ofCeph.length]).toEqual([1, 2]);
  for (const policy of [...policies, ...ofCeph])
    expect(JSON.parse(policy)).toMatchObject({ Version: "2012-10-17" });
});

test("the variables of the guide to Ceph are known, and the server accepts them", () => {
  const [text = ""] = commands("deploy-ceph-minio.md");
  const environment = parseEnvironment(text);
  expect(Object.keys(environment).filter((name) => !isVariable(name))).toEqual([]);
  expect(() =>
    loadConfig({ ...environment, VALETKEY_SECRET: secret, VALETKEY_GRANTS: "grants.yaml" }),
  ).not.toThrow();
});

test("the three steps of the rotation end with the new secret", async () => {
  const [steps = ""] = commands("operate.md");
  const script = `${steps.replaceAll(/ {2,}#.*$/gm, '; echo "$VALETKEY_SECRET"')}echo "$NEW_SECRET"`;
  const { stdout } = await run("sh", ["-e", "-c", script], {
    env: { PATH: process.env.PATH, VALETKEY_SECRET: "old" },
  });
  const [first, second, third, fresh] = stdout.trim().split("\n");
  expect(fresh).toMatch(/^[0-9a-f]{64}$/);
  expect([first, second, third]).toEqual([`old,${fresh}`, `${fresh},old`, fresh]);
});
