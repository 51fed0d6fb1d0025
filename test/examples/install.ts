import { execFile } from "node:child_process";
import { cp } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";
import { makeTemporaryFolder } from "../support/resources.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The examples, in a fresh folder with the packed package and all other packages that they need. */
    examplesFolder: string;
  }
}

const root = resolve(import.meta.dirname, "../..");
const notCopied = ["node_modules", "dist", ".next", ".valetkey", "package-lock.json"];

/** Vitest's globalSetup: builds and packs the package as for a release, and installs it as a user does. */
export default async function setup(project: TestProject): Promise<() => PromiseLike<void>> {
  const folder = await makeTemporaryFolder("examples");
  const run = (program: string, parameters: readonly string[], cwd: string) =>
    promisify(execFile)(program, parameters, { cwd, maxBuffer: 2 ** 26 });
  await run(process.execPath, ["scripts/build.mjs", "server", "library", "web", "explorer"], root);
  await cp(join(root, "examples/servers"), folder.path, {
    recursive: true,
    filter: (source) => !notCopied.includes(basename(source)),
  });
  await run("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder.path], root);
  // No package needs an install script.
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  await run("npm", ["install", ...quiet], folder.path);
  project.provide("examplesFolder", folder.path);
  return () => folder[Symbol.asyncDispose]();
}
