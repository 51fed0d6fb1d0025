import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { mapConcurrently } from "../../src/core/map-concurrently.ts";
import { GraphQLClient, type GraphQLFailure } from "../support/graphql-client.ts";
import { completeUpload, downloadUrl, findUpload, requestUpload } from "../support/operations.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { type Replicas, startReplicas } from "../support/replicas.ts";
import { UploadLoad } from "../support/upload-load.ts";

const store = inject("storeDescription");
const bucket = store.buckets.main;
const callers = 1_000;
const grants = [
  { who: "authenticated", bucket, prefix: "users/{sub}/", allow: ["DOWNLOAD", "UPLOAD", "LIST"] },
  { who: "authenticated", bucket, prefix: "load/", allow: ["UPLOAD"] },
] as const;

let redis: RedisServer;
let cluster: Replicas;

beforeAll(async () => {
  redis = await startRedis();
  cluster = await startReplicas({ store, grants, redisUrl: redis.url });
});
afterAll(async () => {
  await cluster?.close();
  await redis?.close();
});

const sumOf = async (metric: string) => {
  const values = await Promise.all(cluster.replicas.map((replica) => replica.metric(metric)));
  return values.reduce((sum, value) => sum + value, 0);
};
const redisIsUsed = () => expect.poll(() => sumOf("valetkey_redis_up")).toBe(3);

describe("three replicas with one Redis", () => {
  test(`${callers} callers, each at all replicas at once, cost one AssumeRole each`, async () => {
    await redisIsUsed();
    const secrets = new Set<string>();
    await mapConcurrently(
      Array.from({ length: callers }, (_, index) => `caller-${index}`),
      16,
      async (sub) => {
        const token = await cluster.issuer.token({ sub });
        const address = { bucket, key: `users/${sub}/a-file`, verify: false };
        const urls = await Promise.all(
          cluster.replicas.map(({ url }) => downloadUrl(new GraphQLClient(url).as(token), address)),
        );
        for (const { url } of urls) {
          const { searchParams } = new URL(url);
          secrets.add(searchParams.get("X-Amz-Credential")?.split("/")[0] ?? "");
          secrets.add(searchParams.get("X-Amz-Security-Token") ?? "");
        }
      },
    );
    expect(await sumOf("valetkey_assume_role_total")).toBeGreaterThanOrEqual(callers);
    expect(await sumOf("valetkey_assume_role_total")).toBeLessThanOrEqual(callers * 1.05);
    expect(await sumOf("valetkey_shared_sessions_found_total")).toBeGreaterThanOrEqual(callers);
    await nothingReadable(secrets);
  });

  /** Everything in Redis, as somebody sees it who has access to it. */
  async function nothingReadable(secrets: ReadonlySet<string>): Promise<void> {
    const names = await redis.admin.keys("*");
    expect(names.length).toBeGreaterThan(callers);
    const dump: string[] = [];
    for (const name of names) {
      expect(name).toMatch(/^valetkey:[\w-]+(?::[\w-]{43})?$/);
      dump.push(name, (await redis.admin.getBuffer(name))?.toString("latin1") ?? "");
    }
    const text = dump.join("\n");
    const readable = [
      "arn:",
      "ASIA",
      "AKIA",
      "caller-",
      bucket,
      "users/",
      cluster.issuer.url,
      "sessionToken",
    ];
    for (const secret of [...secrets, ...readable]) expect(text.includes(secret)).toBe(false);
  }
});

