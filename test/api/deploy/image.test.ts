import { chmod, copyFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { composeService } from "../../support/compose.ts";
import { GraphQLClient } from "../../support/graphql-client.ts";
import { isRoot } from "../../support/image-tree.ts";
import { downloadUrl, uploadFile } from "../../support/operations.ts";
import { freePort } from "../../support/ports.ts";
import { makeTemporaryFolder } from "../../support/resources.ts";
import { buildRunnableImage, type Environment } from "../../support/running-image.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { prepareTestServer } from "../../support/test-server.ts";

const image = await shareInFile(buildRunnableImage());

const onLoopback = { HOST: "127.0.0.1", PORT: "0" };

async function checkHealth(env: Environment): Promise<"healthy" | "unhealthy"> {
  return await image.run(image.healthcheck, env).then(
    () => "healthy",
    () => "unhealthy",
  );
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

  await using server = await image.start({
    ...prepared.env,
    ...onLoopback,
    LOG_LEVEL: "info",
    VALETKEY_GRANTS,
  });
  expect(await (await fetch(`${server.url}/healthz`)).json()).toEqual({ status: "ok" });
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  const { url } = await downloadUrl(new GraphQLClient(server.url), { bucket: "demo", key: "a.txt" });
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
  const storePort = String(await freePort());
  const publicEndpoint = new URL(environment.VALETKEY_PUBLIC_ENDPOINT_URL ?? "");
  publicEndpoint.port = storePort;
  const env = {
    ...environment,
    ...onLoopback,
    VALETKEY_STORE_PORT: storePort,
    VALETKEY_PUBLIC_ENDPOINT_URL: publicEndpoint.origin,
    VALETKEY_DATA_DIR: join(image.root, image.env.VALETKEY_DATA_DIR ?? ""),
  };
  await using server = await image.start(env);
  await uploadFile(new GraphQLClient(server.url), new Blob(["hello"]), { bucket: "demo", key: "a.txt" });
  const { url } = await downloadUrl(new GraphQLClient(server.url), { bucket: "demo", key: "a.txt" });
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
  await using server = await image.start(env);
  const { url } = await downloadUrl(new GraphQLClient(server.url), {
    bucket: "demo",
    key: "a.txt",
    verify: false,
  });
  expect(url).toContain("X-Amz-Signature");
});

test("the command line of the image runs", async () => {
  const { stdout } = await image.run(["node", "dist/cli.js", "--help"]);
  expect(stdout).toContain("valetkey doctor");
});

test("the image's user may write nowhere but in the data folder", async () => {
  const write = (file: string) => image.run(["node", "-e", `fs.writeFileSync(${JSON.stringify(file)}, "x")`]);
  await expect(write("dist/main.js")).rejects.toThrow("EACCES");
  // A user other than root owns the tree in which it runs the test, and could write next to the files.
  if (isRoot) await expect(write("dist/more.js")).rejects.toThrow("EACCES");
  await write(join(image.root, image.env.VALETKEY_DATA_DIR ?? "", "file"));
});
