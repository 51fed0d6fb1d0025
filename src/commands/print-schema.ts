import { readFile, writeFile } from "node:fs/promises";
import { printPublicSchema } from "../graphql/schema.ts";

// Writes schema.graphql; with --check, it only reports whether the file is up to date.
const file = "schema.graphql";
const printed = await printPublicSchema();
if (!process.argv.includes("--check")) {
  await writeFile(file, printed);
} else if ((await readFile(file, "utf8")) !== printed) {
  process.stderr.write(`${file} is out of date: npm run schema\n`);
  process.exitCode = 1;
}
