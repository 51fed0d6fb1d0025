import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { acceptsConnections } from "./ports.ts";
import type { Started } from "./resources.ts";

/**
 * Runs a proxy in the foreground until `started` is cleaned up. Resolves when the proxy accepts connections.
 * @throws {Error} with what the proxy has printed, if it ends before
 */
export async function runProxy(
  started: Started,
  [program, ...parameters]: readonly [string, ...string[]],
  port: number,
): Promise<void> {
  const child = spawn(program, parameters, { stdio: ["ignore", "ignore", "pipe"] });
  const errors = text(child.stderr);
  const exited = once(child, "exit");
  started.defer(async () => {
    child.kill("SIGTERM");
    await exited;
  });
  const failed = exited.then(async () => {
    throw new Error(`${program} has ended: ${await errors}`);
  });
  failed.catch(() => {});
  await Promise.race([acceptsConnections(port), failed]);
}
