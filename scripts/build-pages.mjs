import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import { importBuildTool } from "./import-build-tool.mjs";
import { thirdPartyLicenses } from "./third-party-licenses.mjs";

/**
 * Builds web pages with Vite. The output takes the place of an earlier one when it is complete.
 * @param {string} configFile
 * @param {string} directory
 * @param {{ compress?: boolean, licenses?: string }} options `compress`: whether to write a compressed copy beside each file of
 *   text; `licenses`: the file for the licences of the packages in the pages
 * @throws {Error} when Vite is not installed, saying how to install it
 */
export async function buildPages(configFile, directory, { compress = false, licenses } = {}) {
  // Vite would take another value from the environment, and React would be the one for development.
  process.env.NODE_ENV = "production";
  const { build } = await importBuildTool(() => import("vite"));
  const unfinished = `${directory}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  const outDir = join(process.cwd(), unfinished);
  const plugins = licenses === undefined ? [] : [thirdPartyLicenses(licenses)];
  await build({ configFile, logLevel: "error", build: { outDir, emptyOutDir: true }, plugins });
  if (compress) await compressFiles(join(unfinished, "assets"));
  await rm(directory, { recursive: true, force: true });
  await rename(unfinished, directory);
}

async function compressFiles(directory) {
  const names = (await readdir(directory)).filter((name) => /\.(?:js|css|svg|json|wasm)$/.test(name));
  await Promise.all(
    names.map(async (name) => {
      const path = join(directory, name);
      const bytes = await readFile(path);
      await writeFile(`${path}.br`, await promisify(brotliCompress)(bytes));
      await writeFile(`${path}.gz`, await promisify(gzip)(bytes, { level: 9 }));
    }),
  );
}
