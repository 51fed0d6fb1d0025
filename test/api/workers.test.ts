import { once } from "node:events";
import { mkdtemp, writeFile } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { beforeEach, describe, expect, test } from "vitest";
import { buildProgram, type RunningProgram } from "../support/built-program.ts";
import { GraphQLClient } from "../support/graphql-client.ts";
import { startHttpServer } from "../support/listening.ts";
import { downloadUrl, uploadFile } from "../support/operations.ts";
import { makeTemporaryFolder } from "../support/resources.ts";
import { shareInFile } from "../support/share-in-file.ts";

const { path: root } = await shareInFile(makeTemporaryFolder("workers"));
const program = await shareInFile(buildProgram());

let environment: Record<string, string>;
beforeEach(async () => {
  const VALETKEY_DATA_DIR = await mkdtemp(join(root, "data-"));
  environment = {
    PORT: "0",
    VALETKEY_STORE_PORT: "0",
    VALETKEY_DATA_DIR,
    VALETKEY_WORKERS: "2",
    LOG_LEVEL: "info",
  };
});

/** Conditions that processes have to reach, on a machine with other work. */
const patience = { timeout: 60_000, interval: 50 };

const workersThat = ({ lines }: RunningProgram, message: string) =>
  lines.filter(({ msg }) => msg === message).map(({ worker }) => worker);
/** Waits until so many workers have been started, those that have ended included. Returns the newest pids last. */
async function pidsOfWorkers(server: RunningProgram, count = 2): Promise<readonly number[]> {
  await expect.poll(() => pidsOf(server).length, patience).toBe(count);
  return pidsOf(server);
}
const pidsOf = ({ lines }: RunningProgram) => [
  ...new Set(lines.filter(({ msg }) => msg === "the worker is ready").map(({ pid }) => pid)),
];

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A connection that stays with the worker that has accepted it. */
async function connectTo(url: string): Promise<{ socket: Socket; get(path: string): Promise<string> }> {
  const { host, hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).setEncoding("latin1");
  socket.on("error", () => {});
  await once(socket, "connect");
  const get = async (path: string) => {
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    const [response] = (await once(socket, "data")) as [string];
    return response;
  };
  return { socket, get };
}

async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(url)).text();
  const line = text.split("\n").find((each) => each.startsWith(`${name} `) || each.startsWith(`${name}{`));
  return Number(line?.split(" ").at(-1));
}

async function postFrom(url: string, headers: Record<string, string>, query: string): Promise<unknown> {
  const sent = request(`${url}/graphql`, {
    method: "POST",
    agent: false,
    headers: { "content-type": "application/json", ...headers },
  });
  sent.end(JSON.stringify({ query }));
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  return await json(response);
}

