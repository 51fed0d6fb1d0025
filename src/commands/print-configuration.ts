import { readFile, writeFile } from "node:fs/promises";
import { variables } from "../app/config/variables/variables.ts";

// Writes the table of variables into docs/configuration.md. With --check, it only reports whether the table is up to
// date.
const file = "docs/configuration.md";
const [start, end] = ["<!-- variables: written by npm run docs -->", "<!-- end of variables -->"];

const rows = Object.entries(variables).map(
  ([name, { shownDefault, description }]) => `| \`${name}\` | ${shownDefault} | ${description} |`,
);
const table = ["| variable | default | meaning |", "| --- | --- | --- |", ...rows].join("\n");
const text = await readFile(file, "utf8");
const before = text.split(start, 1)[0] ?? "";
const after = text.slice(text.indexOf(end));
const written = `${before}${start}\n\n${table}\n\n${after}`;
if (!process.argv.includes("--check")) {
  await writeFile(file, written);
} else if (text !== written) {
  process.stderr.write(`${file} is out of date: npm run docs\n`);
  process.exitCode = 1;
}
