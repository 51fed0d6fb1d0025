import { readFile, writeFile } from "node:fs/promises";
import { printPublicSchema, printSubgraphSchema } from "../graphql/schema.ts";

// Writes the schema's files; with --check, it only reports whether they are up to date.
const files = {
  "schema.graphql": await printPublicSchema(),
  "schema.subgraph.graphql": await printSubgraphSchema(),
};
for (const [file, printed] of Object.entries(files)) {
  if (!process.argv.includes("--check")) {
    await writeFile(file, printed);
  } else if ((await readFile(file, "utf8").catch(() => "")) !== printed) {
    process.stderr.write(`${file} is out of date: npm run schema\n`);
    process.exitCode = 1;
  }
}
