import { execFile } from "node:child_process";
import { readdir, readFile, utimes } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");

/** Builds as `npm start` does. Returns the lines that say what is built. */
async function buildIfStale(): Promise<string[]> {
  const { stderr } = await promisify(execFile)(process.execPath, ["scripts/build.mjs", "--if-stale"], {
    cwd: root,
  });
  return stderr.split("\n").filter((line) => line.startsWith("Building"));
}

test.each([
  ["web/index.html", "the web client"],
  ["packages/client/src/index.ts", "the web client"],
  ["web/explorer/index.html", "GraphiQL"],
])("after a change of %s, only %s is built", async (path, title) => {
  await buildIfStale();
  expect(await buildIfStale()).toEqual([]);
  await utimes(resolve(root, path), new Date(), new Date());
  expect(await buildIfStale()).toEqual([`Building ${title} into dist/ …`]);
});

test("the pages have React for production, whatever NODE_ENV is", async () => {
  await utimes(resolve(root, "web/package.json"), new Date(), new Date());
  await buildIfStale();
  for (const name of ["web", "explorer"]) {
    const assets = resolve(root, "dist", name, "assets");
    const scripts = (await readdir(assets)).filter((each) => each.endsWith(".js"));
    const sources = await Promise.all(scripts.map((each) => readFile(join(assets, each), "utf8")));
    expect(sources.filter((source) => source.includes("Download the React DevTools"))).toHaveLength(0);
  }
});
