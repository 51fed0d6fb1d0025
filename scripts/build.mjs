// node scripts/build.mjs [--if-stale]: compiles and bundles the server into dist/ and, without --if-stale, each package
// that others can install into its own dist/. Types are not checked here; `npm run check` does that.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { buildPackage } from "./build-package.mjs";
import { bundle } from "./bundle.mjs";

const output = "dist";
const entries = {
  main: "src/main.ts",
  cli: "src/cli.ts",
  "print-schema": "src/commands/print-schema.ts",
  "print-configuration": "src/commands/print-configuration.ts",
};
/** Everything that the output is made from. */
const inputs = ["src", "packages/embedded-s3/src", "scripts", "tsconfig.json", "package-lock.json"];

function newestMs(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  // A folder's own time tells of files that were deleted or renamed.
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}

function isStale() {
  const built = Object.keys(entries).map((name) =>
    statSync(join(output, `${name}.js`), { throwIfNoEntry: false }),
  );
  return built.some((file) => file === undefined || file.mtimeMs < Math.max(...inputs.map(newestMs)));
}

process.on("uncaughtException", (error) => {
  // That the bundler is not installed needs no stack; everything else does.
  console.error(error.name === "MissingBundlerError" ? error.message : error);
  process.exit(1);
});

const ifStale = process.argv.includes("--if-stale");
if (!ifStale || isStale()) {
  console.error("Building dist/ from src/ …");
  await bundle(entries, output);
}
if (!ifStale) {
  // The server's bundle has their source in it; only other projects need what is built here.
  for (const name of ["embedded-s3"]) await buildPackage(`packages/${name}`, `packages/${name}/dist`);
}
