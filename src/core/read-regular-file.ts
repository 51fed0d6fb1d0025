import { readFile, stat } from "node:fs/promises";

/** A file that cannot be read. `message` is the reason: the system's code, or what the file is instead. */
export class UnreadableFileError extends Error {
  override readonly name = "UnreadableFileError";
}

/**
 * Reads a text file of a limited size.
 * @returns undefined for a file with more bytes
 * @throws {UnreadableFileError}
 */
export async function readRegularFile(path: string, maxBytes: number): Promise<string | undefined> {
  try {
    // A pipe or a device could be read forever.
    const stats = await stat(path);
    if (!stats.isFile()) throw new UnreadableFileError("not a regular file");
    return stats.size > maxBytes ? undefined : await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof UnreadableFileError) throw cause;
    throw new UnreadableFileError((cause as NodeJS.ErrnoException).code ?? String(cause), { cause });
  }
}
