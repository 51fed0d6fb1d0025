import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { startIssuer } from "../support/issuer.ts";
import { startTestServer } from "../support/test-server.ts";

const issuer = await startIssuer();
const server = await startTestServer({ issuer });
afterAll(async () => {
  await server.close();
  await issuer.close();
});
/** The caller who notices nothing; all the others have no token. */
const other = server.client.as(await issuer.token({ sub: "other" }));

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

async function open(): Promise<{ socket: Socket; received: () => string }> {
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  sockets.push(socket);
  let text = "";
  socket
    .on("error", () => {})
    .on("data", (chunk) => {
      text = (text + chunk.toString("latin1")).slice(-100_000);
    });
  await once(socket, "connect");
  return { socket, received: () => text };
}

function post(body: string, { type = "application/json", length = body.length } = {}): string {
  const headers = `Content-Type: ${type}\r\nApollo-Require-Preflight: 1\r\nContent-Length: ${length}`;
  return `POST /graphql HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n\r\n${body}`;
}

async function expectOthersAreServed(): Promise<void> {
  for (const path of ["/healthz", "/readyz", "/metrics"]) {
    expect((await fetch(server.url + path)).status).toBe(200);
  }
  expect(await other.data("{ viewer { authenticated } }")).toEqual({ viewer: { authenticated: true } });
}

/** A request without a token. */
const ask = () =>
  fetch(`${server.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "{ viewer { authenticated } }" }),
  });

const patiently = { timeout: 60_000, interval: 200 };

test("only callers who do not read large responses are refused", {
  timeout: 180_000,
}, async () => {
  // Each + takes three characters in a URL, so that a response has about 8 MB: more than the sockets' buffers hold.
  const key = (index: number) => `unread/${index}/${"+".repeat(950)}`;
  const objects = Array.from({ length: 1000 }, (_, index) => ({ bucket: "demo", key: key(index) }));
  const fields = Array.from(
    { length: 2 },
    (_, n) => `a${n}: downloadUrls(objects: $objects, verify: false) { url }`,
  );
  const query = `query ($objects: [ObjectInput!]!) { ${fields.join(" ")} }`;
  for (let count = 0; count < 20; count += 1) {
    const { socket } = await open();
    socket.pause().write(post(JSON.stringify({ query, variables: { objects } })));
  }
  // A busy machine can refuse one request and serve the next.
  let refused = await ask();
  const askAgain = async () => {
    refused = await ask();
    return refused.status;
  };
  await expect.poll(askAgain, patiently).toBe(503);
  expect(refused.headers.get("retry-after")).toBe("1");
  expect(await refused.json()).toMatchObject({
    errors: [{ extensions: { code: "OVERLOADED", retryable: true } }],
  });
  await expectOthersAreServed();
  for (const socket of sockets) socket.destroy();
  await expect.poll(async () => (await ask()).status, patiently).toBe(200);
});

describe("callers whose bodies do not end hold a bounded amount of memory", () => {
  const filler = "x".repeat(2 ** 20);
  const form = `--b\r\nContent-Disposition: form-data; name="operations"\r\n\r\n${filler}`;
  test.each([
    ["JSON", `"${filler}`, "application/json"],
    ["a form's fields", form, "multipart/form-data; boundary=b"],
  ])("%s", { timeout: 120_000 }, async (_what, unfinished, type) => {
    const connections: Awaited<ReturnType<typeof open>>[] = [];
    for (let count = 0; count < 40; count += 1) {
      const connection = await open();
      connection.socket.write(post(unfinished, { type, length: unfinished.length + 100 }));
      connections.push(connection);
    }
    const refused = () => connections.filter(({ received }) => received().includes('"OVERLOADED"')).length;
    await expect.poll(refused, patiently).toBeGreaterThanOrEqual(8);
    expect(connections[0]?.received()).toContain("HTTP/1.1 503");
    expect(connections[0]?.received().toLowerCase()).toContain("retry-after: 1");
    await expectOthersAreServed();
    expect((await ask()).status).toBe(200);
  });
});

test("pipelined requests do not delay other clients", { timeout: 120_000 }, async () => {
  const { socket } = await open();
  let responses = 0;
  socket.on("data", (chunk) => {
    responses += chunk.toString("latin1").split("HTTP/1.1 200").length - 1;
  });
  const total = 5000;
  socket.write(post(JSON.stringify({ query: "{ viewer { authenticated } }" })).repeat(total));
  await expect.poll(() => responses, patiently).toBeGreaterThan(0);
  await expectOthersAreServed();
  expect(responses).toBeLessThan(total / 2);
});

test("a caller who sends many heavy requests at once is refused some of them", {
  timeout: 180_000,
}, async () => {
  const objects = Array.from({ length: 300 }, (_, index) => ({ bucket: "demo", key: `heavy/${index}` }));
  const query =
    "query ($objects: [ObjectInput!]!) { downloadUrls(objects: $objects, verify: false) { url } }";
  const request = post(JSON.stringify({ query, variables: { objects } }));
  const connections: Awaited<ReturnType<typeof open>>[] = [];
  for (let count = 0; count < 400; count += 1) connections.push(await open());
  const statuses: number[] = [];
  for (const { socket } of connections) {
    socket.on("data", (chunk) => {
      for (const [, status] of chunk.toString("latin1").matchAll(/HTTP\/1\.1 (\d+)/g))
        statuses.push(Number(status));
    });
    socket.write(request);
  }
  await expectOthersAreServed();
  expect(statuses.length).toBeLessThan(connections.length);
  await expect.poll(() => statuses.length, patiently).toBe(connections.length);
  expect(new Set(statuses)).toEqual(new Set([200, 503]));
});
