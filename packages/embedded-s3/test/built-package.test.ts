import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildPackage } from "../../../scripts/build-package.mjs";

const root = resolve(import.meta.dirname, "../../..");
const packageDirectory = join(root, "packages/embedded-s3");
/** A project that has the built package installed, and finds everything else in this repository's node_modules. */
let project: string;

beforeAll(async () => {
  await mkdir(join(root, "build"), { recursive: true });
  project = await mkdtemp(join(root, "build/embedded-s3-user-"));
  const installed = join(project, "node_modules/@valetkey/embedded-s3");
  await buildPackage(packageDirectory, join(installed, "dist"));
  await copyFile(join(packageDirectory, "package.json"), join(installed, "package.json"));
  await writeFile(join(project, "package.json"), '{"type":"module"}');
  // Otherwise vitest would find this repository's configuration.
  await writeFile(join(project, "vitest.config.mjs"), "export default {};");
  const readme = await readFile(join(packageDirectory, "README.md"), "utf8");
  const [, example = ""] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  await writeFile(join(project, "example.test.ts"), example);
}, 120_000);

afterAll(async () => {
  await rm(project, { recursive: true, force: true });
});

async function node(...parameters: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, parameters, { cwd: project });
  return stdout;
}

test("plain Node can import the built package", { timeout: 60_000 }, async () => {
  const program = `
    const { startEmbeddedS3 } = await import("@valetkey/embedded-s3");
    const store = await startEmbeddedS3();
    const response = await fetch(store.endpoint);
    await store.close();
    console.log(response.status, response.headers.get("server"));
  `;
  const printed = await node("--input-type=module", "--eval", program);
  expect(printed.trim()).toBe("403 ValetKeyEmbeddedStore");
});

test("the example of the README passes", { timeout: 120_000 }, async () => {
  const printed = await node(join(root, "node_modules/vitest/vitest.mjs"), "run", "--root", project);
  expect(printed).toMatch(/2 passed/);
});

test("the example of the README type-checks against the package's declarations", {
  timeout: 120_000,
}, async () => {
  const compilerOptions = {
    module: "nodenext",
    target: "es2023",
    lib: ["es2024", "esnext.disposable"],
    types: ["node"],
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    // The declarations of other packages are not under test.
    skipLibCheck: true,
  };
  const configuration = { compilerOptions, files: ["example.test.ts"] };
  await writeFile(join(project, "tsconfig.json"), JSON.stringify(configuration));
  await node(join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.json");
});
