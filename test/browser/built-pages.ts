import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";

const root = resolve(import.meta.dirname, "../..");

/** Builds the web pages into dist/, as `npm start` does: only what is out of date. */
export async function buildPagesIfStale(): Promise<void> {
  await promisify(execFile)(process.execPath, ["scripts/build.mjs", "--if-stale"], { cwd: root });
}
