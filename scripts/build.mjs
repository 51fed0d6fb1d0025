// node scripts/build.mjs [--if-stale] [server] [library] [web] [explorer] [packages]: compiles and bundles the server and its web
// pages into dist/, and each package that others can install into its own dist/. Without names all of them are built; with
// --if-stale only those in dist/ that are out of date. Types are not checked here; `npm run check` does that.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { buildLibrary, libraryEntries, telemetryEntry } from "./build-library.mjs";
import { buildPackage } from "./build-package.mjs";
import { buildPages } from "./build-pages.mjs";
import { bundle } from "./bundle.mjs";
import { firstPageBytes } from "./first-page-bytes.mjs";

const entries = {
  main: "src/main.ts",
  cli: "src/cli.ts",
  ...telemetryEntry,
  "print-schema": "src/commands/print-schema.ts",
  "print-configuration": "src/commands/print-configuration.ts",
};

const licensesOf = (name) => `dist/third-party-licenses/${name}.txt`;

const forPages = [
  "scripts/build-pages.mjs",
  "scripts/third-party-licenses.mjs",
  "web/package.json",
  "package-lock.json",
];

const ofServer = [
  ...["src", "packages/embedded-s3/src", "packages/client/persisted-operations.json"],
  ...["scripts", "tsconfig.json", "package-lock.json"],
];

/** What is built into dist/: some of the files that show when it was built, and everything that it is made from. */
const targets = [
  {
    name: "server",
    title: "the server",
    outputs: [...Object.keys(entries).map((name) => `dist/${name}.js`), licensesOf("server")],
    inputs: ofServer,
    build: () => bundle(entries, "dist", { licenses: licensesOf("server") }),
  },
  {
    name: "library",
    title: "the library",
    outputs: [...Object.keys(libraryEntries).map((name) => `dist/library/${name}.js`), licensesOf("library")],
    inputs: ofServer,
    build: () => buildLibrary("dist/library", { licenses: licensesOf("library") }),
  },
  {
    name: "web",
    title: "the web client",
    outputs: ["dist/web/index.html", licensesOf("web")],
    inputs: [
      ...[
        "web/src",
        "web/index.html",
        "web/vite.config.ts",
        "packages/client/src",
        "packages/client/package.json",
      ],
      ...forPages,
    ],
    async build() {
      await buildPages("web/vite.config.ts", "dist/web", { compress: true, licenses: licensesOf("web") });
      console.error(`The first page has ${Math.ceil(firstPageBytes("dist/web") / 1000)} kB, compressed.`);
    },
  },
  {
    name: "explorer",
    title: "GraphiQL",
    outputs: ["dist/explorer/index.html", licensesOf("explorer")],
    inputs: ["web/explorer", ...forPages],
    build: () =>
      buildPages("web/explorer/vite.config.ts", "dist/explorer", { licenses: licensesOf("explorer") }),
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
  // That a build tool is not installed needs no stack; everything else does.
  console.error(error.name === "MissingBuildToolError" ? error.message : error);
  process.exit(1);
});

const ifStale = process.argv.includes("--if-stale");
const names = process.argv.slice(2).filter((each) => each !== "--if-stale");
const isWanted = (name) => names.length === 0 || names.includes(name);

for (const target of targets) {
  if (!isWanted(target.name) || (ifStale && !isStale(target))) continue;
  console.error(`Building ${target.title} into dist/ …`);
  await target.build();
}
if (!ifStale && isWanted("packages")) {
  // The bundles in dist/ have their source in them; only other projects need what is built here.
  for (const name of ["embedded-s3", "client"]) {
    await buildPackage(`packages/${name}`, `packages/${name}/dist`);
  }
}
