import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Creates a folder and its parents unless they exist. Node's own `recursive` never returns below /proc, and reports
 * ENOENT where the file system is read-only.
 */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await makeOne(path);
  } catch (error) {
    const parent = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || parent === path) throw error;
    await makeDirectory(parent);
    await makeOne(path);
  }
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    if ((await stat(path)).isDirectory()) return;
    const notDirectory = new Error(`ENOTDIR: not a directory, mkdir '${path}'`);
    throw Object.assign(notDirectory, { code: "ENOTDIR", syscall: "mkdir" });
  }
}
