import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildLibrary, telemetryEntry } from "../../../scripts/build-library.mjs";
import { bundle } from "../../../scripts/bundle.mjs";

const root = resolve(import.meta.dirname, "../../..");
const programs = join(root, "node_modules/.bin");
const run = (program: string, parameters: readonly string[], cwd: string) =>
  promisify(execFile)(program, parameters, { cwd, env: { ...process.env, NO_COLOR: "1" } });

/** A project that has installed the packed package. Its other packages are those of this repository. */
let project: string;
let installed: string;
let tarball: string;

beforeAll(async () => {
  const cache = join(root, "node_modules/.cache");
  await mkdir(cache, { recursive: true });
  project = await mkdtemp(join(cache, "valetkey-library-"));
  const source = join(project, "source");
  await mkdir(source);
  await buildLibrary(join(source, "dist/library"));
  await bundle(telemetryEntry, join(source, "dist"));
  // The programs are not built here.
  const { bin: _, ...manifest } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  await writeFile(join(source, "package.json"), JSON.stringify(manifest));
  const pack = ["pack", "--silent", "--ignore-scripts", "--pack-destination", project];
  tarball = join(project, (await run("npm", pack, source)).stdout.trim());
  installed = join(project, "node_modules/valetkey");
  await mkdir(installed, { recursive: true });
  await run("tar", ["-xzf", tarball, "--strip-components=1", "-C", installed], project);
  await writeFile(join(project, "package.json"), '{"type":"module","private":true}');
});
afterAll(() => rm(project, { recursive: true, force: true }));

test("the packed package follows the rules of publint and of Are The Types Wrong", async () => {
  await run(join(programs, "publint"), ["--level", "error", tarball], project);
  await run(join(programs, "attw"), [tarball, "--profile", "esm-only"], project);
});

test.each([
  ["index", ["graphql"]],
  ["fastify", ["fastify"]],
  ["express", []],
  ["apollo", ["@apollo/server", "graphql"]],
])(
  "the types of its entry point %s need only these packages, and those of Node: %j",
  async (entry, packages) => {
    const found = new Set<string>();
    await collectImports(join(installed, "dist/library", `${entry}.d.ts`), found, new Set());
    expect([...found].sort()).toEqual(packages);
  },
);

/** Follows the relative imports of a declaration file, and collects the packages that it and they import. */
async function collectImports(file: string, packages: Set<string>, seen: Set<string>): Promise<void> {
  if (seen.has(file)) return;
  seen.add(file);
  const text = await readFile(file, "utf8");
  for (const [, name = ""] of text.matchAll(/from "([^"]*)"/g)) {
    if (name.startsWith(".")) {
      await collectImports(resolve(file, "..", name.replace(/\.js$/, ".d.ts")), packages, seen);
    } else if (!name.startsWith("node:")) packages.add(name);
  }
}

test.each([
  { module: "nodenext", moduleResolution: "nodenext" },
  { module: "esnext", moduleResolution: "bundler" },
])("it is typed with $moduleResolution", async (options) => {
  const file = `${options.moduleResolution}.ts`;
  await writeFile(
    join(project, file),
    `import { createValetKey, optionsFromEnvironment, ValetKeyError, type StoredObject } from "valetkey";
     const valetKey = await createValetKey({
       ...optionsFromEnvironment(process.env),
       authorize: ({ authenticated }) => (authenticated ? [{ bucket: "b", allow: ["LIST"] }] : []),
       onObjectStored: ({ size, by }) => console.log(size.toFixed(), by.length),
     });
     const session = valetKey.for({ authenticated: true, subject: "alice" });
     const stored: StoredObject | undefined = await session.head({ bucket: "b", key: "k" });
     for (const result of await session.remove(stored ? [stored] : [])) {
       if (result instanceof ValetKeyError) console.log(result.code, result.retryable, result.field);
     }
     // @ts-expect-error There is no such action.
     await createValetKey({ authorize: () => [{ bucket: "b", allow: ["READ"] }] });
     // @ts-expect-error There is no such option.
     await createValetKey({ maxFile: 1 });`,
  );
  const compilerOptions = { strict: true, noEmit: true, target: "es2023", types: ["node"], ...options };
  await writeFile(join(project, `${file}.json`), JSON.stringify({ compilerOptions, files: [file] }));
  const failed = await run(join(programs, "tsc"), ["-p", `${file}.json`], project).then(
    () => "",
    ({ stdout }: { stdout: string }) => stdout,
  );
  expect(failed).toBe("");
});

test("it runs, with the project's own copy of graphql", async () => {
  await writeFile(
    join(project, "run.mjs"),
    `import { execute, parse } from "graphql";
     import { createValetKey } from "valetkey";
     const valetKey = await createValetKey({ dataDir: "data", logLevel: "silent" });
     const principal = { authenticated: false };
     const object = { bucket: "demo", key: "a" };
     await valetKey.for(principal).uploadStream((async function* () { yield Buffer.from("x"); })(), object);
     const document = parse('{ object(bucket: "demo", key: "a") { size } }');
     const contextValue = await valetKey.context({ principal });
     console.log(JSON.stringify(await execute({ schema: valetKey.schema, document, contextValue })));
     await valetKey.close();`,
  );
  const { stdout } = await run(process.execPath, ["run.mjs"], project);
  expect(JSON.parse(stdout)).toEqual({ data: { object: { size: 1 } } });
});

test("node --import valetkey/telemetry sets up OpenTelemetry", async () => {
  const script = 'console.log(globalThis[Symbol.for("opentelemetry.js.api.1")]?.trace !== undefined)';
  const { stdout } = await run(
    process.execPath,
    ["--import", "valetkey/telemetry", "--eval", script],
    project,
  );
  expect(stdout).toBe("true\n");
});
