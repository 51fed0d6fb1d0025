import { describe, expect, test } from "vitest";
import { SealedEntries } from "../../src/redis/sealed-entries.ts";
import { startRedis } from "../support/redis.ts";
import { connectToRedis, secretOfTests } from "../support/redis-memory.ts";

describe("a memory in Redis", () => {
  test("keeps entries until they expire", async () => {
    await using redis = await startRedis();
    await using shared = await connectToRedis(redis.url);
    await shared.isUp();
    expect(await shared.memory.read("session", "a")).toBeUndefined();
    await shared.memory.write("session", "a", "the value", 60_000);
    expect(await shared.memory.read("session", "a")).toBe("the value");
    expect(await shared.memory.read("completion", "a")).toBeUndefined();
    const [name = ""] = (await redis.admin.keys("*")).filter((key) => key.includes(":session:"));
    const ttlMs = await redis.admin.pttl(name);
    expect(ttlMs).toBeGreaterThan(0);
    expect(ttlMs).toBeLessThanOrEqual(60_000);
    await shared.memory.write("session", "b", "short", 1);
    await expect.poll(() => shared.memory.read("session", "b")).toBeUndefined();
  });

  test("opens entries of older secrets, and none of unknown ones", async () => {
    await using redis = await startRedis();
    await using before = await connectToRedis(redis.url);
    await using rotated = await connectToRedis(redis.url, [
      "another secret that is longer than 32 bytes",
      secretOfTests,
    ]);
    await using unrelated = await connectToRedis(redis.url, [
      "a third secret that is also longer than 32 bytes",
    ]);
    await Promise.all([before.isUp(), rotated.isUp(), unrelated.isUp()]);
    await before.memory.write("session", "a", "old", 60_000);
    expect(await rotated.memory.read("session", "a")).toBe("old");
    expect(await unrelated.memory.read("session", "a")).toBeUndefined();
    await rotated.memory.write("session", "a", "new", 60_000);
    expect(await rotated.memory.read("session", "a")).toBe("new");
  });

  test("gives a lease to one replica, until it is released or its holder is gone", async () => {
    await using redis = await startRedis();
    await using one = await connectToRedis(redis.url);
    await using two = await connectToRedis(redis.url);
    await Promise.all([one.isUp(), two.isUp()]);
    const lease = await one.memory.tryLease("session-lease", "a", 60_000);
    if (typeof lease === "string") throw new Error(lease);
    expect(await two.memory.tryLease("session-lease", "a", 60_000)).toBe("held");
    await lease.release();
    const next = await two.memory.tryLease("session-lease", "a", 50);
    if (typeof next === "string") throw new Error(next);
    // The lease of the second replica is not ended by the first one.
    await lease.release();
    await next.renew();
    const later = () => one.memory.tryLease("session-lease", "a", 60_000);
    await expect.poll(later).toMatchObject({ release: expect.any(Function) });
  });

  test("counts in windows", async () => {
    await using redis = await startRedis();
    await using one = await connectToRedis(redis.url);
    await using two = await connectToRedis(redis.url);
    await Promise.all([one.isUp(), two.isUp()]);
    expect(await one.memory.count("requests", "alice", 60_000)).toEqual({ count: 1, remainingMs: 60_000 });
    const counted = await two.memory.count("requests", "alice", 60_000);
    expect(counted?.count).toBe(2);
    expect(counted?.remainingMs).toBeLessThanOrEqual(60_000);
    await one.memory.count("requests", "bob", 20);
    await expect.poll(async () => (await one.memory.count("requests", "bob", 20))?.count).toBe(1);
  });

  test("refuses to read what is too large, or was written by others", async () => {
    await using redis = await startRedis();
    await using shared = await connectToRedis(redis.url);
    await shared.isUp();
    await shared.memory.write("session", "a", "mine", 60_000);
    await shared.memory.write("session", "b", "other", 60_000);
    const [a = "", b = ""] = new SealedEntries([secretOfTests])
      .names("session", "a")
      .concat(new SealedEntries([secretOfTests]).names("session", "b"));
    await redis.admin.set(a, (await redis.admin.getBuffer(b)) ?? "");
    expect(await shared.memory.read("session", "a")).toBeUndefined();
    await redis.admin.set(a, Buffer.alloc(2 ** 22, 1));
    expect(await shared.memory.read("session", "a")).toBeUndefined();
    await redis.admin.set(a, "x");
    expect(await shared.memory.read("session", "a")).toBeUndefined();
    await shared.memory.write("session", "b", "x".repeat(2 ** 20), 60_000);
    expect(await shared.memory.read("session", "b")).toBe("other");
  });
});

