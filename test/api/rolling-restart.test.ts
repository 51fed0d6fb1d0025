import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { buildProgram, type RunningProgram } from "../support/built-program.ts";
import { startHttpServer } from "../support/listening.ts";
import { codeBlocks } from "../support/markdown.ts";
import { startNginx } from "../support/nginx.ts";
import { makeTemporaryFolder } from "../support/resources.ts";
import { hasNginx } from "../support/shell.ts";

/** `RESTARTS=8 npx vitest run test/api/rolling-restart.test.ts` measures more of them. */
const restarts = Number(process.env.RESTARTS ?? 2);
const clients = 8;
/** Leaves processor time to the tests that run at the same time. */
const pauseMs = process.env.RESTARTS === undefined ? 10 : 0;
const guide = readFileSync(resolve(import.meta.dirname, "../../docs/guides/behind-a-proxy.md"), "utf8");

async function freePort(): Promise<number> {
  await using server = await startHttpServer();
  return server.port;
}

/** Sends requests by POST, which proxies do not send again, on connections that stay open. */
class Load {
  sent = 0;
  readonly lost: string[] = [];
  readonly #agent = new Agent({ keepAlive: true });
  readonly #url: string;
  readonly #running: Promise<unknown>;
  #stopped = false;

  constructor(url: string) {
    this.#url = url;
    this.#running = Promise.all(Array.from({ length: clients }, () => this.#run()));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    this.#agent.destroy();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.sent += 1;
      const result = await this.#send();
      if (result !== "200") this.lost.push(result);
      await sleep(pauseMs);
    }
  }

  #send(): Promise<string> {
    return new Promise((resolve) => {
      const headers = { "content-type": "application/json" };
      request(`${this.#url}/graphql`, { method: "POST", agent: this.#agent, headers }, (response) => {
        response.resume().on("end", () => resolve(String(response.statusCode)));
      })
        .on("error", (error) => resolve(error.message))
        .end('{"query":"{ __typename }"}');
    });
  }
}

describe.runIf(hasNginx)("servers behind nginx that are restarted one after the other", () => {
  test("lose no request", { timeout: 300_000 }, async () => {
    await using folder = await makeTemporaryFolder("restarts");
    await using program = await buildProgram();
    const ports = [await freePort(), await freePort()];
    const start = (index: number) =>
      program.start({
        PORT: String(ports[index]),
        VALETKEY_STORE_PORT: "0",
        VALETKEY_DATA_DIR: join(folder.path, `data-${index}`),
        VALETKEY_DRAIN_DELAY_SECONDS: process.env.DRAIN_DELAY ?? "1",
      });
    const servers: RunningProgram[] = [start(0), start(1)];
    await Promise.all(servers.map(({ ready }) => ready));
    const [block = ""] = codeBlocks("nginx", guide);
    await using nginx = await startNginx(
      block
        .replace("10.0.1.10:4000", `127.0.0.1:${ports[0]}`)
        .replace("10.0.1.11:4000", `127.0.0.1:${ports[1]}`),
    );
    const load = new Load(nginx.url);
    try {
      for (let restart = 0; restart < restarts; restart += 1) {
        const index = restart % 2;
        servers[index]?.process.kill("SIGTERM");
        expect(await servers[index]?.ended).toMatchObject({ code: 0 });
        servers[index] = start(index);
        const url = await servers[index]?.ready;
        // nginx has noticed that the server is back.
        const metrics = async () => (await fetch(`${url}/metrics`)).text();
        await expect
          .poll(metrics, { timeout: 60_000 })
          .toContain("valetkey_graphql_request_duration_seconds_count{");
      }
    } finally {
      await load.stop();
    }
    if (process.env.RESTARTS !== undefined) console.log(`${load.sent} requests, ${load.lost.length} lost`);
    expect(load.lost).toEqual([]);
    expect(load.sent).toBeGreaterThan(restarts * 100);
  });
});
