import { expect, test } from "vitest";
import { Transport } from "../../src/core/transport.ts";
import { viewerOperation } from "../../src/generated/strings.ts";
import { ImpatientClock } from "../virtual-clock.ts";

const viewer = { data: { viewer: { subject: "alice", authenticated: true, grants: [] } } };

/** Responds with each of the responses in turn, and keeps what was sent. */
function fakeFetch(...responses: (() => Response)[]) {
  const tokens: (string | null)[] = [];
  const fetch: typeof globalThis.fetch = async (_url, init) => {
    tokens.push(new Headers(init?.headers).get("authorization"));
    const respond = responses.shift();
    if (respond === undefined) throw new TypeError("fetch failed");
    return respond();
  };
  return { fetch, tokens };
}

function json(body: unknown, status = 200, headers: Record<string, string> = {}) {
  return () => Response.json(body, { status, headers });
}

function html(status: number, headers: Record<string, string> = {}) {
  return () => new Response("<html>Bad Gateway</html>", { status, headers });
}

function graphqlError(code: string, retryable: boolean) {
  return { errors: [{ message: `It is ${code}.`, extensions: { code, retryable } }] };
}

function start(...responses: (() => Response)[]) {
  const clock = new ImpatientClock();
  const { fetch, tokens } = fakeFetch(...responses);
  let asked = 0;
  const token = () => `t${++asked}`;
  const transport = new Transport({ url: "http://server.example/graphql", fetch, token }, clock);
  return { transport, tokens, clock };
}

test.each([
  [401, "UNAUTHENTICATED", false],
  [403, "FORBIDDEN", false],
  [404, "NETWORK", false],
  [413, "BAD_USER_INPUT", false],
  [429, "RATE_LIMITED", true],
  [500, "INTERNAL_SERVER_ERROR", true],
  [502, "NETWORK", true],
  [503, "OVERLOADED", true],
  [504, "TIMEOUT", true],
])("a proxy's page with status %i is the error %s", async (status, code, retryable) => {
  const { transport } = start(...Array.from({ length: 4 }, () => html(status)));
  await expect(transport.request(viewerOperation, {})).rejects.toMatchObject({ code, retryable });
});

test("a retryable error is repeated, after the time that Retry-After asks for", async () => {
  const { transport, clock } = start(
    json(graphqlError("RATE_LIMITED", true), 429, { "retry-after": "7" }),
    html(503, { "retry-after": "3" }),
    json(viewer),
  );
  expect(await transport.request(viewerOperation, {})).toEqual(viewer.data);
  expect(clock.sleeps).toHaveLength(2);
  expect(clock.sleeps[0]).toBeGreaterThanOrEqual(7000);
  expect(clock.sleeps[1]).toBeGreaterThanOrEqual(3000);
});

test("a server that cannot be reached is the error NETWORK, after four attempts", async () => {
  const { transport, tokens } = start();
  await expect(transport.request(viewerOperation, {})).rejects.toMatchObject({
    code: "NETWORK",
    retryable: true,
  });
  expect(tokens).toHaveLength(4);
});

test("a pause that is longer than five minutes is not waited for", async () => {
  const { transport, clock } = start(html(503, { "retry-after": "3600" }));
  await expect(transport.request(viewerOperation, {})).rejects.toMatchObject({ retryAfterMs: 3_600_000 });
  expect(clock.sleeps).toEqual([]);
});

test.each([
  ["with HTTP status 401", json(graphqlError("UNAUTHENTICATED", false), 401)],
  ["in a response with data", json({ data: { viewer: null }, ...graphqlError("UNAUTHENTICATED", false) })],
])("after UNAUTHENTICATED %s, the request is sent once more with a new token", async (_how, refusal) => {
  const { transport, tokens } = start(refusal, json(viewer));
  expect(await transport.request(viewerOperation, {})).toEqual(viewer.data);
  expect(tokens).toEqual(["Bearer t1", "Bearer t2"]);
});

test("a second UNAUTHENTICATED is the caller's", async () => {
  const refusal = json(graphqlError("UNAUTHENTICATED", false), 401);
  const { transport, tokens } = start(refusal, refusal);
  await expect(transport.request(viewerOperation, {})).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  expect(tokens).toHaveLength(2);
});

test("an issuer that cannot be reached does not renew the token", async () => {
  const { transport, tokens } = start(json(graphqlError("UNAUTHENTICATED", true), 401), json(viewer));
  expect(await transport.request(viewerOperation, {})).toEqual(viewer.data);
  expect(tokens).toEqual(["Bearer t1", "Bearer t1"]);
});

test("an aborted signal ends the request with ABORTED, and without another attempt", async () => {
  const { transport, tokens } = start();
  const signal = AbortSignal.abort();
  await expect(transport.request(viewerOperation, {}, { signal })).rejects.toMatchObject({ code: "ABORTED" });
  expect(tokens).toEqual([]);
});
