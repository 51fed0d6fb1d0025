import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Kind, parse } from "graphql";

export interface ManifestEntry {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly body: string;
}

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** An entry of a manifest for the text of an operation, with the SHA-256 hash of the text as its id. */
export function manifestEntry(body: string): ManifestEntry {
  const operation = parse(body).definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError("The text has no operation.");
  return { id: sha256(body), name: operation.name?.value ?? "", type: operation.operation, body };
}

export const manifestText = (operations: readonly object[]): string =>
  JSON.stringify({ format: "apollo-persisted-query-manifest", version: 1, operations });

/** Writes a manifest into a folder and returns its path. */
export async function writeManifest(
  folder: string,
  operations: readonly object[],
  name = "operations.json",
): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, manifestText(operations));
  return path;
}
