import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** npm test asks for nothing but Node, and the reader of the documents has a shell with curl. */
export const hasCurl = hasCommand("curl");
export const hasOpenssl = hasCommand("openssl");
export const hasNginx = hasCommand("nginx");
export const hasHAProxy = hasCommand("haproxy");

export function hasCommand(name: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${name}`]).status === 0;
}

/**
 * One shell, in a folder of its own (which is where `mktemp` makes others), for all blocks, as somebody pastes
 * them, with this server in the place of the documents' one. Returns what each block printed.
 */
export async function pasteIntoShell(blocks: readonly string[], serverUrl: string): Promise<string[]> {
  const cwd = await mkdtemp(join(tmpdir(), "valetkey-shell-"));
  const separator = "--- next block ---";
  const script = blocks
    .map((block) => block.replaceAll("http://127.0.0.1:4000", serverUrl))
    .join(`\necho; echo '${separator}'\n`);
  try {
    const { stdout } = await promisify(execFile)("sh", ["-e", "-c", script], {
      cwd,
      env: { ...process.env, TMPDIR: cwd },
    });
    return stdout.split(separator).map((output) => output.trim());
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}