describe("VALETKEY_WORKERS", () => {
  test("serves one port with several processes, which share the store, its secret and tokens", async () => {
    const server = program.start(environment);
    const url = await server.ready;
    await pidsOfWorkers(server);
    expect(workersThat(server, "the worker is ready").sort()).toEqual([1, 2]);
    expect(server.lines.filter(({ msg }) => msg === "Valet Key is ready")).toMatchObject([{ workers: 2 }]);
    const client = new GraphQLClient(url);
    await uploadFile(client, new Blob(["hello"]), { bucket: "demo", key: "a.txt" });
    const signed = await downloadUrl(client, { bucket: "demo", key: "a.txt" });
    expect(await (await fetch(signed.url)).text()).toBe("hello");

    const issued = await fetch(`${url}/dev/token`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ subject: "alice" }),
    });
    const { token } = (await issued.json()) as { token: string };
    // New connections go to the workers in turn.
    for (let each = 0; each < 4; each += 1) {
      const headers = { authorization: `Bearer ${token}` };
      expect(await postFrom(url, headers, "{ viewer { subject } }")).toEqual({
        data: { viewer: { subject: "alice" } },
      });
    }
    server.process.kill("SIGTERM");
    expect(await server.ended).toMatchObject({ code: 0 });
  });

  test("adds up the metrics of all workers, on either port", async () => {
    const onPort = program.start({ ...environment, VALETKEY_METRICS_PORT: "0" });
    const url = await onPort.ready;
    const metricsUrl = onPort.lines.find((line) => line.metricsUrl !== undefined)?.metricsUrl ?? "";
    const counted = "valetkey_graphql_request_duration_seconds_count";
    for (let each = 0; each < 6; each += 1) await postFrom(url, {}, "{ __typename }");
    // A worker that is late with its first report is missing.
    await expect.poll(() => metric(metricsUrl, counted), patience).toBe(6);
    expect(await metric(metricsUrl, "valetkey_workers")).toBe(2);
    expect((await fetch(`${url}/metrics`)).status).toBe(404);

    // What a worker has counted does not vanish with it.
    process.kill((await pidsOfWorkers(onPort))[0] ?? 0, "SIGKILL");
    await expect.poll(() => metric(metricsUrl, "valetkey_worker_restarts_total"), patience).toBe(1);
    expect(await metric(metricsUrl, counted)).toBe(6);
    onPort.process.kill("SIGTERM");
    expect(await onPort.ended).toMatchObject({ code: 0 });

    const onMain = program.start(environment);
    const main = await onMain.ready;
    for (let each = 0; each < 6; each += 1) await postFrom(main, {}, "{ __typename }");
    for (let each = 0; each < 2; each += 1) {
      const { get } = await connectTo(main);
      expect(await get("/metrics")).toContain("HTTP/1.1 200");
      await expect.poll(() => metric(`${main}/metrics`, counted), patience).toBe(6);
    }
  });

  test("starts a worker again that was killed, and loses only its connections", async () => {
    const server = program.start(environment);
    const url = await server.ready;
    const [one, other] = [await connectTo(url), await connectTo(url)];
    expect(await one.get("/healthz")).toContain("200 OK");
    expect(await other.get("/healthz")).toContain("200 OK");
    const closed = [one, other].map(({ socket }) => once(socket, "close").then(() => socket));
    process.kill((await pidsOfWorkers(server))[0] ?? 0, "SIGKILL");
    const lost = await Promise.race(closed);
    const kept = lost === one.socket ? other : one;
    expect(await kept.get("/healthz")).toContain("200 OK");
    await pidsOfWorkers(server, 3);
    expect(workersThat(server, "a worker has ended, and is started again")).toHaveLength(1);
    expect(await (await connectTo(url)).get("/readyz")).toContain("200 OK");
  });

  test.each([
    ["the primary process", (server: RunningProgram) => server.process.kill("SIGTERM")],
    [
      "all processes, as a terminal does",
      (server: RunningProgram) => {
        for (const pid of [server.process.pid ?? 0, ...pidsOf(server)]) process.kill(pid, "SIGINT");
      },
    ],
  ])("a signal to %s shuts every worker down gracefully", async (_whom, signal) => {
    const server = program.start(environment);
    await server.ready;
    await pidsOfWorkers(server);
    signal(server);
    expect(await server.ended).toMatchObject({ code: 0 });
    expect(workersThat(server, "draining").filter(Boolean).sort()).toEqual([1, 2]);
    expect(workersThat(server, "a worker has ended, and is started again")).toEqual([]);
  });

  test("no worker is ready after a signal, and a second one ends all of them at once", async () => {
    const server = program.start({ ...environment, VALETKEY_DRAIN_DELAY_SECONDS: "600" });
    const url = await server.ready;
    const pids = await pidsOfWorkers(server);
    server.process.kill("SIGTERM");
    await expect.poll(() => workersThat(server, "draining").filter(Boolean).sort(), patience).toEqual([1, 2]);
    // New connections go to the workers in turn.
    for (let each = 0; each < 4; each += 1) {
      expect(await (await connectTo(url)).get("/readyz")).toMatch(/503.*draining/s);
    }
    server.process.kill("SIGTERM");
    expect(await server.ended).toMatchObject({ signal: "SIGTERM" });
    await expect.poll(() => pids.filter(isRunning), patience).toEqual([]);
  });

  test("SIGHUP replaces the grants of all workers, or with a bad file those of none, which is said once", async () => {
    const VALETKEY_GRANTS = `${environment.VALETKEY_DATA_DIR}.yaml`;
    const rule = (who: string) => `grants: [{ who: ${who}, bucket: demo, allow: [DOWNLOAD] }]`;
    await writeFile(VALETKEY_GRANTS, rule("anonymous"));
    const server = program.start({ ...environment, VALETKEY_GRANTS });
    const url = await server.ready;
    const query = '{ downloadUrl(bucket: "demo", key: "a", verify: false) { url } }';
    const outcomes = async () => {
      const found: string[] = [];
      for (let each = 0; each < 4; each += 1) {
        const { errors } = (await postFrom(url, {}, query)) as { errors?: unknown };
        found.push(errors === undefined ? "allowed" : "refused");
      }
      return found.join(" ");
    };
    expect(await outcomes()).toBe("allowed allowed allowed allowed");

    await writeFile(VALETKEY_GRANTS, "grants: {");
    server.process.kill("SIGHUP");
    const faults = () => server.lines.filter(({ msg }) => msg.startsWith("the access file has faults"));
    await expect.poll(() => faults().length, patience).toBe(1);
    expect(await outcomes()).toBe("allowed allowed allowed allowed");
    // A worker that starts now gets the rules that are in force, not the file.
    process.kill((await pidsOfWorkers(server))[0] ?? 0, "SIGKILL");
    await pidsOfWorkers(server, 3);
    expect(await outcomes()).toBe("allowed allowed allowed allowed");

    await writeFile(VALETKEY_GRANTS, rule("authenticated"));
    server.process.kill("SIGHUP");
    await expect
      .poll(() => workersThat(server, "the access file was read again").sort(), patience)
      .toEqual([1, 2]);
    expect(await outcomes()).toBe("refused refused refused refused");
    expect(faults()).toHaveLength(1);
  });

  test("a start that fails says why once, and exits with 1", async () => {
    await using holder = await startHttpServer();
    const { code, stderr } = await program.start({ ...environment, PORT: String(holder.port) }).ended;
    expect(code).toBe(1);
    expect(stderr.match(new RegExp(`^PORT: got ${holder.port}, cannot listen there`, "gm"))).toHaveLength(1);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test("says which states each worker has on its own", async () => {
    const server = program.start({ ...environment, VALETKEY_RATE_LIMIT: "100/1s" });
    await server.ready;
    const messages = server.lines.map(({ msg }) => msg).filter((msg) => msg.startsWith("each of the 2"));
    expect(messages).toEqual([
      "each of the 2 workers has role sessions of its own",
      "each of the 2 workers counts requests on its own: a caller may send up to 2 times VALETKEY_RATE_LIMIT",
    ]);
  });

  test("the workers end when the primary process is killed", async () => {
    const server = program.start(environment);
    await server.ready;
    const pids = await pidsOfWorkers(server);
    server.process.kill("SIGKILL");
    await expect.poll(() => pids.filter(isRunning), patience).toEqual([]);
  });
});
