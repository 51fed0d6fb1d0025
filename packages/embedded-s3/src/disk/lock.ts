import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { StoreStartError } from "../core/store-start-error.ts";
import { isMissing } from "./list-directory.ts";

export const lockFile = "lock";

/** The folders that stores of this process use. Their lock files all contain the same process id. */
const heldHere = new Set<string>();

/**
 * Takes a folder for one store. A lock whose process has ended does not count.
 * @returns a function that releases the folder
 * @throws {StoreStartError} when another running store uses it
 */
export async function takeLock(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, lockFile);
  if (heldHere.has(directory)) throw inUse(process.pid);
  const holder = await readHolder(path);
  if (holder !== undefined) {
    if (isAlive(holder)) throw inUse(holder);
    await rm(path, { force: true });
  }
  try {
    await writeFile(path, `${process.pid}\n`, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") throw inUse(undefined);
    throw error;
  }
  heldHere.add(directory);
  return async () => {
    await rm(path, { force: true });
    heldHere.delete(directory);
  };
}

function inUse(pid: number | undefined): StoreStartError {
  const holder = pid === undefined ? "another process" : `process ${pid}`;
  return new StoreStartError(
    "directory",
    `in use by ${holder}; takes a folder of its own (if nothing uses it, delete the file "${lockFile}" in it)`,
  );
}

async function readHolder(path: string): Promise<number | undefined> {
  try {
    return Number(await readFile(path, "utf8"));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  // In a container, each start can have the same process id. A lock with this id that this process does not hold is stale.
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
