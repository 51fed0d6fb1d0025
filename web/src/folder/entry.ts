import type { ObjectEntry } from "@valetkey/client";
import { nameOf } from "../format/names.ts";

/** A row of a folder. The key of a folder ends with a slash. */
export type Entry = FolderEntry | FileEntry;

export interface FolderEntry {
  readonly kind: "folder";
  readonly bucket: string;
  readonly key: string;
  readonly name: string;
}

export interface FileEntry {
  readonly kind: "file";
  readonly bucket: string;
  readonly key: string;
  readonly name: string;
  readonly object: ObjectEntry;
}

export function toFolderEntry(bucket: string, key: string): FolderEntry {
  return { kind: "folder", bucket, key, name: nameOf(key) };
}

export function toFileEntry(object: ObjectEntry): FileEntry {
  return { kind: "file", bucket: object.bucket, key: object.key, name: nameOf(object.key), object };
}

/** `“cat.png”`, or `3 files and folders`. */
export function describeEntries(entries: readonly Entry[]): string {
  const [first] = entries;
  if (entries.length === 1 && first !== undefined) return `“${first.name}”`;
  const kinds = new Set(entries.map(({ kind }) => kind));
  const noun = kinds.size === 2 ? "files and folders" : kinds.has("folder") ? "folders" : "files";
  return `${entries.length} ${noun}`;
}