describe("uploads and grants", () => {
  const clientsOf = async (sub: string) => {
    const token = await cluster.issuer.token({ sub });
    return cluster.replicas.map(({ url }) => new GraphQLClient(url).as(token));
  };

  test("an upload that one replica began is known, and completed once, at all of them", async () => {
    await redisIsUsed();
    const [one, two, three] = await clientsOf("alice");
    if (!one || !two || !three) throw new Error("There are three replicas.");
    const key = "users/alice/parts";
    const { id } = await requestUpload(one, "MULTIPART", { input: { bucket, key }, size: 5 });
    const query = `query ($bucket: String!) { uploads(bucket: $bucket, prefix: "users/alice/") { nodes { id } } }`;
    for (const client of [one, two, three]) {
      expect(await client.data(query, { bucket })).toEqual({ uploads: { nodes: [{ id }] } });
    }
    const upload = await findUpload(three, id, [1]);
    const [part] = upload?.parts ?? [];
    const headers = Object.fromEntries(part?.headers.map(({ name, value }) => [name, value]) ?? []);
    await fetch(part?.url ?? "", { method: "PUT", body: "hello", headers });
    const stored = await completeUpload(two, id);
    for (const client of [three, one]) expect(await completeUpload(client, id)).toEqual(stored);
  });

  test("a grant that is withdrawn at one replica is withdrawn at all of them", async () => {
    await redisIsUsed();
    const clients = await clientsOf("bob");
    const codes = () =>
      Promise.all(
        clients.map((client) =>
          downloadUrl(client, { bucket, key: "users/bob/a", verify: false }).then(
            () => "served",
            ({ code }: GraphQLFailure) => code,
          ),
        ),
      );
    expect(await codes()).toEqual(["served", "served", "served"]);
    await cluster.writeGrants(grants.slice(1));
    cluster.replicas[0].signal("SIGHUP");
    await expect.poll(codes).toEqual(["FORBIDDEN", "FORBIDDEN", "FORBIDDEN"]);
    await cluster.writeGrants(grants);
    cluster.replicas[2].signal("SIGHUP");
    await expect.poll(codes).toEqual(["served", "served", "served"]);
  });
});

describe("under load", () => {
  const startLoad = async () => {
    const subjects = Array.from({ length: 6 }, (_, index) => `uploader-${index}`);
    const tokens = await Promise.all(subjects.map((sub) => cluster.issuer.token({ sub })));
    const load = new UploadLoad({ url: cluster.proxyUrl, bucket, tokens, admin: cluster.admin });
    return { load, tokens, served: (count: number) => servedMore(load, count) };
  };
  /** Resolves when so many more uploads were accepted. */
  const servedMore = (load: UploadLoad, count: number) => {
    const before = load.acceptedCount;
    return expect.poll(() => load.acceptedCount, { interval: 20 }).toBeGreaterThanOrEqual(before + count);
  };
  const areReady = async () => {
    for (const { url } of cluster.replicas) expect((await fetch(`${url}/readyz`)).status).toBe(200);
  };

  test("a rolling restart loses no upload and fails no request", async () => {
    const { load, served } = await startLoad();
    await using _ = load;
    await served(10);
    for (const replica of cluster.replicas) {
      expect(await replica.end("SIGTERM")).toBe(0);
      await served(5);
      await replica.start();
      await served(5);
    }
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(await load.lostFiles()).toEqual([]);
  });

  test("a replica that is killed loses only the requests that it had", async () => {
    const { load, tokens, served } = await startLoad();
    await using _ = load;
    await served(10);
    const [, killed] = cluster.replicas;
    await killed.end("SIGKILL");
    await served(20);
    await killed.start();
    await served(10);
    await load.stop();
    expect(load.failures.length).toBeLessThanOrEqual(tokens.length);
    expect(load.failures.every((failure) => failure === 502)).toBe(true);
    expect(await load.lostFiles()).toEqual([]);
  });

  test("a Redis that is killed, restarted and paused fails no request, and is used again", async () => {
    const { load, served } = await startLoad();
    await using _ = load;
    await redisIsUsed();
    await served(10);
    await redis.kill();
    await served(20);
    await expect.poll(() => sumOf("valetkey_redis_up")).toBe(0);
    await areReady();
    await redis.restart();
    await redisIsUsed();
    await served(10);
    redis.pause();
    await newCallersAreServed("while-paused");
    await expect.poll(() => sumOf("valetkey_redis_up")).toBe(0);
    await served(10);
    await areReady();
    redis.resume();
    await redisIsUsed();
    await served(10);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(await load.lostFiles()).toEqual([]);
  });

  /** Only callers without a session in the process need Redis. */
  const newCallersAreServed = async (name: string) => {
    for (let index = 0; index < 5; index += 1) {
      const sub = `${name}-${index}`;
      const token = await cluster.issuer.token({ sub });
      const address = { bucket, key: `users/${sub}/a-file`, verify: false };
      for (const { url } of cluster.replicas) await downloadUrl(new GraphQLClient(url).as(token), address);
    }
  };
});
