// node scripts/api-report.mjs [--check]: writes docs/api-report/, the public types of the packages `valetkey` and
// `@valetkey/client`, one file for each entry point. With --check it fails if they have changed. A diff of these files shows
// what a change means for users.
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { basename, join, relative, resolve } from "node:path";
import { Extractor, ExtractorConfig } from "@microsoft/api-extractor";
import { libraryEntries } from "./build-library.mjs";
import { writeDeclarations } from "./build-package.mjs";

const root = resolve(import.meta.dirname, "..");
const reports = join(root, "docs/api-report");
const isCheck = process.argv.includes("--check");

/** The packages: where their sources, manifest and entry points are, and how their types are compiled. */
const packages = [
  {
    report: "valetkey",
    directory: root,
    entries: libraryEntries,
    compilerOptions: { types: ["node"] },
  },
  {
    report: "client",
    directory: join(root, "packages/client"),
    entries: await entriesOf(join(root, "packages/client")),
    compilerOptions: {
      types: [],
      lib: ["es2023", "dom", "dom.iterable", "dom.asynciterable"],
      jsx: "react-jsx",
    },
  },
];

/** The sources of a package's entry points by name: "index", "react". `operations` is generated, and `codegen:check` compares it. */
async function entriesOf(directory) {
  const { exports } = JSON.parse(await readFile(join(directory, "package.json"), "utf8"));
  return Object.fromEntries(
    Object.values(exports)
      .filter((entry) => entry["@valetkey/source"] !== undefined && !/operations/.test(entry.default))
      .map((entry) => [basename(entry.default, ".js"), join(directory, entry["@valetkey/source"])]),
  );
}

/** Everything that the analysis of one entry point says about its types. */
function configOf(report, each, entry, folder) {
  const { directory, compilerOptions } = each;
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(directory, "package.json"),
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: entry,
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: "es2023",
            module: "nodenext",
            strict: true,
            skipLibCheck: true,
            ...compilerOptions,
          },
          files: [entry],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: report,
        reportFolder: reports,
        reportTempFolder: join(folder, "reports"),
        // The types of the main entry point are in its own report.
        includeForgottenExports: report === each.report,
      },
      messages: {
        extractorMessageReporting: {
          default: { logLevel: "warning", addToApiReportFile: true },
          "ae-missing-release-tag": { logLevel: "none" },
          "ae-undocumented": { logLevel: "none" },
        },
        tsdocMessageReporting: { default: { logLevel: "none" } },
      },
    },
  });
}

async function writeReports(each) {
  // Next to the sources, where the types of other packages are found, but outside of node_modules, whose types are not ours.
  await mkdir(join(each.directory, "build"), { recursive: true });
  const folder = await mkdtemp(join(each.directory, "build/api-report-"));
  try {
    const source = join(each.directory, "src");
    await writeDeclarations(source, folder, Object.values(each.entries));
    for (const [name, file] of Object.entries(each.entries)) {
      const declaration = join(folder, relative(source, resolve(file)).replace(/\.tsx?$/, ".d.ts"));
      const report = name === "index" ? each.report : `${each.report}-${name}`;
      const config = configOf(report, each, declaration, folder);
      const options = { localBuild: !isCheck, messageCallback: (message) => (message.handled = true) };
      const { apiReportChanged, succeeded } = Extractor.invoke(config, options);
      if (isCheck ? apiReportChanged : !succeeded) {
        console.error(`docs/api-report/${basename(config.reportFilePath)} is stale: npm run api-report`);
        process.exitCode = 1;
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

for (const each of packages) await writeReports(each);
