import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "../../app/config/config.ts";
import { isLoopbackHost } from "../../core/loopback.ts";
import {
  createRedisClient,
  type RedisClient,
  type RedisScript,
  redisScripts,
} from "../../redis/redis-client.ts";
import type { RedisAddress } from "../../redis/redis-url.ts";
import { keyPrefix } from "../../redis/sealed-entries.ts";
import type { Finding, Findings } from "./finding.ts";

const connectMs = 3_000;
const pollMs = 50;
const means = "The server works without Redis, but its replicas share nothing.";
const scratchKey = `${keyPrefix}doctor`;

/** Whether Redis can be reached, lets the server do what it does, and is set up as a cache. */
export async function* checkRedis({ redis: address, nameOf }: Config): Findings {
  if (address === undefined) return;
  const setting = nameOf("VALETKEY_REDIS_URL");
  const common = {
    check: "redis",
    subject: address.hosts.map(({ host, port }) => `${host}:${port}`).join(","),
  };
  let lastError: Error | undefined;
  let client: RedisClient;
  try {
    client = await createRedisClient(address, {
      onError: (error) => {
        lastError = error;
      },
    });
  } catch (error) {
    yield { ...common, verdict: "fault", saw: (error as Error).message, mend: `mend ca in ${setting}.` };
    return;
  }
  try {
    const fault = await faultOfWriting(client);
    if (fault !== undefined) {
      const mend = `mend ${setting}, or what it names. docs/guides/replicas.md describes it.`;
      const saw = `Redis cannot be used: ${(lastError ?? fault).message}`;
      yield { ...common, verdict: "fault", saw, means, mend };
      return;
    }
    for (const finding of await findingsOf(client, address)) yield { ...common, ...finding };
  } finally {
    client.close();
  }
}

type Details = Omit<Finding, "check" | "subject">;

/** Tries again until there is a connection. */
async function faultOfWriting(client: RedisClient): Promise<Error | undefined> {
  const endsAtMs = performance.now() + connectMs;
  for (;;) {
    try {
      await client.set(scratchKey, "1", 10_000);
      return undefined;
    } catch (error) {
      // A response of Redis does not change by waiting. Without a connection there is none.
      const isResponse = (error as Error).name === "ReplyError";
      if (isResponse || performance.now() > endsAtMs) return error as Error;
      await sleep(pollMs);
    }
  }
}

async function findingsOf(client: RedisClient, address: RedisAddress): Promise<Details[]> {
  const findings: Details[] = [];
  const refused = await refusedCommands(client);
  if (refused.length > 0) {
    const mend = "give its user the permissions that docs/guides/replicas.md lists.";
    findings.push({ verdict: "fault", saw: `Redis refuses ${refused.join("; ")}.`, means, mend });
  }
  const info = await client.call("info").then(parseInfo, () => undefined);
  if (info === undefined) {
    const saw =
      "Redis works. Its version and its settings are not known, because its user may not call INFO.";
    findings.push({ verdict: "unknown", saw });
  } else {
    const name = info.get("server_name") ?? "redis";
    const version = info.get("valkey_version") ?? info.get("redis_version") ?? "unknown";
    findings.push({ verdict: "ok", saw: `It is ${name} ${version}.` }, evictionOf(info));
  }
  if (!address.tls && !address.hosts.every(({ host }) => isLoopbackHost(host))) {
    findings.push({
      verdict: "warning",
      saw: "The connection has no TLS.",
      means: "Values are sealed, but the password is not, and the network can delete or delay entries.",
      mend: "use rediss instead of redis, unless the network is encrypted by other means.",
    });
  }
  return findings;
}

function evictionOf(info: ReadonlyMap<string, string>): Details {
  const policy = info.get("maxmemory_policy") ?? "unknown";
  const isLimited = Number(info.get("maxmemory") ?? 0) > 0;
  if (isLimited && policy === "noeviction") {
    return {
      verdict: "warning",
      saw: "Redis evicts nothing when it is full (maxmemory-policy noeviction).",
      means: "A full Redis is not used until there is room.",
      mend: "set maxmemory-policy to allkeys-lru, unless others keep data in it.",
    };
  }
  const saw = isLimited
    ? `When it is full, its policy is ${policy}.`
    : "Its memory has no limit (maxmemory 0).";
  return { verdict: "ok", saw };
}

/** Every command of the server that Redis refuses, with its reason. */
async function refusedCommands(client: RedisClient): Promise<string[]> {
  const tried: [string, Promise<unknown>][] = [
    ["GETRANGE", client.getrange(scratchKey, 0, 10)],
    ["SET NX", client.setIfAbsent(scratchKey, "1", 10_000)],
    ...(Object.keys(redisScripts) as RedisScript[]).map((script): [string, Promise<unknown>] => [
      `the script ${script}`,
      client.script(script, `${scratchKey}-${script}`, ["1000", "1000"]),
    ]),
  ];
  const reasons = tried.map(([name, call]) =>
    call.then(
      () => undefined,
      (error: Error) => `${name} (${error.message})`,
    ),
  );
  return (await Promise.all(reasons)).filter((reason) => reason !== undefined);
}

function parseInfo(text: unknown): ReadonlyMap<string, string> {
  const lines = String(text).split("\r\n");
  return new Map(lines.map((line) => line.split(/:(.*)/s) as [string, string]));
}
