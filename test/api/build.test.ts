import { execFile } from "node:child_process";
import { cp } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { makeTemporaryFolder } from "../support/resources.ts";

const scripts = resolve(import.meta.dirname, "../../scripts");

test("a build without the development packages says in one line what it needs", async () => {
  await using folder = await makeTemporaryFolder("build");
  await cp(scripts, join(folder.path, "scripts"), { recursive: true });
  const build = promisify(execFile)(process.execPath, ["scripts/build.mjs"], { cwd: folder.path });
  await expect(build).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^Building the server [^\n]*\nBuilding needs the development packages: run `npm ci --include=dev`[^\n]*\n$/,
    ),
  });
});
