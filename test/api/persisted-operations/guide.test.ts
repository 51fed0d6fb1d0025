import { execFile } from "node:child_process";
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildPackage } from "../../../scripts/build-package.mjs";
import { codeBlocks } from "../../support/markdown.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { startDemoServer } from "../../support/test-server.ts";

const root = resolve(import.meta.dirname, "../../..");
const page = await readFile(join(root, "docs/guides/persisted-operations.md"), "utf8");
/** The programs of the guide, by the name in their first line. */
const programs = new Map(
  codeBlocks("js", page).map((block) => [/^\/\/ (\S+)\n/.exec(block)?.[1] ?? "", block] as const),
);
/** The GraphQL texts in a program. */
const documentsOf = (program: string) =>
  [...(programs.get(program) ?? "").matchAll(/gql`(.*?)`/gs)].map(([, text]) => text);

/** A project that has installed the client package. Its other packages are those of this repository. */
let project: string;

async function run(program: string, ...parameters: string[]): Promise<string> {
  const env = { ...process.env, NO_COLOR: "1", NODE_NO_WARNINGS: "1" };
  const { stdout } = await promisify(execFile)(program, parameters, { cwd: project, env });
  return stdout.trim();
}

beforeAll(async () => {
  const cache = join(root, "node_modules/.cache");
  await mkdir(cache, { recursive: true });
  project = await mkdtemp(join(cache, "valetkey-persisted-"));
  const installed = join(project, "node_modules/@valetkey/client");
  await buildPackage("packages/client", join(installed, "dist"));
  await copyFile(join(root, "packages/client/package.json"), join(installed, "package.json"));
  await cp(join(root, "schema.graphql"), join(project, "schema.graphql"));
  await writeFile(join(project, "package.json"), '{"type":"module","private":true}');
  await mkdir(join(project, "src"));
  const documents = [...documentsOf("apollo.mjs"), ...documentsOf("urql.mjs")];
  await writeFile(join(project, "src/operations.graphql"), documents.join("\n"));
});
afterAll(() => rm(project, { recursive: true, force: true }));

test("the programs of the guide write a manifest, and use it with Apollo Client and urql", async () => {
  expect([...programs.keys()]).toEqual(["persisted-operations.mjs", "codegen.mjs", "apollo.mjs", "urql.mjs"]);
  for (const name of ["persisted-operations.mjs", "codegen.mjs"])
    await writeFile(join(project, name), programs.get(name) ?? "");
  await run(join(root, "node_modules/.bin/graphql-codegen"), "--config", "codegen.mjs");
  const manifest = join(project, "persisted-operations.json");
  const { operations } = JSON.parse(await readFile(manifest, "utf8")) as { operations: { name: string }[] };
  expect(operations.map(({ name }) => name)).toEqual(["Send", "Size"]);

  const server = await shareInFile(startDemoServer({ VALETKEY_PERSISTED_OPERATIONS: manifest }));
  expect((await server.client.request("{ viewer { authenticated } }")).status).toBe(403);
  for (const name of ["apollo.mjs", "urql.mjs"]) {
    const program = programs.get(name)?.replaceAll("http://127.0.0.1:4000", server.url) ?? "";
    await writeFile(join(project, name), program);
    expect(await run(process.execPath, name)).toBe("5");
  }
});

test("the manifest of the guide is one", async () => {
  const manifest = join(project, "example.json");
  await writeFile(manifest, codeBlocks("json", page)[0] ?? "");
  await using server = await startDemoServer({ VALETKEY_PERSISTED_OPERATIONS: manifest });
  const { id } = (JSON.parse(await readFile(manifest, "utf8")) as { operations: [{ id: string }] })
    .operations[0];
  const extensions = { persistedQuery: { version: 1, sha256Hash: id } };
  const headers = { "content-type": "application/json" };
  const response = await server.client.post(JSON.stringify({ extensions }), headers);
  expect(response.data).toEqual({ viewer: { authenticated: false } });
});
