import { build } from "rolldown";

// node scripts/bundle.mjs FROM TO: the compiled modules and every package that they use, in a few files. Opening
// thousands of files is what a cold start is made of (docs/decisions/0012-bundle.md).
// By the API, because the command line names every file that it writes.
const [from, to] = process.argv.slice(2);
if (to === undefined) throw new TypeError("node scripts/bundle.mjs FROM TO");

await build({
  input: { main: `${from}/main.js`, cli: `${from}/cli.js` },
  platform: "node",
  // TypeGraphQL would load it to validate arguments, which is switched off.
  external: ["class-validator"],
  logLevel: "warn",
  output: { dir: to, sourcemap: true, cleanDir: true },
});
