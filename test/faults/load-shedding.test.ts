import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { shareInFile } from "../support/share-in-file.ts";
import { startDemoServer } from "../support/test-server.ts";

const server = await shareInFile(startDemoServer());
const metric = /^valetkey_shed_requests_total\{reason="event_loop"\} (\d+)$/m;
const patiently = { timeout: 120_000 };

const ask = () =>
  fetch(`${server.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "{ viewer { authenticated } }" }),
  });

/** Makes each turn of this process's event loop take more processor time than a server has that is not overloaded. */
function makeTurnsLong() {
  let isRunning = true;
  let turns = 0;
  void (async () => {
    for (; isRunning; turns += 1) {
      const startedAt = process.cpuUsage();
      for (let used = 0; used < 570_000; ) {
        const { user, system } = process.cpuUsage(startedAt);
        used = user + system;
      }
      await setImmediate();
    }
  })();
  return {
    turns: () => turns,
    [Symbol.dispose]() {
      isRunning = false;
    },
  };
}

test("while turns of the event loop are long, GraphQL requests are refused early, and nothing else is", async () => {
  expect((await ask()).status).toBe(200);
  {
    using load = makeTurnsLong();
    await expect.poll(load.turns, patiently).toBeGreaterThan(6);
    const [refused, ...others] = await Promise.all([
      ask(),
      ...["/healthz", "/readyz", "/metrics"].map((path) => fetch(server.url + path)),
    ]);
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(await refused.json()).toMatchObject({
      errors: [{ extensions: { code: "OVERLOADED", retryable: true } }],
    });
    expect(others.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(Number(metric.exec(await (others[2] as Response).text())?.[1])).toBeGreaterThan(0);
  }
  await expect.poll(async () => (await ask()).status, patiently).toBe(200);
});
