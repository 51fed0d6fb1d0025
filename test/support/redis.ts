import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { Redis } from "ioredis";
import { acceptsConnections, freePort } from "./ports.ts";
import { type Closable, makeTemporaryFolder, startTogether } from "./resources.ts";

export interface RedisServer extends Closable {
  /** `redis://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  /** Sees and changes everything. */
  readonly admin: Redis;
  /** Stops the process without ending it. Connections stay open, and nothing is answered. */
  pause(): void;
  resume(): void;
  /** Ends the process as `kill -9` does. */
  kill(): Promise<void>;
  /** Starts it again on the same port, empty. */
  restart(): Promise<void>;
}

/**
 * Runs Debian's redis-server on a free port, without saving anything.
 * @param parameters more of its settings, such as `--maxmemory 1mb`
 * @param sentinel the lines of a configuration of Sentinel, which the process is then
 */
export function startRedis(
  parameters: readonly string[] = [],
  sentinel: readonly string[] = [],
): Promise<RedisServer> {
  return startTogether(async (started) => {
    const folder = await started.use(makeTemporaryFolder("redis"));
    const port = await freePort();
    const settings = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder.path];
    settings.push("--pidfile", join(folder.path, "redis.pid"), ...parameters);
    if (sentinel.length > 0) {
      const file = join(folder.path, "sentinel.conf");
      await writeFile(file, sentinel.join("\n"));
      settings.unshift(file, "--sentinel");
    } else settings.push("--save", "");
    let child: ChildProcess | undefined;
    const start = async () => {
      const server = spawn("redis-server", settings, { stdio: ["ignore", "pipe", "inherit"] });
      child = server;
      const output = text(server.stdout);
      const failed = once(server, "exit").then(async () => {
        throw new Error(`redis-server has ended: ${await output}`);
      });
      failed.catch(() => {});
      await Promise.race([acceptsConnections(port), failed]);
    };
    const kill = async () => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    };
    await start();
    started.defer(kill);
    const admin = new Redis({ port, host: "127.0.0.1", retryStrategy: () => 100 });
    // It connects again after the server was killed.
    admin.on("error", () => {});
    started.defer(() => admin.disconnect());
    return {
      url: `redis://127.0.0.1:${port}`,
      port,
      admin,
      pause: () => void child?.kill("SIGSTOP"),
      resume: () => void child?.kill("SIGCONT"),
      kill,
      restart: start,
    };
  });
}
