import { type BuildOptions, defineConfig } from "rolldown";

/**
 * The compiled modules and every package that they use, in a few files: opening thousands of files is what a cold
 * start is made of (docs/decisions/0012-bundle.md).
 */
export function bundle(from: string, to: string): BuildOptions {
  return {
    input: { main: `${from}/main.js`, cli: `${from}/cli.js` },
    platform: "node",
    // TypeGraphQL would load it to validate arguments, which is switched off.
    external: ["class-validator"],
    logLevel: "warn",
    output: { dir: to, sourcemap: true, cleanDir: true },
  };
}

export default defineConfig(bundle("build", "dist"));
