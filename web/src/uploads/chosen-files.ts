/** A file with its path below what the user chose, such as `photos/2026/cat.png`. */
export interface ChosenFile {
  readonly file: File;
  readonly path: string;
}

export const maxChosenFiles = 10_000;

export function fromInput(files: FileList): ChosenFile[] {
  return [...files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}

/** Reads dropped files, and dropped folders with everything in them. Call it before the drop event ends. */
export async function fromDrop({ items }: DataTransfer): Promise<ChosenFile[]> {
  // The items are gone when the event has ended.
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const chosen: ChosenFile[] = [];
  for (const entry of entries) await collect(entry, chosen);
  return chosen;
}

async function collect(entry: FileSystemEntry, chosen: ChosenFile[]): Promise<void> {
  // One more than allowed shows that there are too many.
  if (chosen.length > maxChosenFiles) return;
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    chosen.push({ file, path: entry.fullPath.replace(/^\//, "") });
  } else if (isDirectory(entry)) {
    for (const child of await readDirectory(entry)) await collect(child, chosen);
  }
}

/** A reader returns the entries in pages, and an empty page at the end. */
async function readDirectory(directory: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = directory.createReader();
  const entries: FileSystemEntry[] = [];
  for (;;) {
    const page = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (page.length === 0 || entries.length > maxChosenFiles) return entries;
    entries.push(...page);
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isDirectory(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
