import { expect, test } from "vitest";
import { findingsOf } from "../api/doctor/examined.ts";
import { startRedis } from "../support/redis.ts";
import { prepareTestServer } from "../support/test-server.ts";

/** What the doctor finds about Redis. */
async function examineRedis(url: string) {
  await using server = await prepareTestServer({ env: { VALETKEY_REDIS_URL: url } });
  const findings = await findingsOf(server.env);
  return findings.filter(({ check }) => check === "redis").map(({ verdict, saw }) => `${verdict}: ${saw}`);
}

test("the doctor finds nothing wrong with a Redis that works", async () => {
  await using redis = await startRedis(["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"]);
  expect(await examineRedis(redis.url)).toEqual([
    expect.stringMatching(/^ok: It is redis \d+\.\d+\.\d+\.$/),
    "ok: When it is full, its policy is allkeys-lru.",
  ]);
  const names = await redis.admin.keys("*");
  for (const name of names) expect(await redis.admin.pttl(name)).toBeGreaterThan(0);
});

test("the doctor finds a wrong password, missing permissions, a policy that evicts nothing, and no Redis", async () => {
  await using redis = await startRedis(["--maxmemory", "100mb", "--maxmemory-policy", "noeviction"]);
  const { admin, port } = redis;
  expect(await examineRedis(redis.url)).toContain(
    "warning: Redis evicts nothing when it is full (maxmemory-policy noeviction).",
  );
  await admin.acl("SETUSER", "few", "on", ">right", "~valetkey:*", "-@all", "+set", "+getrange");
  const few = await examineRedis(`redis://few:right@127.0.0.1:${port}`);
  expect(few).toEqual([
    expect.stringMatching(/^fault: Redis refuses the script renew \(NOPERM.*the script count \(NOPERM/),
    expect.stringMatching(/^unknown: /),
  ]);
  await admin.config("SET", "requirepass", "right");
  const [wrong = ""] = await examineRedis(`redis://:wrong-one@127.0.0.1:${port}`);
  expect(wrong).toMatch(/^fault: Redis cannot be used: .*WRONGPASS/);
  expect(wrong).not.toContain("wrong-one");
  expect(await examineRedis("redis://127.0.0.1:1")).toEqual([
    expect.stringMatching(/^fault: Redis cannot be used: .*ECONNREFUSED/),
  ]);
});
