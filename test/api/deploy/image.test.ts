import { chmod, copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { repository } from "../../support/build-context.ts";
import { composeService } from "../../support/compose.ts";
import { GraphQLClient } from "../../support/graphql-client.ts";
import { isRoot } from "../../support/image-tree.ts";
import { codeBlocks } from "../../support/markdown.ts";
import { downloadUrl, uploadFile } from "../../support/operations.ts";
import { startOtlpCollector, treeOf } from "../../support/otlp-collector.ts";
import { freePort } from "../../support/ports.ts";
import { makeTemporaryFolder, startTogether } from "../../support/resources.ts";
import { buildRunnableImage, type Environment } from "../../support/running-image.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { prepareTestServer } from "../../support/test-server.ts";

const image = await shareInFile(buildRunnableImage());

const onLoopback = { HOST: "127.0.0.1", PORT: "0" };

/** A store with a role, and an environment whose access file the image's user may read. */
const prepareRole = (env: Record<string, string> = {}) =>
  startTogether(async (started) => {
    const prepared = await started.use(prepareTestServer({ env }));
    const folder = await started.use(makeTemporaryFolder("access"));
    await chmod(folder.path, 0o755);
    const VALETKEY_GRANTS = join(folder.path, "grants.json");
    await copyFile(prepared.env.VALETKEY_GRANTS ?? "", VALETKEY_GRANTS);
    const { seed } = prepared;
    return { seed, env: { ...prepared.env, ...onLoopback, LOG_LEVEL: "info", VALETKEY_GRANTS } };
  });

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
  await using prepared = await prepareRole({ VALETKEY_WEB: "on" });
  await prepared.seed("a.txt", "hello");

  await using server = await image.start(prepared.env);
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

test("the image exports traces with two variables more, as the guide to traces says", async () => {
  const guide = await readFile(join(repository, "docs/guides/traces.md"), "utf8");
  const [example = ""] = codeBlocks("yaml", guide);
  const { environment } = parse(example) as { environment: Record<string, string> };
  expect(Object.keys(environment)).toEqual(["NODE_OPTIONS", "OTEL_EXPORTER_OTLP_ENDPOINT"]);
  await using collector = await startOtlpCollector();
  await using prepared = await prepareRole();
  await prepared.seed("a.txt", "hello");

  const traced = { ...environment, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  await using server = await image.start({ ...prepared.env, ...traced });
  await downloadUrl(new GraphQLClient(server.url), { bucket: "demo", key: "a.txt" });
  // Every process that is started in the container has the variables too.
  const { port } = new URL(server.url);
  expect(await checkHealth({ ...traced, PORT: port })).toBe("healthy");
  const { stdout } = await image.run(["node", "dist/cli.js", "--help"], traced);
  expect(stdout).toContain("valetkey doctor");
  server.process.kill("SIGTERM");
  expect(await server.ended).toMatchObject({ code: 0 });
  // With TEST_PREPARED, a request that is refused comes first.
  const roots = collector.spans.filter(({ name }) => name === "POST /graphql");
  expect(roots[0]?.resource).toMatchObject({ "service.name": "valetkey" });
  expect(roots.map(({ spanId }) => treeOf(collector.spans, spanId))).toContainEqual({
    query: { "STS/AssumeRole": {}, "S3/HeadObject": {} },
  });
});

test("the server starts for a user who has no home directory", { skip: !isRoot }, async () => {
  // Only root may run a process as a user who does not exist.
  await using prepared = await prepareRole();
  const env = { ...prepared.env, HOME: undefined };
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
