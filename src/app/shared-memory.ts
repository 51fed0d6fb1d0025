import type { Logger } from "pino";
import { Counter, Gauge } from "prom-client";
import type { Metrics } from "../core/metrics.ts";
import { noSharedMemory, type SharedMemory } from "../core/shared-memory.ts";
import { RedisConnection } from "../redis/redis-connection.ts";
import { RedisSharedMemory } from "../redis/redis-shared-memory.ts";
import type { RedisAddress } from "../redis/redis-url.ts";
import { SealedEntries } from "../redis/sealed-entries.ts";
import type { Config } from "./config/config.ts";
import { ConfigError } from "./config/config-error.ts";

export interface OpenSharedMemory {
  readonly memory: SharedMemory;
  close(): void;
}

/**
 * Connects to Redis in the background, if one is configured. A Redis that does not work does not stop the start.
 * @throws {ConfigError} if the file with the certificate authorities cannot be read
 */
export async function openSharedMemory(
  { redis: address, secrets, nameOf }: Config,
  metrics: Pick<Metrics, "registry">,
  log: Logger,
): Promise<OpenSharedMemory> {
  if (address === undefined) return { memory: noSharedMemory, close: () => {} };
  if (secrets === undefined) throw new ConfigError(`${nameOf("VALETKEY_SECRET")}: missing`);
  try {
    const connection = await RedisConnection.open({ address, metrics: redisMetrics(metrics), log });
    return {
      memory: new RedisSharedMemory(connection, new SealedEntries(secrets)),
      close: () => connection.close(),
    };
  } catch (cause) {
    throw caFileFault(address, nameOf("VALETKEY_REDIS_URL"), cause);
  }
}

/** Only servers with a Redis have these metrics. */
function redisMetrics({ registry }: Pick<Metrics, "registry">) {
  const registers = [registry];
  return {
    commands: new Counter({
      name: "valetkey_redis_commands_total",
      help: "Commands for Redis by outcome: ok, error, timeout, and skipped while Redis does not work.",
      labelNames: ["outcome"],
      registers,
    }),
    up: new Gauge({
      name: "valetkey_redis_up",
      help: "1 while Redis is used, 0 while it does not work.",
      aggregator: "min",
      registers,
    }),
  };
}

function caFileFault({ caFile }: RedisAddress, setting: string, cause: unknown): unknown {
  const { code } = cause as NodeJS.ErrnoException;
  if (caFile === undefined || code === undefined) return cause;
  const message = `its ca names ${JSON.stringify(caFile)}, which cannot be read (${code}); takes the path of a PEM file`;
  return new ConfigError(`${setting}: ${message}`, { cause });
}
