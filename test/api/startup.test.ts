import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { beforeEach, describe, expect, test } from "vitest";
import { ConfigError } from "../../src/app/config/config-error.ts";
import { buildProgram } from "../support/built-program.ts";
import { GraphQLClient } from "../support/graphql-client.ts";
import { startHttpServer } from "../support/listening.ts";
import { downloadUrl, uploadFile } from "../support/operations.ts";
import { makeTemporaryFolder } from "../support/resources.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startDemoServer } from "../support/test-server.ts";

const { path: directory } = await shareInFile(makeTemporaryFolder("startup"));
const program = await shareInFile(buildProgram());

let dataFolder: string;
beforeEach(async () => {
  dataFolder = await mkdtemp(join(directory, "data-"));
});

const environment = (more: Record<string, string> = {}) => ({
  PORT: "0",
  VALETKEY_STORE_PORT: "0",
  VALETKEY_DATA_DIR: dataFolder,
  LOG_LEVEL: "silent",
  ...more,
});
const start = (more?: Record<string, string>) => startDemoServer(environment(more));
async function faultOf(more: Record<string, string>): Promise<string> {
  try {
    await using _started = await start(more);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "It started.";
}

describe("the program", () => {
  test("names every invalid variable, shows no secrets, and exits with 1", async () => {
    const { code, stderr } = await program.start({
      ...environment({ PORT: "99999", VALETKEY_MAX_FILES: "many", VALETKEY_BUCKET: "demo" }),
      VALETKEY_SECRET: "too short a secret",
      NODE_ENV: "production",
    }).ended;
    expect(code).toBe(1);
    expect(stderr).toContain('PORT: got "99999", takes an integer from 0 to 65535');
    expect(stderr).toContain('VALETKEY_MAX_FILES: got "many"');
    expect(stderr).toContain("VALETKEY_BUCKET: got a value that is not shown, no such variable");
    expect(stderr).toContain("VALETKEY_SECRET: got a value that is not shown");
    expect(stderr).not.toContain("too short a secret");
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test("names in one line the variable that keeps the embedded store from starting", async () => {
    await using holder = await startHttpServer();
    const port = String(holder.port);
    const { code, stderr } = await program.start(environment({ VALETKEY_STORE_PORT: port })).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^VALETKEY_STORE_PORT: got .*\n$/);
  });

  test("serves from the embedded store when only ports and folders are configured", async () => {
    const running = program.start({ ...environment(), LOG_LEVEL: "info" });
    const client = new GraphQLClient(await running.ready);
    await uploadFile(client, new Blob(["hello"]), { bucket: "demo", key: "a" });
    const { url } = await downloadUrl(client, { bucket: "demo", key: "a" });
    expect(await (await fetch(url)).text()).toBe("hello");
    running.process.kill("SIGTERM");
    expect(await running.ended).toMatchObject({ code: 0 });
  });

  test("continues to serve when its log is not read", async () => {
    const running = program.start({ ...environment(), LOG_LEVEL: "debug" });
    const url = await running.ready;
    running.process.stdout?.pause();
    const isAlive = async () => (await fetch(`${url}/graphql`, post("{ __typename }"))).status;
    // More lines than the pipe and the buffers at both ends can hold.
    for (let round = 0; round < 40; round++) {
      const statuses = await Promise.all(Array.from({ length: 100 }, isAlive));
      expect(new Set(statuses)).toEqual(new Set([200]));
    }
    expect(running.process.stdout?.isPaused()).toBe(true);
    running.process.stdout?.resume();
    running.process.kill("SIGTERM");
    expect(await running.ended).toMatchObject({ code: 0 });
  });
});

const post = (query: string) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ query }),
});

const withRole = {
  VALETKEY_ROLE_ARN: "arn:aws:iam::111122223333:role/valetkey",
  VALETKEY_SECRET: "a secret of the tests that is longer than 32 bytes",
  AWS_REGION: "eu-central-1",
};

test("a server without base credentials starts, and logs that it is not ready", async () => {
  const VALETKEY_GRANTS = join(directory, "no-grants.yaml");
  await writeFile(VALETKEY_GRANTS, "grants: []");
  const lines: string[] = [];
  const log = pino({ level: "warn" }, { write: (line: string) => lines.push(line) });
  await using _server = await startDemoServer(environment({ ...withRole, VALETKEY_GRANTS }), { log });
  const reasons = () => lines.map((line) => JSON.parse(line).reason);
  await expect.poll(reasons).toEqual(["no base credentials"]);
});

