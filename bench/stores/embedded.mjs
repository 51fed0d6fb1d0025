import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** The project's own store in a process of its own: in the server's it would take the server's time. */
export async function startEmbedded() {
  const directory = await mkdtemp(join(tmpdir(), "valetkey-bench-store-"));
  const program = join(import.meta.dirname, "embedded-program.mjs");
  const child = spawn(process.execPath, [program, directory], { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = await Promise.race([
    once(createInterface(child.stdout), "line"),
    once(child, "exit").then(() => Promise.reject(new Error("The embedded store did not start."))),
  ]);
  return {
    ...JSON.parse(line),
    async stop() {
      const ended = once(child, "exit");
      child.stdin.end();
      await ended;
      await rm(directory, { recursive: true, force: true });
    },
  };
}
