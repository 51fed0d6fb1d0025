// Who imports whom, by the rules of .dependency-cruiser.cjs. A cruiser that reads nothing finds
// nothing wrong, so this also fails unless every source file was read.
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { cruise } from "dependency-cruiser";
import extractTSConfig from "dependency-cruiser/config-utl/extract-ts-config";

const config = createRequire(import.meta.url)("../.dependency-cruiser.cjs");
const tsConfig = extractTSConfig("tsconfig.json");
const roots = ["src", "packages/embedded-s3/src", "packages/client/src"];
const { output } = await cruise(
  roots,
  { ...config.options, ruleSet: { forbidden: config.forbidden }, validate: true },
  {},
  { tsConfig },
);

const sources = roots.flatMap((root) =>
  readdirSync(root, { recursive: true })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => `${root}/${name.replaceAll("\\", "/")}`),
);
const read = new Set(output.modules.map(({ source }) => source));
const unread = sources.filter((name) => !read.has(name));
for (const { from, to, rule } of output.summary.violations) console.error(`${rule.name}: ${from} → ${to}`);
for (const name of unread) console.error(`not read: ${name}`);
console.log(`layers: ${sources.length} files, ${output.summary.violations.length} violations`);
process.exitCode =
  sources.length > 0 && unread.length === 0 && output.summary.violations.length === 0 ? 0 : 1;
