import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { build } from "rolldown";
import { filesOf } from "./react-app.ts";

const root = resolve(import.meta.dirname, "../..");
const require = createRequire(import.meta.url);

const compilerOptions = {
  strict: true,
  noEmit: true,
  target: "es2023",
  lib: ["es2023", "dom", "dom.iterable"],
  module: "esnext",
  moduleResolution: "bundler",
  allowImportingTsExtensions: true,
  jsx: "react-jsx",
  types: [],
  skipLibCheck: true,
};

/**
 * Replaces each `graphql` tag by the artifact that relay-compiler has written for it, as Relay's Babel plugin does.
 * https://relay.dev/docs/getting-started/babel-plugin/
 */
const replaceTags = {
  name: "relay",
  transform: (code: string, path: string) => {
    const imports = new Set<string>();
    const replaced = code.replaceAll(
      /graphql`\s*(?:query|mutation|fragment) (\w+)[^`]*`/g,
      (_tag, name: string) => {
        imports.add(
          `import ${name}Artifact from "${join(dirname(path), `__generated__/${name}.graphql.ts`)}";\n`,
        );
        return `${name}Artifact`;
      },
    );
    return imports.size === 0 ? undefined : `${[...imports].join("")}${replaced}`;
  },
};

export interface RelayProject extends AsyncDisposable {
  /** @throws if the types of the files are wrong, with the messages of the compiler */
  checkTypes(): Promise<void>;
  /** Bundles a module of the project, given as its text, and imports it. */
  load<Module>(program: string): Promise<Module>;
}

/**
 * Creates a project with the files and the configuration of a guide, and compiles its operations with relay-compiler
 * against the schema of this repository.
 */
export async function createRelayProject(guide: string): Promise<RelayProject> {
  await mkdir(join(root, "build"), { recursive: true });
  const path = await mkdtemp(join(root, "build/relay-"));
  const run = async (program: string, ...args: string[]) => {
    try {
      await promisify(execFile)(program, args, { cwd: path });
    } catch (error) {
      const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
      throw new Error(`${basename(program)} refuses the project:\n${stdout}${stderr}`, { cause: error });
    }
  };
  await mkdir(join(path, "src/__generated__"), { recursive: true });
  for (const { name, content } of filesOf(guide)) await writeFile(join(path, name), content);
  await writeFile(join(path, "relay.config.json"), /^```json\n(.*?)^```$/ms.exec(guide)?.[1] ?? "");
  await writeFile(join(path, "schema.graphql"), await readFile(join(root, "schema.graphql"), "utf8"));
  await writeFile(join(path, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["src"] }));
  // The package exports the path of its program for this platform.
  await run(require("relay-compiler") as string, "relay.config.json");
  return {
    checkTypes: () => run(process.execPath, join(root, "node_modules/typescript/bin/tsc"), "-p", "."),
    load: async <Module>(program: string) => {
      const entry = join(path, "src/entry.ts");
      await writeFile(entry, program);
      const bundle = join(path, "bundle.mjs");
      await build({
        input: entry,
        platform: "node",
        tsconfig: false,
        logLevel: "warn",
        plugins: [replaceTags],
        // Relay warns of mistakes only in development.
        transform: { define: { "process.env.NODE_ENV": '"development"' } },
        output: { file: bundle },
      });
      return (await import(/* @vite-ignore */ bundle)) as Module;
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}
