/** What the page shows: a folder, and the details of a file in it if there is a `file`. */
export interface Address {
  readonly bucket: string;
  /** Empty, or the key of a folder with its slash at the end. */
  readonly prefix: string;
  /** The key of a file. */
  readonly file?: string;
}

/** Reads `#/bucket/folder/` and `#/bucket/folder/file`. */
export function parseAddress(hash: string): Address | undefined {
  const [start, bucket = "", ...segments] = hash.split("/").map(decodeSegment);
  if (start !== "#" || bucket === "") return undefined;
  const key = segments.join("/");
  const prefix = key.slice(0, key.lastIndexOf("/") + 1);
  return key === prefix ? { bucket, prefix } : { bucket, prefix, file: key };
}

export function formatAddress({ bucket, prefix, file }: Address): string {
  return `#/${[bucket, ...(file ?? prefix).split("/")].map(encodeURIComponent).join("/")}`;
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
