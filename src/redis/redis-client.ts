import { readFile } from "node:fs/promises";
import type { ConnectionOptions } from "node:tls";
import type { ClusterOptions, RedisOptions } from "ioredis";
import type { RedisAddress } from "./redis-url.ts";

/** How long a step of connecting may take. RedisConnection has a shorter time limit for commands. */
const connectTimeoutMs = 2_000;

/** The commands that are sent to Redis. */
export interface RedisClient {
  getrange(key: string, start: number, end: number): Promise<Buffer>;
  set(key: string, value: string | Buffer, ttlMs: number): Promise<void>;
  /** @returns whether the key did not exist */
  setIfAbsent(key: string, value: string, ttlMs: number): Promise<boolean>;
  /** Runs a script with one key. */
  script(script: RedisScript, key: string, parameters: readonly (string | number)[]): Promise<unknown>;
  /** Any other command without a key. */
  call(command: string, ...parameters: readonly string[]): Promise<unknown>;
  /** Drops the connection with everything that waits on it, and connects again. */
  reconnect(): void;
  close(): void;
}

/** The scripts of Lua. Each of them does what has to be done in one step. */
export const redisScripts = {
  renew: `if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("pexpire", KEYS[1], ARGV[2]) end return 0`,
  release: `if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end return 0`,
  count: `local count = redis.call("incr", KEYS[1])
local left = redis.call("pttl", KEYS[1])
if left < 0 then redis.call("pexpire", KEYS[1], ARGV[1]) left = tonumber(ARGV[1]) end
return {count, left}`,
} as const;
export type RedisScript = keyof typeof redisScripts;

export interface RedisClientEvents {
  /** The connection is ready, or another one after it. */
  readonly onReady?: () => void;
  readonly onClose?: () => void;
  readonly onError?: (error: Error) => void;
}

/**
 * Connects in the background. Nothing is queued while there is no connection: commands then fail at once.
 * @throws {Error} if the file with the authorities cannot be read
 */
export async function createRedisClient(
  address: RedisAddress,
  { onReady = () => {}, onClose = () => {}, onError = () => {} }: RedisClientEvents = {},
): Promise<RedisClient> {
  // Loaded only by servers that use Redis.
  const { Cluster, Redis } = await import("ioredis");
  const options = connectionOptions(address, await tlsOptions(address));
  const client =
    address.kind === "cluster"
      ? new Cluster([...address.hosts], clusterOptions(options, address))
      : new Redis({ ...options, ...endpointOptions(address, options.tls) });
  client.on("ready", onReady);
  client.on("close", onClose);
  // Without a listener, ioredis would write errors to the console.
  client.on("error", onError);
  for (const [name, lua] of Object.entries(redisScripts)) {
    client.defineCommand(name, { numberOfKeys: 1, lua });
  }
  const scripts = client as unknown as Record<RedisScript, (...args: unknown[]) => Promise<unknown>>;
  return {
    getrange: (key, start, end) => client.getrangeBuffer(key, start, end),
    async set(key, value, ttlMs) {
      await client.set(key, value, "PX", ttlMs);
    },
    setIfAbsent: async (key, value, ttlMs) => (await client.set(key, value, "PX", ttlMs, "NX")) !== null,
    script: (script, key, parameters) => scripts[script](key, ...parameters),
    call: (command, ...parameters) => client.call(command, ...parameters),
    reconnect: () => client.disconnect(true),
    close: () => client.disconnect(),
  };
}

async function tlsOptions({ tls, caFile }: RedisAddress): Promise<ConnectionOptions | undefined> {
  if (!tls) return undefined;
  return caFile === undefined ? {} : { ca: await readFile(caFile) };
}

function connectionOptions(
  { username, password, database }: RedisAddress,
  tls: ConnectionOptions | undefined,
) {
  return {
    username,
    password,
    db: database,
    ...(tls === undefined ? {} : { tls }),
    connectTimeout: connectTimeoutMs,
    disconnectTimeout: 500,
    commandTimeout: connectTimeoutMs,
    retryStrategy: pauseBeforeConnecting,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // Both need more commands than an ACL has to allow. RedisConnection checks the server itself.
    enableReadyCheck: false,
    disableClientInfo: true,
    // After a failover, this connection may still lead to the server that was the master before.
    reconnectOnError: ({ message }) => message.startsWith("READONLY"),
  } satisfies RedisOptions;
}

function endpointOptions(address: RedisAddress, tls: ConnectionOptions | undefined) {
  const { kind, hosts, master, sentinelUsername, sentinelPassword } = address;
  if (kind === "server") return { ...hosts[0] };
  return {
    sentinels: [...hosts],
    name: master,
    sentinelUsername,
    sentinelPassword,
    sentinelCommandTimeout: connectTimeoutMs,
    sentinelRetryStrategy: pauseBeforeConnecting,
    ...(tls === undefined ? {} : { enableTLSForSentinelMode: true, sentinelTLS: tls }),
  } satisfies RedisOptions;
}

function clusterOptions(options: ReturnType<typeof connectionOptions>, { tls }: RedisAddress) {
  const { retryStrategy: _, enableOfflineQueue: _offline, ...redisOptions } = options;
  return {
    redisOptions,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    clusterRetryStrategy: pauseBeforeConnecting,
    slotsRefreshTimeout: connectTimeoutMs,
    slotsRefreshInterval: 30_000,
    maxRedirections: 4,
    // Certificates name hosts, so their names must not be replaced by addresses.
    ...(tls ? { dnsLookup: (host, done) => done(null, host) } : {}),
  } satisfies ClusterOptions;
}

/** Grows from 0.1 s to 2 s. */
function pauseBeforeConnecting(attempt: number): number {
  return Math.min(100 * 2 ** Math.min(attempt - 1, 10), 2_000) * (0.75 + Math.random() / 2);
}
