import type { ObjectRef, ValetKey, ValetKeyError } from "@valetkey/client";
import type { JobControl } from "../activity/jobs.ts";
import type { Entry } from "../folder/entry.ts";
import { count } from "../format/quantities.ts";

export interface Removed {
  /** What to tell the user. */
  readonly text: string;
  /** The delete markers that hide the files, in a bucket with versioning. */
  readonly markers: readonly ObjectRef[];
}

/** Deletes files, and folders with everything in them. */
export async function remove(
  client: ValetKey,
  entries: readonly Entry[],
  { signal, report }: JobControl,
): Promise<Removed> {
  let removed = 0;
  const failed: ValetKeyError[] = [];
  const markers: ObjectRef[] = [];
  const files = entries.filter(({ kind }) => kind === "file").map(({ bucket, key }) => ({ bucket, key }));
  const folders = entries
    .filter(({ kind }) => kind === "folder")
    .map(({ bucket, key }) => ({ bucket, prefix: key }));
  for (const part of [...(files.length > 0 ? [files] : []), ...folders]) {
    signal.throwIfAborted();
    const result = await client.remove(part);
    removed += result.removed;
    failed.push(...result.failed);
    for (const marker of result.markers ?? []) markers.push(marker);
    report(`${count(removed, "file")} deleted`);
  }
  const [first] = failed;
  if (first !== undefined) throw first;
  return { text: `${count(removed, "file")} ${removed === 1 ? "was" : "were"} deleted.`, markers };
}

/** Brings deleted files back. Returns what to tell the user. */
export async function restore(client: ValetKey, markers: readonly ObjectRef[]): Promise<string> {
  const { removed, failed } = await client.remove(markers);
  const [first] = failed;
  if (first !== undefined) throw first;
  return `${count(removed, "file")} ${removed === 1 ? "is" : "are"} back.`;
}
