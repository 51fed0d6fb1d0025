import type { ValetKey, ValetKeyError } from "@valetkey/client";
import type { JobControl } from "../activity/jobs.ts";
import type { Entry } from "../folder/entry.ts";
import { count } from "../format/quantities.ts";

/** Deletes files, and folders with everything in them. Returns what to tell the user. */
export async function remove(
  client: ValetKey,
  entries: readonly Entry[],
  { signal, report }: JobControl,
): Promise<string> {
  let removed = 0;
  const failed: ValetKeyError[] = [];
  const files = entries.filter(({ kind }) => kind === "file").map(({ bucket, key }) => ({ bucket, key }));
  const folders = entries
    .filter(({ kind }) => kind === "folder")
    .map(({ bucket, key }) => ({ bucket, prefix: key }));
  for (const part of [...(files.length > 0 ? [files] : []), ...folders]) {
    signal.throwIfAborted();
    const result = await client.remove(part);
    removed += result.removed;
    failed.push(...result.failed);
    report(`${count(removed, "file")} deleted`);
  }
  const [first] = failed;
  if (first !== undefined) throw first;
  return `${count(removed, "file")} ${removed === 1 ? "was" : "were"} deleted.`;
}
