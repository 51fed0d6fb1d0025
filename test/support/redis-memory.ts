import { Counter, Gauge, Registry } from "prom-client";
import { expect } from "vitest";
import { RedisConnection } from "../../src/redis/redis-connection.ts";
import { RedisSharedMemory } from "../../src/redis/redis-shared-memory.ts";
import { parseRedisUrl } from "../../src/redis/redis-url.ts";
import { SealedEntries } from "../../src/redis/sealed-entries.ts";
import { startTogether } from "./resources.ts";

export const secretOfTests = "a secret of the tests that is longer than 32 bytes";

/** Connects as a replica does. */
export function connectToRedis(url: string, secrets: readonly string[] = [secretOfTests]) {
  return startTogether(async (started) => {
    const address = parseRedisUrl(url);
    if (address === undefined) throw new Error("The URL is not valid.");
    const registers = [new Registry()];
    const commands = new Counter({ name: "commands", help: "of a test", labelNames: ["outcome"], registers });
    const up = new Gauge({ name: "up", help: "of a test", registers });
    const lines: string[] = [];
    const write = (...args: unknown[]) => void lines.push(String(args.at(-1)));
    const log = { info: write, warn: write };
    const connection = await RedisConnection.open({ address, metrics: { commands, up }, log });
    started.defer(() => connection.close());
    const memory = new RedisSharedMemory(connection, new SealedEntries(secrets));
    return {
      connection,
      memory,
      lines,
      commands,
      up,
      isUp: () => expect.poll(() => connection.isUp).toBe(true),
      /** Reads until enough reads have failed. */
      async failUntilDown() {
        while (connection.isUp) await memory.read("session", "x");
      },
    };
  });
}
