import type { ValetKey } from "@valetkey/client";
import type { JobControl } from "../activity/jobs.ts";
import { hasCode } from "../errors/explain.ts";
import type { Entry } from "../folder/entry.ts";
import { count } from "../format/quantities.ts";
import { filesBelow } from "./files-below.ts";
import { forEachConcurrently } from "./for-each-concurrently.ts";

const maxConcurrent = 4;

export interface Transfer {
  readonly kind: "copy" | "move";
  readonly entries: readonly Entry[];
  readonly bucket: string;
  /** The folder to copy or move to. */
  readonly prefix: string;
  /** The new name, if there is one entry. */
  readonly name?: string;
  /** Whether files that exist there are replaced. Otherwise they stay, and the originals too. */
  readonly overwrite: boolean;
}

/** Copies or moves files, and folders with everything in them. Returns what to tell the user. */
export async function transfer(client: ValetKey, task: Transfer, control: JobControl): Promise<string> {
  const { kind, entries, bucket, prefix, name, overwrite } = task;
  const verb = kind === "copy" ? "copied" : "moved";
  let done = 0;
  let skipped = 0;
  await forEachConcurrently(filesBelow(client, entries, control.signal), maxConcurrent, async (file) => {
    control.signal.throwIfAborted();
    const path = name === undefined ? file.path : name + file.path.replace(/^[^/]*/, "");
    const to = { bucket, key: prefix + path };
    const isItself = to.bucket === file.ref.bucket && to.key === file.ref.key;
    if (isItself || !(await wasStored(client[kind](file.ref, to, { overwrite })))) skipped += 1;
    else done += 1;
    control.report(`${count(done, "file")} ${verb}`);
  });
  const rest =
    skipped === 0
      ? ""
      : ` ${count(skipped, "file")} ${skipped === 1 ? "was" : "were"} left out, because the name is taken.`;
  return `${count(done, "file")} ${done === 1 ? "was" : "were"} ${verb}.${rest}`;
}

/** Whether the copy was stored. It was not if the name is taken and may not be replaced. */
async function wasStored(copying: Promise<unknown>): Promise<boolean> {
  try {
    await copying;
    return true;
  } catch (thrown) {
    if (hasCode(thrown, "OBJECT_EXISTS")) return false;
    throw thrown;
  }
}