describe("while Redis does not work", () => {
  test("a Redis that was killed is skipped, and used again after it has started", async () => {
    await using redis = await startRedis();
    await using shared = await connectToRedis(redis.url);
    await shared.isUp();
    await redis.kill();
    await shared.failUntilDown();
    expect(await shared.memory.read("session", "a")).toBeUndefined();
    expect(await shared.memory.tryLease("session-lease", "a", 1_000)).toBe("unavailable");
    expect(await shared.memory.count("requests", "a", 1_000)).toBeUndefined();
    await redis.restart();
    await shared.isUp();
    await shared.memory.write("session", "a", "again", 60_000);
    expect(await shared.memory.read("session", "a")).toBe("again");
    expect(shared.lines).toEqual([
      "Redis is used for what replicas share",
      "Redis does not work: this replica shares nothing with the others until it does",
      "Redis is used for what replicas share",
    ]);
    expect((await shared.up.get()).values).toMatchObject([{ value: 1 }]);
  });

  test("a paused Redis costs a few timeouts, then nothing, and is used again when it continues", async () => {
    await using redis = await startRedis();
    await using shared = await connectToRedis(redis.url);
    await shared.isUp();
    redis.pause();
    await shared.failUntilDown();
    const timeoutsOf = async () => {
      const { values } = await shared.commands.get();
      return values.find(({ labels }) => labels.outcome === "timeout")?.value;
    };
    const timeouts = await timeoutsOf();
    expect(timeouts).toBeGreaterThan(0);
    for (let count = 0; count < 10_000; count += 1) await shared.memory.read("session", "a");
    expect(await timeoutsOf()).toBe(timeouts);
    redis.resume();
    await shared.isUp();
    await shared.memory.write("session", "a", "again", 60_000);
    expect(await shared.memory.read("session", "a")).toBe("again");
  });

  test("a full Redis is skipped until there is room", async () => {
    await using redis = await startRedis(["--maxmemory-policy", "noeviction"]);
    await using shared = await connectToRedis(redis.url);
    await shared.isUp();
    await redis.admin.config("SET", "maxmemory", "1");
    while (shared.connection.isUp) await shared.memory.write("session", "a", "x", 60_000);
    await redis.admin.config("SET", "maxmemory", "0");
    await shared.isUp();
  });

  test("a wrong password and a Redis that is not there only cost one line of the log", async () => {
    await using redis = await startRedis();
    await redis.admin.config("SET", "requirepass", "right");
    await using wrong = await connectToRedis(`redis://:wrong@127.0.0.1:${redis.port}`);
    await using absent = await connectToRedis("redis://127.0.0.1:1");
    const down = ["Redis does not work: this replica shares nothing with the others until it does"];
    await expect.poll(() => wrong.lines).toEqual(down);
    await expect.poll(() => absent.lines).toEqual(down);
    expect(await wrong.memory.read("session", "a")).toBeUndefined();
    await using right = await connectToRedis(`redis://:right@127.0.0.1:${redis.port}`);
    await right.isUp();
    await redis.admin.config("SET", "requirepass", "wrong");
    await wrong.isUp();
  });
});
