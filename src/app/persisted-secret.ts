import { randomBytes } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

const fileName = "server-secret";

/**
 * The secret that is kept in the embedded store's folder, so that upload ids survive a restart. It is created at the
 * first call. Only the process that has the store open may call this.
 * @throws {Error} when the file does not hold a secret
 */
export async function readPersistedSecret(dataDirectory: string): Promise<string> {
  const path = join(dataDirectory, fileName);
  const kept = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (kept === undefined) return await createSecret(path);
  if (/^[0-9a-f]{64}$/.test(kept)) return kept;
  throw new Error(
    `${JSON.stringify(path)} is damaged; delete it. Uploads that were begun before cannot be continued then`,
  );
}

async function createSecret(path: string): Promise<string> {
  const secret = randomBytes(32).toString("hex");
  const temporary = `${path}.tmp`;
  await writeFile(temporary, secret, { mode: 0o600 });
  await rename(temporary, path);
  return secret;
}
