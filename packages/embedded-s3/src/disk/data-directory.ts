import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { StoreStartError } from "../core/store-start-error.ts";
import { DamagedFile, readJson, writeJson } from "./json-files.ts";
import { lockFile, takeLock } from "./lock.ts";
import { makeDirectory } from "./make-directory.ts";

/** The store's long-lived secrets. They are kept, so that credentials and URLs survive a restart. */
export interface StoreKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** 32 bytes in base64, which encrypt session tokens. */
  readonly tokenKey: string;
}

export interface DataDirectory {
  readonly blobs: string;
  readonly buckets: string;
  readonly keys: StoreKeys;
  release(): Promise<void>;
}

/** Marks a folder as the store's own. */
const keysFile = "keys.json";
const keysShape = { accessKeyId: "string", secretAccessKey: "string", tokenKey: "string" } as const;

/**
 * Takes a folder for one store, and creates it if it does not exist.
 * @throws {StoreStartError} when another running store uses it, or it holds files that are not the store's
 */
export async function openDataDirectory(path: string): Promise<DataDirectory> {
  const directory = resolve(path);
  await makeDirectory(directory);
  await assertOwnFolder(directory);
  const release = await takeLock(directory);
  try {
    const stored = await readKeys(directory);
    const keys = stored ?? newKeys();
    if (stored === undefined) await writeJson(join(directory, keysFile), keys);
    return {
      blobs: join(directory, "blobs"),
      buckets: join(directory, "buckets"),
      keys,
      release,
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** At its start the store deletes what it does not know, so it only uses a folder that it made or that is empty. */
async function assertOwnFolder(directory: string): Promise<void> {
  const names = await readdir(directory);
  if (names.includes(keysFile)) return;
  const foreign = names.find((name) => name !== lockFile && !name.startsWith(`${keysFile}.`));
  if (foreign === undefined) return;
  throw new StoreStartError(
    "directory",
    `holds ${JSON.stringify(foreign)}, which the store did not make; takes an empty folder, or one that the store has used before`,
  );
}

async function readKeys(directory: string): Promise<StoreKeys | undefined> {
  try {
    return await readJson<StoreKeys>(join(directory, keysFile), keysShape);
  } catch (error) {
    if (!(error instanceof DamagedFile)) throw error;
    throw new StoreStartError(
      "directory",
      `cannot be used: ${error.message}; restore that file, or delete the folder to start with an empty store`,
      error,
    );
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
