import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { StoreStartError } from "../core/store-start-error.ts";

/**
 * The names in a folder of the store; none if the folder does not exist. The store never makes symbolic links, and
 * following one could lead it to delete files outside its folder.
 * @throws {StoreStartError} when the folder or an entry of it is a symbolic link
 */
export async function listDirectory(directory: string): Promise<string[]> {
  try {
    if ((await lstat(directory)).isSymbolicLink()) throw symbolicLink(directory);
    const entries = await readdir(directory, { withFileTypes: true });
    const link = entries.find((entry) => entry.isSymbolicLink());
    if (link !== undefined) throw symbolicLink(join(directory, link.name));
    return entries.map(({ name }) => name);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function symbolicLink(path: string): StoreStartError {
  return new StoreStartError(
    "directory",
    `cannot be used: ${JSON.stringify(path)} is a symbolic link, which the store does not follow; remove the link`,
  );
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
