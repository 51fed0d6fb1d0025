import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, expect, test } from "vitest";
import { mapConcurrently } from "../../src/core/map-concurrently.ts";
import { startRedis } from "../support/redis.ts";
import { prepareReplicas, type Replica } from "../support/replicas.ts";
import { makeTemporaryFolder } from "../support/resources.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket } from "../support/test-store.ts";
import { UploadLoad } from "../support/upload-load.ts";

const grants = [
  { who: "authenticated", bucket, prefix: "users/{sub}/", allow: ["DOWNLOAD"] },
  { who: "authenticated", bucket, prefix: "load/", allow: ["UPLOAD"] },
] as const;
const workers = 2;

// Two machines, each with two workers.
const redis = await shareInFile(startRedis());
const prepared = await shareInFile(prepareReplicas({ grants, redisUrl: redis.url }));
const { issuer, admin, startReplica } = prepared;
const folder = await shareInFile(makeTemporaryFolder("machines"));
const [fileOfFirst, fileOfSecond] = ["first.json", "second.json"].map((name) => join(folder.path, name));
const writeAccess = async (rules: readonly unknown[], files = [fileOfFirst, fileOfSecond]) => {
  for (const file of files) await writeFile(file as string, JSON.stringify({ grants: rules }));
};
await writeAccess(grants);
const env = { VALETKEY_WORKERS: String(workers) };
const requestsPerMinute = 40;
const [first, second] = await Promise.all([
  startReplica({ ...env, VALETKEY_GRANTS: fileOfFirst as string }),
  startReplica({
    ...env,
    VALETKEY_GRANTS: fileOfSecond as string,
    VALETKEY_RATE_LIMIT: `${requestsPerMinute}/60s`,
  }),
]);
const machines = [first, second];
beforeEach(async () => {
  // Redis is used when all workers have reached it.
  for (const machine of machines) {
    await expect.poll(() => machine.metric("valetkey_redis_up")).toBe(1);
    await expect.poll(() => machine.metric("valetkey_workers")).toBe(workers);
  }
});

let callerCount = 0;
const newToken = () => {
  callerCount += 1;
  return issuer.token({ sub: `caller-${callerCount}` });
};

/** Asks for a URL on a connection of its own. Connections go to the workers of a machine in turn. */
async function ask({ url }: Replica, token: string): Promise<string> {
  const key = `users/${JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()).sub}/a`;
  const query = `{ downloadUrl(bucket: "${bucket}", key: "${key}", verify: false) { url } }`;
  const sent = request(`${url}/graphql`, {
    method: "POST",
    agent: false,
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
  });
  sent.end(JSON.stringify({ query }));
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const { errors } = (await json(response)) as { errors?: { extensions: { code: string } }[] };
  return errors?.[0]?.extensions.code ?? "served";
}

const askEveryWorker = async (token: string) => {
  const answers: string[] = [];
  for (const machine of machines) {
    for (let each = 0; each < workers; each += 1) answers.push(await ask(machine, token));
  }
  return [...new Set(answers)].join();
};

/** Time for processes to read what others have announced, so that a fault would show. No test fails if it is too short. */
const afterNextPoll = () => sleep(3_000);

const linesThat = ({ lines }: Replica, message: string) => lines.filter(({ msg }) => msg.startsWith(message));

test("a caller costs one AssumeRole, whichever workers it reaches", async () => {
  const callers = 100;
  await mapConcurrently(Array.from({ length: callers }), 8, async () => {
    const token = await newToken();
    const every = machines.flatMap((machine) => Array.from({ length: workers }, () => ask(machine, token)));
    expect(new Set(await Promise.all(every))).toEqual(new Set(["served"]));
  });
  const calls = await Promise.all(machines.map((machine) => machine.metric("valetkey_assume_role_total")));
  const sum = calls.reduce((total, count) => total + count, 0);
  expect(sum).toBeGreaterThanOrEqual(callers);
  expect(sum).toBeLessThanOrEqual(callers * 1.05);
});

test("workers count the requests of a caller together", async () => {
  const [token, other] = [await newToken(), await newToken()];
  const answers: string[] = [];
  for (let each = 0; each < requestsPerMinute + 2 * workers; each += 1)
    answers.push(await ask(second, token));
  expect(answers.filter((answer) => answer === "served")).toHaveLength(requestsPerMinute);
  expect(answers.filter((answer) => answer === "RATE_LIMITED")).toHaveLength(2 * workers);
  expect(await ask(second, other)).toBe("served");
});

test("a SIGHUP at one machine replaces the grants of every worker of every machine, once", async () => {
  const outcome = async () => askEveryWorker(await newToken());
  expect(await outcome()).toBe("served");
  await writeAccess(grants.slice(1));
  first.signal("SIGHUP");
  await expect.poll(outcome).toBe("FORBIDDEN");
  await writeAccess(grants);
  second.signal("SIGHUP");
  await expect.poll(outcome).toBe("served");
  await afterNextPoll();
  for (const machine of machines) {
    expect(linesThat(machine, "the access file was read again")).toHaveLength(2 * workers);
  }
});

test("a machine says once that a file which another machine has announced has faults", async () => {
  const outcome = async () => askEveryWorker(await newToken());
  const refused = grants.slice(1);
  await writeAccess(refused, [fileOfFirst]);
  await writeFile(fileOfSecond as string, "grants: {");
  first.signal("SIGHUP");
  const faults = () => linesThat(second, "the access file has faults").length;
  await expect.poll(faults).toBeGreaterThan(0);
  await afterNextPoll();
  // A machine waits for the file that was announced.
  await writeAccess(refused, [fileOfSecond]);
  await expect.poll(outcome).toBe("FORBIDDEN");
  expect(faults()).toBe(1);
  await writeAccess(grants);
  second.signal("SIGHUP");
  await expect.poll(outcome).toBe("served");
});

test("a worker that is killed under load loses only the requests that it had, and takes part again", async () => {
  const tokens = await Promise.all(Array.from({ length: 6 }, newToken));
  await using load = new UploadLoad({ url: first.url, bucket, tokens, admin });
  const served = (count: number) => {
    const before = load.acceptedCount;
    return expect.poll(() => load.acceptedCount, { interval: 20 }).toBeGreaterThanOrEqual(before + count);
  };
  await served(20);
  // Nobody has announced this file, so the new worker must not use it.
  await writeAccess([], [fileOfFirst]);
  const [{ pid } = { pid: 0 }] = linesThat(first, "the worker is ready");
  process.kill(pid, "SIGKILL");
  await served(20);
  await expect.poll(() => linesThat(first, "the worker is ready").length).toBe(workers + 1);
  await afterNextPoll();
  await served(20);
  await load.stop();
  // The uploads in flight, and one more of each uploader on a connection that is closing.
  expect(load.failures.length).toBeLessThanOrEqual(2 * tokens.length);
  expect(await load.lostFiles()).toEqual([]);
  expect(await first.metric("valetkey_worker_restarts_total")).toBe(1);
  expect(await askEveryWorker(await newToken())).toBe("served");
});
