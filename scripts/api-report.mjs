// node scripts/api-report.mjs [--check]: writes docs/api-report/, the public types of the package `valetkey`, one file for
// each entry point. With --check it fails if they have changed. A diff of these files shows what a change means for users.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { Extractor, ExtractorConfig } from "@microsoft/api-extractor";
import { libraryEntries } from "./build-library.mjs";
import { writeDeclarations } from "./build-package.mjs";

const root = resolve(import.meta.dirname, "..");
const reports = join(root, "docs/api-report");
const isCheck = process.argv.includes("--check");

/** Everything that the analysis of one entry point says about its types. */
function configOf(name, folder) {
  const entry = join(folder, `${name}.d.ts`);
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, "package.json"),
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: entry,
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: "es2023",
            module: "nodenext",
            types: ["node"],
            strict: true,
            skipLibCheck: true,
          },
          files: [entry],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: name === "index" ? "valetkey" : `valetkey-${name}`,
        reportFolder: reports,
        reportTempFolder: join(folder, "reports"),
        includeForgottenExports: true,
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

// Inside of the repository, where the types of other packages are found, but outside of node_modules, whose types are not ours.
await mkdir(join(root, "build"), { recursive: true });
const folder = await mkdtemp(join(root, "build/api-report-"));
try {
  await writeDeclarations(join(root, "src"), folder, Object.values(libraryEntries));
  for (const name of Object.keys(libraryEntries)) {
    const config = configOf(name, folder);
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