describe("a server does not start", () => {
  test("with a role and no grants, secret or region", async () => {
    const { VALETKEY_ROLE_ARN } = withRole;
    const fault = await faultOf({ VALETKEY_ROLE_ARN });
    for (const missing of ["VALETKEY_GRANTS", "VALETKEY_SECRET", "AWS_REGION"])
      expect(fault).toContain(`${missing}: missing`);
  });

  test("in production without a role", async () => {
    expect(await faultOf({ NODE_ENV: "production" })).toContain("VALETKEY_ROLE_ARN: missing");
  });

  test("with an access file that does not exist or is a folder", async () => {
    for (const [VALETKEY_GRANTS, code] of [
      [join(directory, "none.yaml"), "ENOENT"],
      [directory, "not a regular file"],
    ] as const) {
      expect(await faultOf({ VALETKEY_GRANTS })).toBe(
        `VALETKEY_GRANTS: ${VALETKEY_GRANTS}: cannot be read (${code}); takes a file of YAML or JSON that this process may read`,
      );
    }
  });

  // https://www.rfc-editor.org/rfc/rfc6761#section-6.4 and https://www.rfc-editor.org/rfc/rfc5737#section-3
  test.each([
    ["nowhere.invalid", /ENOTFOUND|EAI_AGAIN/],
    ["192.0.2.1", /EADDRNOTAVAIL/],
  ])("on the host %s", async (HOST, why) => {
    const fault = await faultOf({ HOST });
    expect(fault).toMatch(
      /^HOST: got ".*", cannot listen there \(.*\); takes an address or a name of this machine/,
    );
    expect(fault).toMatch(why);
  });

  test.each([
    ["grants:\n  - who: anyone\n    bucket: demo\n    allow: [DOWNLOAD]\n", ":2:10: "],
    ["grants:\n  - who: anonymous\n    bucket: demo\n    allow: [READ]\n", ":4:13: "],
    ["grants:\n  - who: [\n", ":3:1: "],
    ["", ":1:1: "],
  ])("with the access file %j", async (text, place) => {
    const VALETKEY_GRANTS = join(directory, "grants.yaml");
    await writeFile(VALETKEY_GRANTS, text);
    expect(await faultOf({ VALETKEY_GRANTS })).toContain(`VALETKEY_GRANTS: ${VALETKEY_GRANTS}${place}`);
  });

  test.each(["PORT", "VALETKEY_STORE_PORT"])("on a %s that is taken", async (name) => {
    await using holder = await startHttpServer();
    const port = String(holder.port);
    const fault = await faultOf({ [name]: port });
    expect(fault).toMatch(new RegExp(`^${name}: got ${port}, cannot listen there on 127.0.0.1 .EADDRINUSE.`));
    // The failed start has released the data folder.
    await using _server = await start();
  });

  test("in a data folder that another server uses", async () => {
    await using _first = await start();
    const fault = await faultOf({});
    expect(fault).toMatch(/^VALETKEY_DATA_DIR: got ".*", in use by process \d+; takes a folder of its own/);
  });

  test("in a data folder that is a file or cannot be created", async () => {
    const file = join(directory, "a-file");
    await writeFile(file, "");
    for (const [VALETKEY_DATA_DIR, code] of [
      [file, "ENOTDIR"],
      [join(file, "below"), "ENOTDIR"],
    ] as const) {
      expect(await faultOf({ VALETKEY_DATA_DIR })).toMatch(
        new RegExp(
          `^VALETKEY_DATA_DIR: got ${JSON.stringify(VALETKEY_DATA_DIR)}, cannot be used: .* .${code}.; takes a folder`,
        ),
      );
    }
  });
});

test.each([
  ["AWS_USE_FIPS_ENDPOINT", "true"],
  ["AWS_USE_DUALSTACK_ENDPOINT", "true"],
  ["AWS_AUTH_SCHEME_PREFERENCE", "sigv4a"],
])("%s=%s does not change how the embedded store is reached", async (name, value) => {
  await using app = await start({ [name]: value });
  const client = new GraphQLClient(app.url);
  await uploadFile(client, new Blob(["here"]), { bucket: "demo", key: name });
  const { url } = await downloadUrl(client, { bucket: "demo", key: name });
  expect(await (await fetch(url)).text()).toBe("here");
});

test("the embedded store keeps its objects across a restart", async () => {
  const first = await start();
  await uploadFile(new GraphQLClient(first.url), new Blob(["kept"]), { bucket: "demo", key: "kept" });
  await first.close();
  await using second = await start();
  const { url } = await downloadUrl(new GraphQLClient(second.url), { bucket: "demo", key: "kept" });
  expect(await (await fetch(url)).text()).toBe("kept");
});

test("reloading the access file changes the grants, unless the file is invalid", async () => {
  const VALETKEY_GRANTS = join(directory, "reloaded.yaml");
  const allow = (action: string) =>
    writeFile(VALETKEY_GRANTS, `grants: [{ who: anonymous, bucket: demo, allow: [${action}] }]`);
  await allow("LIST");
  const app = await start({ VALETKEY_GRANTS });
  const query = "{ viewer { grants { actions } } }";
  const actions = (action: string) => ({ viewer: { grants: [{ actions: [action] }] } });
  const client = new GraphQLClient(app.url);
  try {
    expect(await client.data(query)).toEqual(actions("LIST"));
    await allow("DELETE");
    await app.app.reload();
    expect(await client.data(query)).toEqual(actions("DELETE"));
    for (const broken of ["NOTHING", "]"]) {
      await allow(broken);
      await app.app.reload();
      expect(await client.data(query)).toEqual(actions("DELETE"));
    }
    await rm(VALETKEY_GRANTS);
    await app.app.reload();
    expect(await client.data(query)).toEqual(actions("DELETE"));
  } finally {
    await app.close();
  }
});
