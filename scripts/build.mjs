// node scripts/build.mjs [--if-stale]: compiles and bundles the server and its web pages into dist/ and, without
// --if-stale, each package that others can install into its own dist/. With --if-stale only what is out of date is built.
// Types are not checked here; `npm run check` does that.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { buildPackage } from "./build-package.mjs";
import { buildPages } from "./build-pages.mjs";
import { bundle } from "./bundle.mjs";

const entries = {
  main: "src/main.ts",
  cli: "src/cli.ts",
  "print-schema": "src/commands/print-schema.ts",
  "print-configuration": "src/commands/print-configuration.ts",
};

/** What is built into dist/: some of the files that show when it was built, and everything that it is made from. */
const targets = [
  {
    name: "the server",
    outputs: Object.keys(entries).map((name) => `dist/${name}.js`),
    inputs: ["src", "packages/embedded-s3/src", "scripts", "tsconfig.json", "package-lock.json"],
    build: () => bundle(entries, "dist"),
  },
  {
    name: "GraphiQL",
    outputs: ["dist/explorer/index.html"],
    inputs: ["web/explorer", "scripts/build-pages.mjs", "package-lock.json"],
    build: () => buildPages("web/explorer/vite.config.ts"),
  },
];

function newestMs(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  // A folder's own time tells of files that were deleted or renamed.
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}

function isStale({ outputs, inputs }) {
  const built = outputs.map((path) => statSync(path, { throwIfNoEntry: false }));
  return built.some((file) => file === undefined || file.mtimeMs < Math.max(...inputs.map(newestMs)));
}

process.on("uncaughtException", (error) => {
  // That the bundler is not installed needs no stack; everything else does.
  console.error(error.name === "MissingBundlerError" ? error.message : error);
  process.exit(1);
});

const ifStale = process.argv.includes("--if-stale");
for (const target of targets) {
  if (ifStale && !isStale(target)) continue;
  console.error(`Building ${target.name} into dist/ …`);
  await target.build();
}
if (!ifStale) {
  // The server's bundle has their source in it; only other projects need what is built here.
  for (const name of ["embedded-s3", "client"])
    await buildPackage(`packages/${name}`, `packages/${name}/dist`);
}
