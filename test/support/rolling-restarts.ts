import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { buildProgram, type RunningProgram } from "./built-program.ts";
import { startHAProxy } from "./haproxy.ts";
import { codeBlocks } from "./markdown.ts";
import { startNginx } from "./nginx.ts";
import { freePort } from "./ports.ts";
import { makeTemporaryFolder } from "./resources.ts";

const guide = readFileSync(resolve(import.meta.dirname, "../../docs/guides/behind-a-proxy.md"), "utf8");
const startProxy = { nginx: startNginx, haproxy: startHAProxy };
const keepAliveClients = 6;
const clientsWithNewConnections = 2;

/** Sends requests by POST, which proxies do not send again. Most clients keep their connections open. */
class Load {
  sent = 0;
  readonly lost: string[] = [];
  readonly #agent = new Agent({ keepAlive: true });
  readonly #url: string;
  readonly #pauseMs: number;
  readonly #running: Promise<unknown>;
  #stopped = false;

  constructor(url: string, pauseMs: number) {
    this.#url = url;
    this.#pauseMs = pauseMs;
    const clients = [
      ...Array.from({ length: keepAliveClients }, () => this.#run(this.#agent)),
      ...Array.from({ length: clientsWithNewConnections }, () => this.#run(false)),
    ];
    this.#running = Promise.all(clients);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    this.#agent.destroy();
  }

  async #run(agent: Agent | false): Promise<void> {
    while (!this.#stopped) {
      this.sent += 1;
      const result = await this.#send(agent);
      if (!isServersOwn(result)) this.lost.push(result);
      await sleep(this.#pauseMs);
    }
  }

  /** The body of the response, or what went wrong. */
  #send(agent: Agent | false): Promise<string> {
    return new Promise((resolve) => {
      const headers = { "content-type": "application/json" };
      const fail = (error: Error) => resolve(error.message);
      request(`${this.#url}/graphql`, { method: "POST", agent, headers }, (response) => {
        text(response).then(resolve, fail);
      })
        .on("error", fail)
        .end('{"query":"{ __typename }"}');
    });
  }
}

/** On a busy machine, a server may refuse an operation because it is overloaded. That has nothing to do with restarts. */
const isServersOwn = (body: string) => body.includes('"__typename":"Query"') || body.includes("OVERLOADED");

export interface RollingRestarts {
  /** Configured as the guide says. */
  readonly proxy: keyof typeof startProxy;
  readonly restarts: number;
  /** Load lasts until this many requests have been sent, and at least as long as the restarts. */
  readonly requests: number;
  /** Between the requests of one client. */
  readonly pauseMs: number;
  readonly env: Readonly<Record<string, string>>;
}

/** Restarts two servers behind a proxy, one after the other, under load. */
export async function restartUnderLoad(options: RollingRestarts): Promise<Pick<Load, "sent" | "lost">> {
  await using folder = await makeTemporaryFolder("restarts");
  await using program = await buildProgram();
  const ports = [await freePort(), await freePort()];
  const start = (index: number) =>
    program.start({
      PORT: String(ports[index]),
      VALETKEY_STORE_PORT: "0",
      VALETKEY_DATA_DIR: join(folder.path, `data-${index}`),
      ...options.env,
    });
  const servers: RunningProgram[] = [start(0), start(1)];
  await Promise.all(servers.map(({ ready }) => ready));
  const [configuration = ""] = codeBlocks(options.proxy, guide);
  await using proxy = await startProxy[options.proxy](
    configuration
      .replace("10.0.1.10:4000", `127.0.0.1:${ports[0]}`)
      .replace("10.0.1.11:4000", `127.0.0.1:${ports[1]}`),
  );
  await waitUntilItServes(servers[0]?.ready, proxy.url);
  await waitUntilItServes(servers[1]?.ready, proxy.url);
  const load = new Load(proxy.url, options.pauseMs);
  try {
    for (let restart = 0; restart < options.restarts; restart += 1) {
      const index = restart % 2;
      servers[index]?.process.kill("SIGTERM");
      expect(await servers[index]?.ended).toMatchObject({ code: 0 });
      servers[index] = start(index);
      await waitUntilItServes(servers[index]?.ready);
    }
    while (load.sent < options.requests) await sleep(50);
  } finally {
    await load.stop();
  }
  return load;
}

/** Waits until the proxy has sent a request to this server. */
async function waitUntilItServes(ready: Promise<string> | undefined, proxyUrl?: string): Promise<void> {
  const url = await ready;
  const metrics = async () => {
    if (proxyUrl !== undefined) {
      const body = JSON.stringify({ query: "{ __typename }" });
      await fetch(`${proxyUrl}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
    }
    return (await fetch(`${url}/metrics`)).text();
  };
  await expect.poll(metrics).toContain("valetkey_graphql_request_duration_seconds_count{");
}
