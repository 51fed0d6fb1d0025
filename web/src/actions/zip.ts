import type { ValetKey } from "@valetkey/client";
import { downloadZip } from "client-zip";
import type { JobControl } from "../activity/jobs.ts";
import type { Entry } from "../folder/entry.ts";
import { count, formatBytes } from "../format/quantities.ts";
import { filesBelow } from "./files-below.ts";
import { saveUrl } from "./save-file.ts";

/** A browser that cannot write to a file collects the archive in memory. */
const maxBytesInMemory = 2 ** 30;

/** Writes the archive to the disk while it is made. Only some browsers can do it. */
export interface ZipTarget {
  createWritable(): Promise<WritableStream<Uint8Array>>;
}

type ZipPicker = (options: { suggestedName: string }) => Promise<ZipTarget>;

/** Asks where to save the archive. Has to be called from a click. */
export async function chooseZipTarget(suggestedName: string): Promise<ZipTarget | undefined> {
  const { showSaveFilePicker } = globalThis as { showSaveFilePicker?: ZipPicker };
  return showSaveFilePicker?.call(globalThis, { suggestedName });
}

/** Downloads files, and folders with everything in them, as one archive. Returns what to tell the user. */
export async function saveZip(
  client: ValetKey,
  entries: readonly Entry[],
  name: string,
  target: ZipTarget | undefined,
  control: JobControl,
): Promise<string> {
  let files = 0;
  let bytes = 0;
  async function* contents() {
    for await (const { ref, size, path } of filesBelow(client, entries, control.signal)) {
      if (ref.key.endsWith("/")) continue;
      bytes += size;
      if (target === undefined && bytes > maxBytesInMemory) throw new TooLargeForMemoryError();
      // The URL is signed when it is needed, so that it does not expire while other files are loaded.
      const { url } = await client.downloadUrl(ref, { verify: false });
      const response = await fetch(url, { signal: control.signal });
      if (!response.ok)
        throw new Error(`The store responded to “${path}” with HTTP status ${response.status}.`);
      yield { name: path, input: response, size };
      files += 1;
      control.report(`${count(files, "file")}, ${formatBytes(bytes)}`);
    }
  }
  const archive = downloadZip(contents());
  if (target !== undefined && archive.body !== null) {
    await archive.body.pipeTo(await target.createWritable(), { signal: control.signal });
  } else {
    const url = URL.createObjectURL(await archive.blob());
    saveUrl(url, name);
    // The browser has begun to save it by then.
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }
  return `${count(files, "file")} ${files === 1 ? "was" : "were"} saved in “${name}”.`;
}

class TooLargeForMemoryError extends Error {
  constructor() {
    super(
      `This browser collects the archive in memory, up to ${formatBytes(maxBytesInMemory)}. ` +
        "Select fewer files, or use Chrome or Edge, which write it to the disk.",
    );
  }
}
