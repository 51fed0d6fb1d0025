import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, copyFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { urlWhenReady } from "../../support/built-program.ts";
import { composeService } from "../../support/compose.ts";
import { GraphQLClient } from "../../support/graphql-client.ts";
import { buildImageTree, isRoot } from "../../support/image-tree.ts";
import { startHttpServer } from "../../support/listening.ts";
import { downloadUrl, uploadFile } from "../../support/operations.ts";
import { makeTemporaryFolder, startTogether } from "../../support/resources.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { prepareTestServer } from "../../support/test-server.ts";

// No container engine is needed: the files of the image are in a read-only folder, and its command runs with the image's
// user (if the test may change users) and environment, with nothing but node on PATH.
const image = await shareInFile(buildImageTree());
const path = await shareInFile(makeTemporaryFolder("path"));
await chmod(path.path, 0o755);
// A copy, because a link might lead into a folder that the image's user may not enter.
await copyFile(process.execPath, join(path.path, "node"));

type Environment = Readonly<Record<string, string | undefined>>;

const options = (env: Environment) => ({
  cwd: image.directory,
  env: { PATH: path.path, ...image.env, ...env },
  ...(isRoot ? image.user : {}),
});

/** Starts the image's command. Closing it ends the process. */
const run = (env: Environment) =>
  startTogether(async (started) => {
    const [program = "", ...parameters] = image.command;
    const child = spawn(program, parameters, { ...options(env), stdio: ["ignore", "pipe", "pipe"] });
    const exited = once(child, "exit");
    started.defer(async () => {
      child.kill("SIGKILL");
      await exited;
    });
    const stderr = text(child.stderr);
    const ended = exited.then(async ([code]) => ({ code: code as number | null, stderr: await stderr }));
    const url = await urlWhenReady(child, ended);
    return { url, process: child, ended, client: new GraphQLClient(url) };
  });

const onLoopback = { HOST: "127.0.0.1", PORT: "0" };

async function checkHealth(env: Environment): Promise<"healthy" | "unhealthy"> {
  const [program = "", ...parameters] = image.healthcheck;
  return await promisify(execFile)(program, parameters, options(env)).then(
    () => "healthy",
    () => "unhealthy",
  );
}

/** A port that was free a moment ago. */
async function freePort(): Promise<string> {
  await using server = await startHttpServer();
  return String(server.port);
}

test("the image holds what runs, and nothing else", async () => {
  const files = await image.files();
  const isExpected =
    /^(?:LICENSE|package\.json|dist\/[\w.-]+\.js|dist\/(?:web|explorer)\/[\w./-]+|dist\/third-party-licenses\/(?:server|web|explorer)\.txt)$/;
  expect(files.filter((file) => !isExpected.test(file))).toEqual([]);
  expect(files).toEqual(
    expect.arrayContaining([
      "dist/main.js",
      "dist/cli.js",
      "dist/web/index.html",
      "dist/explorer/index.html",
      "dist/third-party-licenses/server.txt",
    ]),
  );
  expect(files.filter((file) => /\.map$|print-|library/.test(file))).toEqual([]);
});

test("the image serves a role in production", async () => {
  await using prepared = await prepareTestServer({ env: { VALETKEY_WEB: "on" } });
  await prepared.seed("a.txt", "hello");
  await using accessFolder = await makeTemporaryFolder("access");
  await chmod(accessFolder.path, 0o755);
  const VALETKEY_GRANTS = join(accessFolder.path, "grants.json");
  await copyFile(prepared.env.VALETKEY_GRANTS ?? "", VALETKEY_GRANTS);

  await using server = await run({ ...prepared.env, ...onLoopback, LOG_LEVEL: "info", VALETKEY_GRANTS });
  expect(await (await fetch(`${server.url}/healthz`)).json()).toEqual({ status: "ok" });
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  const { url } = await downloadUrl(server.client, { bucket: "demo", key: "a.txt" });
  expect(await (await fetch(url)).text()).toBe("hello");
  const page = await fetch(server.url);
  expect(page.headers.get("content-type")).toContain("text/html");
  const [script = ""] = (await page.text()).match(/assets\/[\w-]+\.js/) ?? [];
  expect((await fetch(`${server.url}/${script}`)).status).toBe(200);

  const { port } = new URL(server.url);
  expect(await checkHealth({ PORT: port })).toBe("healthy");
  server.process.kill("SIGTERM");
  expect(await server.ended).toMatchObject({ code: 0 });
  expect(await checkHealth({ PORT: port })).toBe("unhealthy");
});

test("the image serves the embedded store as deploy/compose/development.yaml says", async () => {
  const { environment } = composeService("development.yaml");
  const storePort = await freePort();
  const publicEndpoint = new URL(environment.VALETKEY_PUBLIC_ENDPOINT_URL ?? "");
  publicEndpoint.port = storePort;
  const env = {
    ...environment,
    ...onLoopback,
    VALETKEY_STORE_PORT: storePort,
    VALETKEY_PUBLIC_ENDPOINT_URL: publicEndpoint.origin,
    VALETKEY_DATA_DIR: join(image.root, image.env.VALETKEY_DATA_DIR ?? ""),
  };
  await using server = await run(env);
  await uploadFile(server.client, new Blob(["hello"]), { bucket: "demo", key: "a.txt" });
  const { url } = await downloadUrl(server.client, { bucket: "demo", key: "a.txt" });
  expect(new URL(url).origin).toBe(publicEndpoint.origin);
  expect(await (await fetch(url)).text()).toBe("hello");
  expect(await (await fetch(server.url)).text()).toContain("<title>");
});

test("the server starts for a user who has no home directory", { skip: !isRoot }, async () => {
  // Only root may run a process as a user who does not exist.
  await using prepared = await prepareTestServer();
  await using accessFolder = await makeTemporaryFolder("access");
  await chmod(accessFolder.path, 0o755);
  const VALETKEY_GRANTS = join(accessFolder.path, "grants.json");
  await copyFile(prepared.env.VALETKEY_GRANTS ?? "", VALETKEY_GRANTS);
  const env = { ...prepared.env, ...onLoopback, LOG_LEVEL: "info", VALETKEY_GRANTS, HOME: undefined };
  await using server = await run(env);
  const { url } = await downloadUrl(server.client, { bucket: "demo", key: "a.txt", verify: false });
  expect(url).toContain("X-Amz-Signature");
});

test("the command line of the image runs", async () => {
  const { stdout } = await promisify(execFile)("node", ["dist/cli.js", "--help"], options({}));
  expect(stdout).toContain("valetkey doctor");
});

test("the image's user may write nowhere but in the data folder", async () => {
  const write = (file: string) =>
    promisify(execFile)("node", ["-e", `fs.writeFileSync(${JSON.stringify(file)}, "x")`], options({}));
  await expect(write("dist/main.js")).rejects.toThrow("EACCES");
  // A user other than root owns the tree in which it runs the test, and could write next to the files.
  if (isRoot) await expect(write("dist/more.js")).rejects.toThrow("EACCES");
  await write(join(image.root, image.env.VALETKEY_DATA_DIR ?? "", "file"));
});
