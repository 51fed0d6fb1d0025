import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { bundle } from "./bundle.mjs";

/**
 * Builds a package of the workspace for plain Node: its source as one file, with its dependencies left to npm, and a
 * declaration file for each source file that its public types need.
 * @param {string} directory of the package, with src/index.ts
 * @param {string} output emptied first
 */
export async function buildPackage(directory, output) {
  const { dependencies = {} } = JSON.parse(await readFile(join(directory, "package.json"), "utf8"));
  await rm(output, { recursive: true, force: true });
  await bundle({ index: join(directory, "src/index.ts") }, output, { external: Object.keys(dependencies) });
  await writeDeclarations(resolve(directory, "src"), output);
}

async function writeDeclarations(source, output) {
  const { isolatedDeclarationSync } = await import("rolldown/experimental");
  const files = new Set([join(source, "index.ts")]);
  for (const file of files) {
    const { code, errors } = isolatedDeclarationSync(file, await readFile(file, "utf8"));
    if (errors.length > 0) throw new Error(`${file}: ${errors.map(({ message }) => message).join("; ")}`);
    const relativeImport = /(from ")(\.{1,2}\/[^"]+)\.ts"/g;
    for (const [, , specifier] of code.matchAll(relativeImport)) {
      files.add(resolve(dirname(file), `${specifier}.ts`));
    }
    const declaration = join(output, relative(source, file).replace(/\.ts$/, ".d.ts"));
    await mkdir(dirname(declaration), { recursive: true });
    await writeFile(declaration, code.replaceAll(relativeImport, '$1$2.js"'));
  }
}
