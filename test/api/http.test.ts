import { request as httpRequest } from "node:http";
import { describe, expect, test } from "vitest";
import { parseAnswer, rawRequest } from "../support/raw-request.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";

const origin = "https://app.example.com";
const server = await shareInFile(startTestServer({ env: { VALETKEY_ORIGINS: origin } }));
const { url } = server;

const json = { "content-type": "application/json" };
const question = JSON.stringify({ query: "{ viewer { authenticated } }" });
const answer = { data: { viewer: { authenticated: false } } };
const graphql = (init: RequestInit = {}, query = "") => fetch(`${url}/graphql${query}`, init);
const post = (body: string, headers: Record<string, string> = json) =>
  graphql({ method: "POST", body, headers });
/** What every error of every path looks like. */
const errorOf = (code: string) => ({
  errors: [{ message: expect.any(String), extensions: expect.objectContaining({ code, retryable: false }) }],
});

describe("/healthz and /readyz", () => {
  test.each([
    ["/healthz", { status: "ok" }],
    ["/readyz", { status: "ready" }],
  ])("%s responds", async (path, body) => {
    const response = await fetch(url + path);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(body);
  });
});

describe("/metrics", () => {
  test("has the documented metrics, and nothing about callers", async () => {
    await server.seed("metrics-key", "x");
    await server.client.data('{ downloadUrl(bucket: "demo", key: "metrics-key") { url } }');
    await server.client.request("{ nonsense }");
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get("content-type")).toContain("text/plain");
    const text = await response.text();
    for (const line of [
      'valetkey_assume_role_total{outcome="ok"} 1',
      "valetkey_role_sessions 1",
      'valetkey_presigned_urls_total{operation="get"} 1',
      'valetkey_s3_request_duration_seconds_count{operation="HeadObject",outcome="ok"} 1',
      "valetkey_upload_bytes_total 0",
      "valetkey_uploads_in_flight 0",
      'valetkey_graphql_request_duration_seconds_count{operation_type="query",outcome="ok"} 1',
      "process_resident_memory_bytes ",
      "nodejs_eventloop_lag_seconds ",
    ]) {
      expect(text).toContain(line);
    }
    expect(text).not.toContain("metrics-key");
  });
});

