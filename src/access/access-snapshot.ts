import type { KeyObject } from "node:crypto";
import { type AccessFile, type AccessFileOptions, parseAccessFile, readAccessText } from "./access-file.ts";
import { parseCdnKey, readCdnKey } from "./cdn-key.ts";

/** The access file and the key files that it names, as they were at one moment. It can be sent to another process. */
export interface AccessSnapshot {
  /** The name of the file in error messages. */
  readonly path: string;
  readonly text: string;
  /** The private keys in PEM, by the path of their file. */
  readonly keys: Readonly<Record<string, string>>;
}

/** @throws {AccessFileError} when the file cannot be used */
export async function readAccessSnapshot(
  path: string,
  options: AccessFileOptions,
): Promise<{ readonly file: AccessFile; readonly snapshot: AccessSnapshot }> {
  const text = await readAccessText(path);
  const keys: Record<string, string> = {};
  const readKey = (keyPath: string): KeyObject => {
    const key = readCdnKey(keyPath);
    keys[keyPath] = String(key.export({ type: "pkcs8", format: "pem" }));
    return key;
  };
  const file = parseAccessFile(text, path, { ...options, readKey });
  return { file, snapshot: { path, text, keys } };
}

/** Without warnings, because the process that has read the file has logged them. */
export function parseAccessSnapshot(
  { path, text, keys }: AccessSnapshot,
  options: AccessFileOptions,
): AccessFile {
  const readKey = (keyPath: string) => parseCdnKey(keys[keyPath] ?? "");
  return { ...parseAccessFile(text, path, { ...options, readKey }), warnings: [] };
}
