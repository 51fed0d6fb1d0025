import { randomBytes } from "node:crypto";
import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

const temporarySuffix = ".tmp";

/** Whoever reads the file sees the old value or the new one, also after a crash. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}${temporarySuffix}`;
  try {
    await writeFile(temporary, JSON.stringify(value), { mode: 0o600 });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** The value that writeJson wrote; undefined where there is no such file. */
export async function readJson<Value>(path: string): Promise<Value | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Value;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Every value of a directory; what a crash left half written is removed. */
export async function readJsonDirectory<Value>(directory: string): Promise<Value[]> {
  const values: Value[] = [];
  for (const name of await namesIn(directory)) {
    const path = join(directory, name);
    if (name.endsWith(temporarySuffix)) {
      await rm(path, { force: true });
      continue;
    }
    const value = await readJson<Value>(path);
    if (value !== undefined) values.push(value);
  }
  return values;
}

/** Names in a directory; none where there is no such directory. */
export async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
