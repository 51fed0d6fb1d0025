import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { createValetKey } from "@valetkey/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildPackage } from "../../../scripts/build-package.mjs";
import { shareInFile } from "../../support/share-in-file.ts";
import { startDemoServer } from "../../support/test-server.ts";

const root = resolve(import.meta.dirname, "../../..");

/** The blocks of one language in a guide, in order. */
async function blocksOf(guide: string, language: string): Promise<string[]> {
  const page = await readFile(join(root, "docs/guides", `${guide}.md`), "utf8");
  const blocks = [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))];
  return blocks.map(([, block]) => block ?? "");
}

/** A project that has installed the package. Its other packages are those of this repository. */
let project: string;

beforeAll(async () => {
  const cache = join(root, "node_modules/.cache");
  await mkdir(cache, { recursive: true });
  project = await mkdtemp(join(cache, "valetkey-guides-"));
  const installed = join(project, "node_modules/@valetkey/client");
  await buildPackage("packages/client", join(installed, "dist"));
  const manifest = await readFile(join(root, "packages/client/package.json"), "utf8");
  await writeFile(join(installed, "package.json"), manifest);
  await writeFile(join(project, "package.json"), '{"type":"module","private":true}');
});
afterAll(() => rm(project, { recursive: true, force: true }));

test("the guides have code that is typed", async () => {
  const files = ["apollo-client", "uppy", "urql", "codegen", "versions", "temporary-credentials"].map(
    (guide) => `${guide}.tsx`,
  );
  for (const file of files) {
    const blocks = await blocksOf(file.replace(".tsx", ""), "tsx?");
    expect(blocks.length).toBeGreaterThan(0);
    await writeFile(join(project, file), `${blocks.join("\n")}\nexport {};`);
  }
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: "es2023",
    lib: ["es2023", "dom", "dom.iterable"],
    module: "esnext",
    moduleResolution: "bundler",
    jsx: "react-jsx",
    types: [],
    skipLibCheck: true,
  };
  await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  const failed = await promisify(execFile)(join(root, "node_modules/.bin/tsc"), ["-p", project]).then(
    () => "",
    ({ stdout }: { stdout: string }) => stdout,
  );
  expect(failed).toBe("");
});

describe("with a server, the code of the guide", () => {
  /** Runs the blocks of a guide as one program, in a folder with a film. */
  async function run(guide: string, before: string) {
    const server = await shareInFile(startDemoServer());
    const film = randomBytes(40 * 2 ** 20);
    await writeFile(join(project, "film.mp4"), film);
    const blocks = await blocksOf(guide, "js");
    const program = blocks.join("\n").replaceAll("http://127.0.0.1:4000", server.url);
    await writeFile(join(project, `${guide}.mjs`), `${before}\n${program}\nprocess.exit();`);
    await promisify(execFile)(process.execPath, [`${guide}.mjs`], { cwd: project });
    return { film, client: createValetKey({ url: `${server.url}/graphql` }) };
  }

  test("for Node uploads a film and downloads it again", async () => {
    const { film } = await run("node", "");
    expect((await readFile(join(project, "copy.mp4"))).equals(film)).toBe(true);
  });

  test("for fetch uploads a file directly and through the server", async () => {
    const file = 'const file = new File(["a cat"], "cat.png", { type: "image/png" });';
    const { client } = await run("fetch", `import { File } from "node:buffer";\n${file}`);
    for (const key of ["fetch/cat.png", "fetch/through.png"])
      expect(await client.head({ bucket: "demo", key })).toMatchObject({ size: 5, contentType: "image/png" });
  });
});
