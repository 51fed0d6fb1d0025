import { randomBytes } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isMissing, listDirectory } from "./list-directory.ts";

const temporarySuffix = ".tmp";

/** Writes atomically: readers see the old value or the new one, even after a crash. */
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

/** Thrown for a file whose content is not what writeJson wrote, for example after a failure of the disk. */
export class DamagedFile extends Error {
  override readonly name = "DamagedFile";
  readonly path: string;

  constructor(path: string, cause?: unknown) {
    super(`${JSON.stringify(path)} is damaged`, { cause });
    this.path = path;
  }
}

/** The properties without which a value cannot be used, and their types. */
export type Shape = Readonly<Record<string, "string" | "number" | "object">>;

/**
 * The value that writeJson wrote; undefined if there is no such file.
 * @throws {DamagedFile}
 */
export async function readJson<Value>(path: string, shape: Shape): Promise<Value | undefined> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const value = parse(path, text);
  const hasShape = Object.entries(shape).every(([name, type]) => typeof value[name] === type);
  if (!hasShape) throw new DamagedFile(path);
  return value as Value;
}

function parse(path: string, text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text));
  } catch (error) {
    throw new DamagedFile(path, error);
  }
}

/** Receives each damaged file; loading continues without its content. */
export type OnDamaged = (file: DamagedFile) => void;

/** As readJson, but a damaged file is reported and its value is undefined. */
export async function readJsonOrReport<Value>(
  path: string,
  shape: Shape,
  onDamaged: OnDamaged,
): Promise<Value | "damaged" | undefined> {
  try {
    return await readJson<Value>(path, shape);
  } catch (error) {
    if (!(error instanceof DamagedFile)) throw error;
    onDamaged(error);
    return "damaged";
  }
}

/** Reads every value of a folder, and removes the temporary files that a crash left behind. */
export async function readJsonDirectory<Value>(
  directory: string,
  shape: Shape,
  onDamaged: OnDamaged,
): Promise<Value[]> {
  const values: Value[] = [];
  for (const name of await listDirectory(directory)) {
    const path = join(directory, name);
    if (name.endsWith(temporarySuffix)) {
      await rm(path, { force: true });
      continue;
    }
    const value = await readJsonOrReport<Value>(path, shape, onDamaged);
    if (value !== undefined && value !== "damaged") values.push(value);
  }
  return values;
}
