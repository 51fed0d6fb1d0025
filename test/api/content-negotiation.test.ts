import { describe, expect, test } from "vitest";
import { startIssuer } from "../support/issuer.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";

const issuer = await shareInFile(startIssuer());
const server = await shareInFile(startTestServer({ issuer, env: { VALETKEY_RATE_LIMIT: "20/1h" } }));

const json = { "content-type": "application/json" };
const query = JSON.stringify({ query: "{ viewer { authenticated } }" });
const post = (headers: Record<string, string>, body = query) =>
  fetch(`${server.url}/graphql`, { method: "POST", headers: { ...json, ...headers }, body });

describe("an error that is returned before GraphQL", () => {
  const graphqlResponse = "application/graphql-response+json; charset=utf-8";
  const cases: [number, string, Record<string, string>, string?][] = [
    [401, "/graphql", { authorization: "Bearer nonsense" }],
    [413, "/graphql", {}, "x".repeat(2 ** 21 + 1)],
    [415, "/graphql", { "content-type": "text/plain" }],
    [400, "/graphql", {}, "{"],
    [404, "/nothing", {}],
  ];
  test.each(cases)("%d has the media type that the client prefers", async (status, path, headers, body) => {
    const send = (accept: string) =>
      fetch(server.url + path, {
        method: "POST",
        headers: { ...json, accept, ...headers },
        body: body ?? query,
      });
    for (const [accept, type] of [
      ["application/graphql-response+json,application/json;q=0.9", graphqlResponse],
      ["application/json, application/graphql-response+json;q=0.5", "application/json; charset=utf-8"],
      ["*/*", "application/json; charset=utf-8"],
    ] as const) {
      const response = await send(accept);
      expect(response.status).toBe(status);
      expect(response.headers.get("content-type")).toBe(type);
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { retryable: false } }] });
    }
  });

  test("406 is JSON, since the client accepts nothing that we could send", async () => {
    const response = await post({ accept: "text/plain" });
    expect(response.status).toBe(406);
    expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
  });

  test("429 has the media type that the client prefers", async () => {
    const accept = "application/graphql-response+json";
    const alice = await issuer.token({ sub: "alice" });
    let response: Response;
    do response = await post({ accept, authorization: `Bearer ${alice}` });
    while (response.status === 200);
    expect(response.status).toBe(429);
    expect(response.headers.get("content-type")).toBe(graphqlResponse);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "RATE_LIMITED" } }] });
  });
});

describe("the charset of a JSON body", () => {
  const status = async (type: string) => {
    const token = await issuer.token({ sub: `charset ${type}` });
    return (await post({ "content-type": type, authorization: `Bearer ${token}` })).status;
  };

  test.each([
    "application/json",
    "application/json;charset=utf-8",
    'application/json; charset="UTF-8"',
    "application/json; charset=utf8",
    "Application/JSON ; Charset = utf-8",
  ])("may be UTF-8: %s", async (type) => {
    expect(await status(type)).toBe(200);
  });

  test.each([
    "application/json; charset=utf-7",
    "application/json; charset=utf-16le",
    'application/json; charset="iso-8859-1"',
    "application/json; charset=",
    "application/json; charset=utf-8; charset=utf-7",
    "application/json; x=y; CHARSET=UTF-7",
  ])("may not be another: %s", async (type) => {
    expect(await status(type)).toBe(415);
  });
});
