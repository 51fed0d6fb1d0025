import type { ObjectRef, ValetKey } from "@valetkey/client";
import type { Entry } from "../folder/entry.ts";

export interface FoundFile {
  readonly ref: ObjectRef;
  readonly size: number;
  /** The path below the folder that the entry is in, such as `photos/cat.png`. */
  readonly path: string;
}

/** The files among these entries, and all files in the folders among them. */
export async function* filesBelow(
  client: ValetKey,
  entries: readonly Entry[],
  signal?: AbortSignal,
): AsyncGenerator<FoundFile> {
  for (const entry of entries) {
    const { bucket, key, name } = entry;
    if (entry.kind === "file") {
      yield { ref: { bucket, key }, size: entry.object.size, path: name };
      continue;
    }
    for await (const object of client.list({ bucket, prefix: key })) {
      signal?.throwIfAborted();
      yield {
        ref: { bucket, key: object.key },
        size: object.size,
        path: name + object.key.slice(key.length - 1),
      };
    }
  }
}

/** Counts the files, but not beyond a limit. */
export async function countFiles(
  client: ValetKey,
  entries: readonly Entry[],
  limit: number,
  signal: AbortSignal,
): Promise<number> {
  let number = 0;
  for await (const _ of filesBelow(client, entries, signal)) {
    number += 1;
    if (number >= limit) break;
  }
  return number;
}
