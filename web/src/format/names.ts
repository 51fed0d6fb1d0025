/** The last segment of a key, or of a folder's key that ends with a slash. */
export function nameOf(key: string): string {
  const end = key.endsWith("/") ? key.length - 1 : key.length;
  return key.slice(key.lastIndexOf("/", end - 1) + 1, end);
}

/** The folder that a key is in, with its slash at the end. */
export function folderOf(key: string): string {
  return key.slice(0, key.length - nameOf(key).length - (key.endsWith("/") ? 1 : 0));
}

/** `cat (2).png` for `cat.png`. */
export function numberedName(name: string, number: number): string {
  const dot = name.lastIndexOf(".");
  const end = dot > 0 ? dot : name.length;
  return `${name.slice(0, end)} (${number})${name.slice(end)}`;
}
