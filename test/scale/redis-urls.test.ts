import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { freePort } from "../support/ports.ts";
import { startRedis } from "../support/redis.ts";
import { connectToRedis } from "../support/redis-memory.ts";
import { makeTemporaryFolder, startTogether } from "../support/resources.ts";

const guide = readFileSync(resolve(import.meta.dirname, "../../docs/guides/replicas.md"), "utf8");

/** Uses everything that the server uses. */
async function expectToWork(url: string): Promise<void> {
  await using shared = await connectToRedis(url);
  await shared.isUp();
  const { memory } = shared;
  await memory.write("session", "a", "value", 60_000);
  expect(await memory.read("session", "a")).toBe("value");
  // Entries of a cluster are on different nodes.
  for (let index = 0; index < 20; index += 1) {
    const lease = await memory.tryLease("session-lease", String(index), 60_000);
    if (typeof lease === "string") throw new Error(lease);
    await lease.renew();
    await lease.release();
    expect((await memory.count("requests", String(index), 60_000))?.count).toBe(1);
  }
  const { values } = await shared.commands.get();
  expect(values.filter(({ labels }) => labels.outcome !== "ok")).toEqual([]);
}

/** A certificate for 127.0.0.1, signed by itself. */
function makeCertificate() {
  return startTogether(async (started) => {
    const { path } = await started.use(makeTemporaryFolder("certificate"));
    const [key, certificate] = [join(path, "key.pem"), join(path, "cert.pem")];
    const extension = ["-addext", "subjectAltName=IP:127.0.0.1", "-subj", "/CN=redis"];
    const kind = ["-newkey", "rsa:2048", "-nodes", "-days", "2"];
    const made = spawnSync("openssl", [
      "req",
      "-x509",
      ...kind,
      ...extension,
      "-keyout",
      key,
      "-out",
      certificate,
    ]);
    if (made.status !== 0) throw new Error(made.stderr.toString());
    return { key, certificate };
  });
}

describe("the forms of VALETKEY_REDIS_URL", () => {
  test("a server, with the user of the guide and a database", async () => {
    const [, rules = ""] = /^user valetkey (.*)$/m.exec(guide) ?? [];
    expect(rules).toContain("~valetkey:*");
    await using redis = await startRedis();
    const words = rules.replace(">PASSWORD", ">p@ss").split(" ");
    await redis.admin.acl("SETUSER", "valetkey", ...words, "+select");
    await expectToWork(`redis://valetkey:p%40ss@127.0.0.1:${redis.port}/2`);
  });

  test("a server with TLS, and not one whose certificate is not trusted", async () => {
    await using tls = await makeCertificate();
    const port = await freePort();
    const certificates = [
      "--tls-cert-file",
      tls.certificate,
      "--tls-key-file",
      tls.key,
      "--tls-auth-clients",
      "no",
    ];
    await using _ = await startRedis(["--tls-port", String(port), ...certificates]);
    await expectToWork(`rediss://127.0.0.1:${port}?ca=${tls.certificate}`);
    await using untrusting = await connectToRedis(`rediss://127.0.0.1:${port}`);
    await expect.poll(() => untrusting.lines).toHaveLength(1);
    expect(untrusting.connection.isUp).toBe(false);
  });

  test("Sentinel, which finds the master again after a failover", async () => {
    await using master = await startRedis();
    await using replica = await startRedis(["--replicaof", `127.0.0.1 ${master.port}`]);
    await using sentinel = await startRedis(
      [],
      [
        `sentinel monitor main 127.0.0.1 ${master.port} 1`,
        "sentinel down-after-milliseconds main 500",
        "sentinel failover-timeout main 5000",
      ],
    );
    const url = `redis+sentinel://127.0.0.1:${sentinel.port}?master=main`;
    await expectToWork(url);
    await expect.poll(() => replica.admin.info("replication")).toContain("master_link_status:up");
    await expect.poll(() => sentinel.admin.call("sentinel", "replicas", "main")).toHaveLength(1);
    await using shared = await connectToRedis(url);
    await shared.isUp();
    await master.kill();
    await expect.poll(() => replica.admin.info("replication")).toContain("role:master");
    await expect
      .poll(async () => {
        await shared.memory.write("session", "b", "after", 60_000);
        return shared.memory.read("session", "b");
      })
      .toBe("after");
  });

  test("Cluster", async () => {
    const clustered = ["--cluster-enabled", "yes"];
    await using one = await startRedis(clustered);
    await using two = await startRedis(clustered);
    await using three = await startRedis(clustered);
    const ports = [one, two, three].map(({ port }) => port);
    const slots = [0, 5_461, 10_923, 16_384];
    for (const [index, { admin }] of [one, two, three].entries()) {
      await admin.call("cluster", "addslotsrange", slots[index] ?? 0, (slots[index + 1] ?? 0) - 1);
      for (const port of ports) await admin.call("cluster", "meet", "127.0.0.1", port);
    }
    for (const { admin } of [one, two, three]) {
      await expect.poll(() => admin.call("cluster", "info")).toContain("cluster_state:ok");
    }
    await expectToWork(`redis+cluster://127.0.0.1:${one.port},127.0.0.1:${two.port}`);
  });
});
