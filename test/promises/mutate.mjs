// npm run promises:mutate -- [NUMBER …]: breaks one line that a promise depends on at a time, in a copy of the project, and
// shows that the test of the promise fails. Ends with 1 if a test passes although the line is broken.
import { spawnSync } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { mutations } from "./mutations.mjs";

const root = join(import.meta.dirname, "../..");
const { positionals } = parseArgs({ allowPositionals: true });
const isWanted = ({ promise }) => positionals.length === 0 || positionals.includes(promise);
/** A mutated server may wait for something that never happens. */
const testTimeoutMs = 90_000;

const folder = await mkdtemp(join(tmpdir(), "valetkey-mutated-"));
try {
  await copyProject();
  for (const mutation of mutations.filter(isWanted)) await show(mutation);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function copyProject() {
  const tracked = spawnSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" }).stdout.split("\0");
  const folders = ["src/", "test/", "packages/", "scripts/", "web/"];
  const isNeeded = (path) => folders.some((each) => path.startsWith(each)) || !dirname(path).includes("/");
  for (const path of tracked.filter((each) => each !== "" && isNeeded(each)))
    await cp(join(root, path), join(folder, path), { force: true });
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
}

async function show({ promise, file, replace, by, what }) {
  const path = join(folder, file);
  const source = await readFile(path, "utf8");
  if (source.split(replace).length !== 2)
    throw new Error(`${file} has to have this text exactly once: ${replace}`);
  await writeFile(
    path,
    source.replace(replace, () => by),
  );
  const { status } = spawnSync(
    process.execPath,
    [
      join(root, "node_modules/vitest/vitest.mjs"),
      ...["run", "--project", "promises", "--bail=1", `--testTimeout=${testTimeoutMs}`],
      `test/promises/${promise}-`,
    ],
    { cwd: folder, stdio: "ignore" },
  );
  await writeFile(path, source);
  const isFound = status !== 0;
  console.log(`${isFound ? "fails, as it should" : "PASSES"}: promise ${promise} when ${what} (${file})`);
  if (!isFound) process.exitCode = 1;
}
