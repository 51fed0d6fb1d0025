import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { bundle } from "./bundle.mjs";

/**
 * Builds a package of the workspace: a file for each entry point of its package.json, with its dependencies left to npm,
 * and a declaration file for each source file that its public types need.
 * @param {string} directory of the package
 * @param {string} output emptied first
 */
export async function buildPackage(directory, output) {
  const manifest = JSON.parse(await readFile(join(directory, "package.json"), "utf8"));
  const { exports, dependencies = {}, peerDependencies = {} } = manifest;
  // What is exported without conditions is a file that is not built.
  const programs = Object.values(exports).filter((entry) => typeof entry === "object");
  const sources = programs.map((entry) => join(directory, entry["@valetkey/source"]));
  const entries = Object.fromEntries(
    programs.map((entry, index) => [basename(entry.default, ".js"), sources[index]]),
  );
  const packages = Object.keys({ ...dependencies, ...peerDependencies });
  const tsconfig = [join(directory, "tsconfig.json"), "tsconfig.json"].find(existsSync);
  await rm(output, { recursive: true, force: true });
  await bundle(entries, output, {
    // With everything below a package: `react` and `react/jsx-runtime`.
    external: packages.map((name) => new RegExp(`^${name}(?:/|$)`)),
    tsconfig,
  });
  await writeDeclarations(resolve(directory, "src"), output, sources);
}

/**
 * Writes a declaration file for each source file that the public types of the entry points need.
 * @param {string} source the folder of the sources
 * @param {string} output
 * @param {readonly string[]} entries
 */
export async function writeDeclarations(source, output, entries) {
  const { isolatedDeclarationSync } = await import("rolldown/experimental");
  const files = new Set(entries.map((entry) => resolve(entry)));
  for (const file of files) {
    const { code, errors } = isolatedDeclarationSync(file, await readFile(file, "utf8"));
    if (errors.length > 0) throw new Error(`${file}: ${errors.map(({ message }) => message).join("; ")}`);
    const relativeImport = /(from ")(\.{1,2}\/[^"]+)\.tsx?"/g;
    for (const [, , specifier] of code.matchAll(relativeImport)) {
      const path = resolve(dirname(file), specifier);
      files.add(existsSync(`${path}.ts`) ? `${path}.ts` : `${path}.tsx`);
    }
    const declaration = join(output, relative(source, file).replace(/\.tsx?$/, ".d.ts"));
    await mkdir(dirname(declaration), { recursive: true });
    await writeFile(declaration, code.replaceAll(relativeImport, '$1$2.js"'));
  }
}