describe("/graphql", () => {
  test("answers a POST", async () => {
    const response = await post(question);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(answer);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("executes a query by GET if a header shows that no other site sent it", async () => {
    const query = `?${new URLSearchParams({ query: "{ viewer { authenticated } }" })}`;
    const response = await graphql({ headers: { "apollo-require-preflight": "1" } }, query);
    expect(await response.json()).toEqual(answer);
    expect(response.headers.get("cache-control")).toBe("no-store");
    const forged = await graphql({}, query);
    expect(forged.status).toBe(400);
    expect(await forged.json()).toMatchObject(errorOf("BAD_USER_INPUT"));
  });

  test("sends Cache-Control: no-store with every response", async () => {
    const persisted = { persistedQuery: { version: 1, sha256Hash: "0".repeat(64) } };
    const asked = `?${new URLSearchParams({ extensions: JSON.stringify(persisted) })}`;
    const answers = [
      await post(JSON.stringify({ extensions: persisted })),
      await graphql({ headers: { "apollo-require-preflight": "1" } }, asked),
      await graphql({ headers: { accept: "text/html" } }),
      await graphql({ method: "DELETE" }),
      await graphql({ method: "OPTIONS", headers: { origin, "access-control-request-method": "POST" } }),
      await graphql({}, "%zz"),
      await post("x".repeat(2 * 2 ** 20 + 1)),
      await fetch(`${url}/graphql/`),
    ];
    const unknown = "PROPFIND /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    answers.push(new Response(null, parseAnswer(await rawRequest(url, unknown))));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 405, 204, 400, 413, 400, 404]);
    for (const { headers } of answers) expect(headers.get("cache-control")).toBe("no-store");
  });

  test.each(["", "localhost", "localhost:99999", "127.0.0.1:1"])(
    "ignores the Host header: %j",
    async (host) => {
      const status = await new Promise<number | undefined>((resolve, reject) => {
        httpRequest(`${url}/graphql`, { method: "POST", headers: { ...json, host } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on("error", reject)
          .end(question);
      });
      expect(status).toBe(200);
    },
  );

  test("executes no mutation by GET", async () => {
    await server.seed("kept", "x");
    const mutation = 'mutation { deleteObjects(objects: [{ bucket: "demo", key: "kept" }]) { key } }';
    const response = await graphql(
      { headers: { "apollo-require-preflight": "1" } },
      `?${new URLSearchParams({ query: mutation })}`,
    );
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("POST");
    expect(await response.json()).toMatchObject(errorOf("BAD_USER_INPUT"));
    await server.client.data('{ downloadUrl(bucket: "demo", key: "kept") { key } }');
  });

  test.each(["text/plain", "text/html", "application/xml", "image/*", "application/json;q=0, text/html"])(
    "executes nothing for a client that does not accept JSON: %s",
    async (accept) => {
      await server.seed("kept from accept", "x");
      const query =
        'mutation { deleteObjects(objects: [{ bucket: "demo", key: "kept from accept" }]) { key } }';
      const response = await post(JSON.stringify({ query }), { ...json, accept });
      expect(response.status).toBe(406);
      expect(await response.json()).toEqual(errorOf("BAD_USER_INPUT"));
      await server.client.data('{ downloadUrl(bucket: "demo", key: "kept from accept") { key } }');
    },
  );

  test("does not even read what such a client sends", async () => {
    expect((await post("{", { ...json, accept: "text/plain" })).status).toBe(406);
  });

  test.each([
    "",
    "application/json",
    "text/html, */*;q=0.1",
    "application/*",
    "application/graphql-response+json",
    "application/graphql-response+json, application/json;q=0.9",
    "application/json; charset=utf-8",
  ])("answers a POST that accepts %j", async (accept) => {
    const response = await post(question, { ...json, accept });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(answer);
  });

  test("shows Sandbox to a browser", async () => {
    const response = await graphql({ headers: { accept: "text/html" } });
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(await response.text()).toContain("sandbox");
  });

  test.each(["PUT", "PATCH", "DELETE"])("takes no %s", async (method) => {
    const response = await graphql({ method, headers: json, body: question });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("GET, POST");
    expect(await response.json()).toMatchObject(errorOf("BAD_USER_INPUT"));
  });

  test.each([
    ["no JSON", "{ viewer"],
    ["an empty body", ""],
    ["no operation", "{}"],
    ["a number", "7"],
    ["a batch", `[${question}]`],
    ["a query that is no string", '{"query":{"a":1}}'],
    ["variables that are no object", '{"query":"{ viewer { authenticated } }","variables":[1]}'],
    ["a prototype", '{"__proto__":{"query":"{ viewer { authenticated } }"}}'],
  ])("refuses %s", async (_what, body) => {
    const response = await post(body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject(errorOf("BAD_USER_INPUT"));
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  test.each([
    ["that ends too early", "{ viewer", "GRAPHQL_PARSE_FAILED"],
    ["with an unknown field", "{ noSuchField }", "GRAPHQL_VALIDATION_FAILED"],
    ["of 10,001 names", `{ viewer { ${"a ".repeat(10_001)} } }`, "GRAPHQL_PARSE_FAILED"],
    ["of 45,000 brackets", "[".repeat(45_000), "BAD_USER_INPUT"],
  ])("refuses a document %s", async (_what, query, code) => {
    const response = await post(JSON.stringify({ query }));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject(errorOf(code));
  });

  test("refuses an operation that asks for a gigabyte, and serves the next", async () => {
    const urls = Array.from({ length: 60 }, (_, index) => `a${index}: url`).join(" ");
    const objects = Array.from({ length: 1000 }, (_, index) => ({ bucket: "demo", key: `${index}` }));
    const query = `query ($objects: [ObjectInput!]!) { downloadUrls(objects: $objects, verify: false) { ${urls} } }`;
    const response = await post(JSON.stringify({ query, variables: { objects } }));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject(errorOf("BAD_USER_INPUT"));
    expect((await post(question)).status).toBe(200);
  });

  test("accepts a JSON body of 2 MiB and not one byte more", async () => {
    const padded = (bytes: number) => question + " ".repeat(bytes - question.length);
    expect((await post(padded(2 * 2 ** 20))).status).toBe(200);
    const response = await post(padded(2 * 2 ** 20 + 1));
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject(errorOf("BAD_USER_INPUT"));
  });

  test("accepts a body with 100,000 opening brackets, and does not parse one with more", async () => {
    const withBrackets = (count: number) => `{"query":"{__typename}","unknown":"${"[".repeat(count - 2)}"}`;
    expect((await post(withBrackets(100_000))).status).toBe(200);
    const notJson = "[".repeat(100_001);
    for (const body of [withBrackets(100_001), notJson]) {
      const response = await post(body);
      expect(response.status).toBe(400);
      const message = "The request has 100,001 opening brackets, and at most 100,000 are allowed.";
      expect(await response.json()).toMatchObject({ errors: [{ message }] });
    }
  });

  test.each(["text/plain", "application/x-www-form-urlencoded", "application/xml", "nonsense"])(
    "accepts no body of %s, which other sites' forms could send",
    async (type) => {
      const response = await post(question, { "content-type": type });
      expect(response.status).toBe(415);
      expect(await response.json()).toMatchObject(errorOf("BAD_USER_INPUT"));
    },
  );

  test("accepts a form only with a header that other sites' forms cannot send", async () => {
    const form = new FormData();
    form.set("operations", question);
    form.set("map", "{}");
    const response = await graphql({ method: "POST", body: form });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject(errorOf("BAD_USER_INPUT"));
    for (const header of ["apollo-require-preflight", "x-apollo-operation-name"]) {
      const allowed = await graphql({ method: "POST", body: form, headers: { [header]: "x" } });
      expect(await allowed.json()).toEqual(answer);
    }
  });
});

test.each(["/nothing", "/graphql/more", "/healthz/more", "/..%2f..%2fetc/passwd", "/%zz"])(
  "there is nothing at %s",
  async (path) => {
    const response = await fetch(url + path);
    expect([400, 404]).toContain(response.status);
    expect(await response.json()).toMatchObject(errorOf("BAD_USER_INPUT"));
  },
);

describe("bytes that are not a request", () => {
  const json400 = [400, errorOf("BAD_USER_INPUT")];
  test.each([
    ["no HTTP", "nonsense\r\n\r\n", json400],
    ["a method that nobody knows", "FOO /graphql HTTP/1.1\r\nHost: localhost\r\n\r\n", json400],
    ["a chunk without a length", chunked("zz\r\n"), json400],
    ["no host", "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n", json400],
    ["too long a header", longHeader(20_000), [431, errorOf("BAD_USER_INPUT")]],
    ["a header that goes on and on", longHeader(8 * 2 ** 20), [431, errorOf("BAD_USER_INPUT")]],
  ])("%s is refused", async (_what, text, expected) => {
    const { status, headers, body } = parseAnswer(await rawRequest(url, text));
    expect([status, JSON.parse(body)]).toEqual(expected);
    expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("connection")).toBe("close");
  });

  test("does not affect other clients, however long it continues", async () => {
    await rawRequest(url, "nonsense\r\n\r\n".repeat(100_000));
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test("HTTP/1.0 needs no host", async () => {
    expect(parseAnswer(await rawRequest(url, "GET /healthz HTTP/1.0\r\n\r\n")).status).toBe(200);
  });
});

describe("CORS", () => {
  const preflight = (from: string) =>
    graphql({
      method: "OPTIONS",
      headers: {
        origin: from,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,authorization,apollo-require-preflight",
      },
    });

  test.each([origin, "https://studio.apollographql.com", "https://sandbox.embed.apollographql.com"])(
    "lets %s in",
    async (from) => {
      const response = await preflight(from);
      expect(response.ok).toBe(true);
      expect(response.headers.get("access-control-allow-origin")).toBe(from);
      expect(response.headers.get("access-control-allow-headers")).toContain("authorization");
      const real = await post(question, { ...json, origin: from });
      expect(real.headers.get("access-control-allow-origin")).toBe(from);
      expect(real.headers.get("vary")?.toLowerCase()).toContain("origin");
    },
  );

  test.each<[string, Record<string, string>]>([
    ["/graphql", {}],
    ["/graphql", { origin }],
    ["/graphql", { "access-control-request-method": "POST" }],
    ["/healthz", {}],
    ["/nothing", {}],
  ])("answers an OPTIONS of %s that is not a preflight: %j", async (path, headers) => {
    const response = await fetch(url + path, { method: "OPTIONS", headers });
    expect(response.status).toBe(204);
    expect(response.headers.get("content-type")).toBeNull();
  });

  test.each(["https://evil.example", `${origin}.evil.example`, "http://app.example.com", "null"])(
    "keeps %s out",
    async (from) => {
      for (const response of [await preflight(from), await post(question, { ...json, origin: from })]) {
        expect(response.headers.get("access-control-allow-origin")).not.toBe(from);
        expect(response.headers.get("access-control-allow-origin")).not.toBe("*");
        expect(response.headers.get("access-control-allow-credentials")).toBeNull();
      }
    },
  );
});

function longHeader(length: number): string {
  return `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(length)}\r\n\r\n`;
}

function chunked(body: string): string {
  const fields = "Host: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked";
  return `POST /graphql HTTP/1.1\r\n${fields}\r\n\r\n${body}`;
}
