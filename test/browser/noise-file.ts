import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { noise } from "../support/noise.ts";

const pieceBytes = 2 ** 20;

/** Writes a file whose pieces all differ, a piece at a time. */
export async function writeNoiseFile(
  folder: string,
  name: string,
  bytes: number,
): Promise<{ readonly path: string; readonly sha256: string }> {
  const path = join(folder, name);
  const hash = createHash("sha256");
  const file = await open(path, "w");
  try {
    for (let at = 0; at < bytes; at += pieceBytes) {
      const piece = noise(Math.min(pieceBytes, bytes - at), at);
      hash.update(piece);
      await file.write(piece);
    }
  } finally {
    await file.close();
  }
  return { path, sha256: hash.digest("hex") };
}
