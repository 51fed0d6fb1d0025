import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { buildProgram } from "../support/built-program.ts";
import { makeTemporaryFolder } from "../support/resources.ts";
import { shareInFile } from "../support/share-in-file.ts";

const { path: root } = await shareInFile(makeTemporaryFolder("drain-delay"));
const program = await shareInFile(buildProgram());

let environment: Record<string, string>;
beforeEach(async () => {
  const VALETKEY_DATA_DIR = await mkdtemp(join(root, "data-"));
  environment = { PORT: "0", VALETKEY_STORE_PORT: "0", VALETKEY_DATA_DIR, LOG_LEVEL: "info" };
});

const statusOf = (url: string) =>
  fetch(url).then(
    ({ status }) => status,
    () => "refused",
  );

/** A connection that has served one request, as proxies keep it. */
async function keptConnection(url: string) {
  const { host, port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname).setEncoding("latin1");
  socket.on("error", () => {});
  const send = async () => {
    socket.write(`GET /healthz HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    const [response] = (await once(socket, "data")) as [string];
    return response;
  };
  expect(await send()).toContain("HTTP/1.1 200");
  return { send, closed: once(socket, "close") };
}

describe("VALETKEY_DRAIN_DELAY_SECONDS", () => {
  test("lets everything be served after SIGTERM, and tells clients to close their connections", async () => {
    const server = program.start({ ...environment, VALETKEY_DRAIN_DELAY_SECONDS: "600" });
    const url = await server.ready;
    const kept = await keptConnection(url);
    server.process.kill("SIGTERM");
    await expect.poll(() => statusOf(`${url}/readyz`)).toBe(503);
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: "{ __typename }" }),
    });
    expect(await response.json()).toEqual({ data: { __typename: "Query" } });
    expect(response.headers.get("connection")).toBe("close");
    expect(await kept.send()).toMatch(/^HTTP\/1.1 200 .*connection: close/is);
    await kept.closed;
    server.process.kill("SIGTERM");
    expect(await server.ended).toMatchObject({ signal: "SIGTERM" });
  });

  test("serves a request on an idle connection after new ones are refused, and then ends", async () => {
    const server = program.start({ ...environment, VALETKEY_DRAIN_DELAY_SECONDS: "1" });
    const url = await server.ready;
    const used = await keptConnection(url);
    const unused = await keptConnection(url);
    server.process.kill("SIGTERM");
    await expect.poll(() => statusOf(`${url}/healthz`), { timeout: 30_000 }).toBe("refused");
    // For a moment, the connection may still be kept.
    await expect.poll(() => used.send()).toMatch(/^HTTP\/1.1 200 .*connection: close/is);
    await used.closed;
    await unused.closed;
    expect(await server.ended).toMatchObject({ code: 0 });
  });
});
