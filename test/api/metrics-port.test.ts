import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { startHttpServer } from "../support/listening.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startDemoServer } from "../support/test-server.ts";

const server = await shareInFile(startDemoServer({ VALETKEY_METRICS_PORT: "0" }));
const metricsUrl = server.app.metricsUrl ?? "";

test("VALETKEY_METRICS_PORT moves /metrics to a port of its own", async () => {
  const response = await fetch(metricsUrl);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toContain("text/plain");
  expect(await response.text()).toMatch(/^valetkey_uploads_in_flight 0$/m);

  const onMainPort = await fetch(`${server.url}/metrics`);
  expect(onMainPort.status).toBe(404);
  expect(await onMainPort.json()).toMatchObject({ errors: [{ extensions: { code: "BAD_USER_INPUT" } }] });
});

test("the port serves nothing else, and its errors are JSON", async () => {
  for (const path of ["/", "/graphql", "/healthz", "/metrics/%"]) {
    const response = await fetch(new URL(path, metricsUrl));
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { retryable: false } }] });
  }
  expect((await fetch(metricsUrl, { method: "POST", body: "{}" })).status).toBeGreaterThanOrEqual(400);
});

test("a page whose name resolves to 127.0.0.1 cannot read the metrics of a development server", async () => {
  const socket = connect(Number(new URL(metricsUrl).port), "127.0.0.1").setEncoding("latin1");
  socket.write("GET /metrics HTTP/1.1\r\nHost: attacker.example\r\nConnection: close\r\n\r\n");
  const [response] = (await once(socket, "data")) as [string];
  expect(response).toContain("HTTP/1.1 403");
});

test("a port that is taken is named with its variable, and leaves nothing running", async () => {
  await using holder = await startHttpServer();
  await expect(startDemoServer({ VALETKEY_METRICS_PORT: String(holder.port) })).rejects.toThrow(
    `VALETKEY_METRICS_PORT: got ${holder.port}, cannot listen there on 127.0.0.1 (EADDRINUSE)`,
  );
});
