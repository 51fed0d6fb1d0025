import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { importBuildTool } from "./import-build-tool.mjs";
import { thirdPartyLicenses } from "./third-party-licenses.mjs";

/**
 * Compiles entry points and bundles them with every package that they use into a few files: opening thousands of
 * files is most of a cold start (docs/decisions/0012-bundle.md).
 * @param {Record<string, string>} entries output name to source file
 * @param {string} directory its files are deleted first, its folders are kept
 * @param {{ external?: readonly (string | RegExp)[], tsconfig?: string, licenses?: string }} options
 *   `external`: packages that are left out of the bundle; `licenses`: the file for the licences of all others
 * @throws {Error} when the bundler is not installed, saying how to install it
 */
export async function bundle(
  entries,
  directory,
  { external = [], tsconfig = "tsconfig.json", licenses } = {},
) {
  const { rolldown } = await importBuildTool(() => import("rolldown"));
  const build = await rolldown({
    input: entries,
    platform: "node",
    tsconfig,
    // TypeGraphQL would load it to validate arguments, which is switched off.
    external: ["class-validator", ...external],
    resolve: {
      conditionNames: ["@valetkey/source", "import", "node", "default"],
      alias: { "@apollo/utils.createhash": join(import.meta.dirname, "create-hash.mjs") },
    },
    // "use client" stays at the top of an entry point, which is where frameworks look for it.
    checks: { moduleLevelDirective: false },
    logLevel: "warn",
    plugins: licenses === undefined ? [] : [thirdPartyLicenses(licenses)],
  });
  try {
    await deleteFiles(directory);
    await build.write({ dir: directory, sourcemap: true });
  } finally {
    await build.close();
  }
}

async function deleteFiles(directory) {
  await mkdir(directory, { recursive: true });
  const entries = await readdir(directory, { withFileTypes: true });
  await Promise.all(entries.filter((each) => each.isFile()).map(({ name }) => rm(join(directory, name))));
}
