import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { buildPackage } from "../../scripts/build-package.mjs";

const root = resolve(import.meta.dirname, "../..");

/**
 * What `npm create vite@latest my-uploads -- --template react-ts` writes, without pictures and styles. It is written here
 * because that command downloads the template, and no test needs the internet.
 */
const template: Record<string, string> = {
  "package.json": '{ "name": "my-uploads", "private": true, "type": "module" }',
  "index.html": `<!doctype html>
<html lang="en">
  <head>
    <meta charset="UTF-8" />
    <link rel="icon" href="data:," />
    <title>my-uploads</title>
  </head>
  <body>
    <div id="root"></div>
    <script type="module" src="/src/main.tsx"></script>
  </body>
</html>
`,
  "vite.config.ts": `import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// https://vite.dev/config/
export default defineConfig({
  plugins: [react()],
})
`,
  "tsconfig.json": JSON.stringify({
    compilerOptions: {
      target: "es2023",
      lib: ["ES2023", "DOM"],
      module: "esnext",
      types: ["vite/client", "node"],
      allowArbitraryExtensions: true,
      skipLibCheck: true,
      moduleResolution: "bundler",
      allowImportingTsExtensions: true,
      verbatimModuleSyntax: true,
      moduleDetection: "force",
      noEmit: true,
      jsx: "react-jsx",
      noUnusedLocals: true,
      noUnusedParameters: true,
      erasableSyntaxOnly: true,
      noFallthroughCasesInSwitch: true,
      strict: true,
    },
  }),
};

export interface ReactApp extends AsyncDisposable {
  readonly path: string;
  /** Writes files, named by their path in the app. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
  /** @throws if the types of the files in a folder of the app are wrong, with the messages of the compiler */
  checkTypes(folder?: string): Promise<void>;
}

/**
 * Creates a React app that has the built package @valetkey/client installed. It finds everything else in the repository's
 * node_modules.
 */
export async function createReactApp(): Promise<ReactApp> {
  await mkdir(join(root, "build"), { recursive: true });
  const path = await mkdtemp(join(root, "build/react-app-"));
  const write = async (files: Readonly<Record<string, string>>) => {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(path, name)), { recursive: true });
      await writeFile(join(path, name), content);
    }
  };
  const checkTypes = async (folder = "src") => {
    const configuration = `tsconfig.${folder}.json`;
    await write({ [configuration]: JSON.stringify({ extends: "./tsconfig.json", include: [folder] }) });
    const compiler = join(root, "node_modules/typescript/bin/tsc");
    try {
      await promisify(execFile)(process.execPath, [compiler, "-p", configuration], { cwd: path });
    } catch (error) {
      throw new Error(`The compiler refuses ${folder}:\n${(error as { stdout?: string }).stdout}`, {
        cause: error,
      });
    }
  };
  try {
    await write(template);
    const client = join(path, "node_modules/@valetkey/client");
    await buildPackage(join(root, "packages/client"), join(client, "dist"));
    await copyFile(join(root, "packages/client/package.json"), join(client, "package.json"));
    await symlink(join(root, "web/node_modules/@vitejs"), join(path, "node_modules/@vitejs"));
  } catch (error) {
    await rm(path, { recursive: true, force: true });
    throw error;
  }
  return {
    path,
    write,
    checkTypes,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

/** The code blocks of a page that begin with the name of a file, in order. */
export function filesOf(markdown: string): { readonly name: string; readonly content: string }[] {
  return [...markdown.matchAll(/^```tsx?\n\/\/ (\S+)\n(.*?)^```$/gms)].map(([, name = "", content = ""]) => ({
    name,
    content,
  }));
}
