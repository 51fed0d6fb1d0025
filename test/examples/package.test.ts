import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { expect, inject, test } from "vitest";
import { isAllowed, readThirdPartyPackages } from "../../scripts/third-party-licenses.mjs";
import { urlWhenReady } from "../support/built-program.ts";
import { GraphQLClient } from "../support/graphql-client.ts";
import { downloadUrl, uploadFile } from "../support/operations.ts";
import { makeTemporaryFolder, startTogether } from "../support/resources.ts";

// What `npm install` of the packed package puts into a project.
const folder = inject("examplesFolder");
const installed = join(folder, "node_modules/valetkey");
const program = join(folder, "node_modules/.bin/valetkey");
const root = resolve(import.meta.dirname, "../..");
const run = promisify(execFile);

const filesOf = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(installed.length + 1));

/** Runs the command line with these variables only. */
const cli = (parameters: readonly string[]) => run(program, parameters, { env: { PATH: process.env.PATH } });

test("the package holds what runs, and nothing else", async () => {
  const files = filesOf(installed);
  const allowed = [
    /^(?:LICENSE|README\.md|package\.json)$/,
    /^dist\/[\w.-]+\.js$/,
    /^dist\/library\/(?:[\w-]+\/)*[\w.-]+(?:\.js|\.d\.ts)$/,
    /^dist\/(?:web|explorer)\/[\w./-]+$/,
    /^dist\/third-party-licenses\/(?:server|library|web|explorer)\.txt$/,
  ];
  expect(files.filter((file) => !allowed.some((pattern) => pattern.test(file)))).toEqual([]);
  expect(files.filter((file) => /\.map$|\/print-/.test(file))).toEqual([]);
  expect(files.filter((file) => file.startsWith("dist/third-party-licenses/"))).toHaveLength(4);
});

test("the package follows every rule of publint", async () => {
  const [tarball = ""] = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  await run(join(root, "node_modules/.bin/publint"), ["--strict", join(folder, tarball)]);
});

test("valetkey --version prints the version, and --help all commands", async () => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  expect((await cli(["--version"])).stdout).toBe(`${version}\n`);
  const { stdout } = await cli(["--help"]);
  for (const command of ["valetkey\n", "valetkey --version", "valetkey doctor", "valetkey sweep"]) {
    expect(stdout).toContain(command);
  }
});

test("valetkey without a command starts the server, and SIGTERM ends it", async () => {
  await using started = await startTogether(async (resources) => {
    const { path } = await resources.use(makeTemporaryFolder("npx"));
    const env = { PATH: process.env.PATH, PORT: "0", VALETKEY_STORE_PORT: "0", LOG_LEVEL: "info" };
    const child = spawn(program, { cwd: path, env, stdio: ["ignore", "pipe", "pipe"] });
    const exited = once(child, "exit");
    resources.defer(async () => {
      child.kill("SIGKILL");
      await exited;
    });
    const stderr = text(child.stderr);
    const ended = exited.then(async ([code]) => ({ code: code as number | null, stderr: await stderr }));
    return { child, ended, url: await urlWhenReady(child, ended) };
  });
  const client = new GraphQLClient(started.url);
  await uploadFile(client, new Blob(["hello"]), { bucket: "demo", key: "a.txt" });
  const { url } = await downloadUrl(client, { bucket: "demo", key: "a.txt" });
  expect(await (await fetch(url)).text()).toBe("hello");
  expect(await (await fetch(started.url)).text()).toContain("<title>");
  started.child.kill("SIGTERM");
  expect((await started.ended).code).toBe(0);
});

test("every bundled package has a licence that is allowed, and its text is in the package", async () => {
  const packages = await readThirdPartyPackages(join(installed, "dist/third-party-licenses"));
  expect(packages.length).toBeGreaterThan(100);
  expect(packages.filter(({ license }) => !isAllowed(license))).toEqual([]);
  const licenses = readFileSync(join(installed, "dist/third-party-licenses/server.txt"), "utf8");
  expect(licenses).toMatch(/^pino@[\d.]+ \(MIT\)\n\nThe MIT License \(MIT\)\n/m);
});

test.each(["Elastic-2.0", "GPL-3.0-only", "(GPL-3.0-only AND MIT)", "SEE LICENSE IN LICENSE", "unknown"])(
  "the licence %s is not allowed",
  (license) => {
    expect(isAllowed(license)).toBe(false);
  },
);

test("npm run sbom lists exactly the bundled packages, and what they depend on", async () => {
  await run("npm", ["run", "--silent", "sbom"], { cwd: root });
  const sbom = JSON.parse(readFileSync(join(root, "build/sbom.cdx.json"), "utf8")) as {
    bomFormat: string;
    metadata: { component: { name: string; version: string } };
    components: { "bom-ref": string; purl: string }[];
    dependencies: { ref: string; dependsOn: string[] }[];
  };
  expect(sbom).toMatchObject({ bomFormat: "CycloneDX", metadata: { component: { name: "valetkey" } } });
  const packages = await readThirdPartyPackages(join(root, "dist/third-party-licenses"));
  const listed = sbom.components.map(({ purl }) => decodeURIComponent(purl.replace("pkg:npm/", "")));
  expect(listed.sort()).toEqual(packages.map(({ name }) => name).sort());
  const refs = sbom.components.map((component) => component["bom-ref"]);
  const dependencies = sbom.dependencies.flatMap(({ dependsOn }) => dependsOn);
  expect(dependencies.length).toBeGreaterThan(refs.length);
  expect(dependencies.filter((ref) => !refs.includes(ref))).toEqual([]);
});
