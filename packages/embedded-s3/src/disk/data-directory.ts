import { randomBytes } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { StoreStartError } from "../store-start-error.ts";
import { isMissing, readJson, writeJson } from "./json-files.ts";

/** The store's long-lived secrets. They are kept, so that credentials and URLs survive a restart. */
export interface StoreKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** 32 bytes, base64: seals session tokens. */
  readonly tokenKey: string;
}

export interface DataDirectory {
  readonly blobs: string;
  readonly buckets: string;
  readonly keys: StoreKeys;
  /** True when nothing was there before. */
  readonly isNew: boolean;
  release(): Promise<void>;
}

/** Two stores of one process on one directory: their process id would tell them nothing. */
const heldHere = new Set<string>();

/**
 * Takes a directory for one store alone, and makes it if it is not there.
 * @throws {StoreStartError} when another store that lives has it
 */
export async function openDataDirectory(path: string): Promise<DataDirectory> {
  const directory = resolve(path);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const lock = join(directory, "lock");
  await takeLock(directory, lock);
  try {
    const stored = await readJson<StoreKeys>(join(directory, "keys.json"));
    const keys = stored ?? newKeys();
    if (stored === undefined) await writeJson(join(directory, "keys.json"), keys);
    return {
      blobs: join(directory, "blobs"),
      buckets: join(directory, "buckets"),
      keys,
      isNew: stored === undefined,
      release: () => releaseLock(directory, lock),
    };
  } catch (error) {
    await releaseLock(directory, lock);
    throw error;
  }
}

async function takeLock(directory: string, lock: string): Promise<void> {
  if (heldHere.has(directory)) throw inUse(process.pid);
  const holder = await readHolder(lock);
  if (holder !== undefined) {
    if (isAlive(holder)) throw inUse(holder);
    await rm(lock, { force: true });
  }
  try {
    await writeFile(lock, `${process.pid}\n`, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") throw inUse(undefined);
    throw error;
  }
  heldHere.add(directory);
}

async function releaseLock(directory: string, lock: string): Promise<void> {
  await rm(lock, { force: true });
  heldHere.delete(directory);
}

function inUse(pid: number | undefined): StoreStartError {
  const holder = pid === undefined ? "another process" : `process ${pid}`;
  return new StoreStartError(
    "directory",
    `in use by ${holder}; takes a folder of its own (if nothing uses it, delete the file "lock" in it)`,
  );
}

async function readHolder(lock: string): Promise<number | undefined> {
  try {
    return Number(await readFile(lock, "utf8"));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  // Our own id in a lock that we do not hold: an earlier life, as containers have it.
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function newKeys(): StoreKeys {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const suffix = Array.from(randomBytes(16), (byte) => letters[byte % letters.length]).join("");
  return {
    accessKeyId: `AKIA${suffix}`,
    secretAccessKey: randomBytes(30).toString("base64"),
    tokenKey: randomBytes(32).toString("base64"),
  };
}
