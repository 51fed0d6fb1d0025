// Who imports whom, by the rules of .dependency-cruiser.cjs. A cruiser that reads nothing finds
// nothing wrong, so this also fails unless every source file was read.
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { cruise } from "dependency-cruiser";
import extractTSConfig from "dependency-cruiser/config-utl/extract-ts-config";

const config = createRequire(import.meta.url)("../.dependency-cruiser.cjs");
const tsConfig = extractTSConfig("tsconfig.json");
const { output } = await cruise(
  ["src"],
  { ...config.options, ruleSet: { forbidden: config.forbidden }, validate: true },
  {},
  { tsConfig },
);

const sources = readdirSync("src", { recursive: true }).filter((name) => name.endsWith(".ts"));
const read = new Set(output.modules.map(({ source }) => source));
const unread = sources.filter((name) => !read.has(`src/${name.replaceAll("\\", "/")}`));
for (const { from, to, rule } of output.summary.violations) console.error(`${rule.name}: ${from} → ${to}`);
for (const name of unread) console.error(`not read: src/${name}`);
console.log(`layers: ${sources.length} files, ${output.summary.violations.length} violations`);
process.exitCode =
  sources.length > 0 && unread.length === 0 && output.summary.violations.length === 0 ? 0 : 1;
