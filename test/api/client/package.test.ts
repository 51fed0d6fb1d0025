import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildPackage } from "../../../scripts/build-package.mjs";
import { shareInFile } from "../../support/share-in-file.ts";
import { startTestServer } from "../../support/test-server.ts";

const root = resolve(import.meta.dirname, "../../..");
const programs = join(root, "node_modules/.bin");
const run = (program: string, parameters: readonly string[], cwd: string) =>
  promisify(execFile)(program, parameters, { cwd, env: { ...process.env, NO_COLOR: "1" } });

/** A project that has installed the packed package. Its other packages are those of this repository. */
let project: string;
let tarball: string;

beforeAll(async () => {
  const cache = join(root, "node_modules/.cache");
  await mkdir(cache, { recursive: true });
  project = await mkdtemp(join(cache, "valetkey-package-"));
  const source = join(project, "source");
  await mkdir(source);
  const manifest = await readFile(join(root, "packages/client/package.json"), "utf8");
  await buildPackage("packages/client", join(source, "dist"));
  await writeFile(join(source, "package.json"), manifest);
  const operations = "persisted-operations.json";
  await copyFile(join(root, "packages/client", operations), join(source, operations));
  const { stdout } = await run("npm", ["pack", "--silent", "--pack-destination", project], source);
  tarball = join(project, stdout.trim());
  const installed = join(project, "node_modules/@valetkey/client");
  await mkdir(installed, { recursive: true });
  await run("tar", ["-xzf", tarball, "--strip-components=1", "-C", installed], project);
  await writeFile(join(project, "package.json"), '{"type":"module","private":true}');
});
afterAll(() => rm(project, { recursive: true, force: true }));

async function assertTypes(name: string, source: string, options: Record<string, unknown>): Promise<void> {
  const file = `${name}.tsx`;
  await writeFile(join(project, file), source);
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: "es2023",
    jsx: "react-jsx",
    types: [],
    ...options,
  };
  await writeFile(join(project, `${name}.json`), JSON.stringify({ compilerOptions, files: [file] }));
  const failed = await run(join(programs, "tsc"), ["-p", `${name}.json`], project).then(
    () => "",
    ({ stdout }: { stdout: string }) => stdout,
  );
  expect(failed).toBe("");
}

describe("the packed package", () => {
  test("follows the rules of publint and of Are The Types Wrong", async () => {
    await run(join(programs, "publint"), ["--strict", tarball], project);
    await run(join(programs, "attw"), [tarball, "--profile", "esm-only"], project);
  });

  const forEveryPlatform = `
    import { createValetKey, ValetKeyError, type UploadTask } from "@valetkey/client";
    import { DownloadUrlsDocument, type DownloadUrlsQuery } from "@valetkey/client/operations";
    const valetKey = createValetKey({ url: "https://files.example.com/graphql", token: async () => "token" });
    const task: UploadTask = valetKey.upload(new Blob(["x"]), { bucket: "b", key: "k", checksum: "CRC32C" });
    task.done.then(({ etag }) => etag.length, (error: ValetKeyError) => error.code.length + Number(error.retryable));
    export const document = DownloadUrlsDocument;
    export const item: DownloadUrlsQuery["downloadUrls"][number] = { url: "u", expiresAt: "2026-11-28T00:00:00Z" };
    // @ts-expect-error There is no such checksum.
    valetKey.upload(new Blob(), { bucket: "b", key: "k", checksum: "MD5" });
  `;

  const forBrowsers = `
    import { createUploadLink, possibleTypes, typePolicies } from "@valetkey/client/apollo";
    import { useDownloadUrl, useObjects, useUpload, ValetKeyProvider } from "@valetkey/client/react";
    import ValetKeyUppy from "@valetkey/client/uppy";
    import { InMemoryCache } from "@apollo/client";
    import Uppy from "@uppy/core";
    export const cache = new InMemoryCache({ possibleTypes, typePolicies });
    export const link = createUploadLink({ url: "https://files.example.com/graphql" });
    export const uppy = new Uppy().use(ValetKeyUppy, {
      client: valetKey,
      destination: (file: { name?: string }) => ({ bucket: "b", key: file.name ?? "k" }),
    });
    function Files() {
      const { upload, uploads } = useUpload({ concurrency: 2 });
      const { url } = useDownloadUrl({ bucket: "b", key: "k" });
      const { objects } = useObjects({ bucket: "b" });
      upload(new Blob(["x"]), () => ({ bucket: "b", key: "k" }));
      return <a href={url}>{uploads.length + objects.length}</a>;
    }
    export const app = <ValetKeyProvider client={valetKey}><Files /></ValetKeyProvider>;
  `;

  test("is typed in a project for browsers, as Vite makes it, with every entry point", async () => {
    await assertTypes("browser", forEveryPlatform + forBrowsers, {
      lib: ["es2023", "dom", "dom.iterable"],
      // As in Vite's templates: the types of Uppy and its own dependencies are not ours to check.
      skipLibCheck: true,
      module: "esnext",
      moduleResolution: "bundler",
    });
  });

  test("is typed in a project for Node", async () => {
    await assertTypes("node", forEveryPlatform, {
      lib: ["es2023"],
      types: ["node"],
      module: "nodenext",
      moduleResolution: "nodenext",
    });
  });

  test("uploads from Node", async () => {
    const server = await shareInFile(startTestServer());
    await writeFile(join(project, "file.txt"), "from a file");
    await writeFile(
      join(project, "upload.mjs"),
      `import { openAsBlob } from "node:fs";
       import { createValetKey } from "@valetkey/client";
       const valetKey = createValetKey({ url: process.argv[2] });
       const object = await valetKey.upload(await openAsBlob("file.txt"), { bucket: "demo", key: "from-node" }).done;
       console.log(JSON.stringify(object));`,
    );
    const { stdout } = await run(process.execPath, ["upload.mjs", `${server.url}/graphql`], project);
    expect(JSON.parse(stdout)).toMatchObject({ bucket: "demo", key: "from-node", size: 11 });
  });

  test("is at most 12 kB, minified and compressed", async () => {
    await writeFile(join(project, "size.mjs"), 'export { createValetKey } from "@valetkey/client";');
    const build = await rolldown({ input: join(project, "size.mjs"), platform: "browser" });
    const { output } = await build.generate({ minify: true });
    await build.close();
    expect(gzipSync(output[0].code).length).toBeLessThanOrEqual(12_000);
  });
});
