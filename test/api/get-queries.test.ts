import { describe, expect, test } from "vitest";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";

const server = await shareInFile(startTestServer());
const production = await shareInFile(startTestServer({ env: { NODE_ENV: "production" } }));

const data = { viewer: { authenticated: false } };
const queryString = `?${new URLSearchParams({ query: "{ viewer { authenticated } }" })}`;
/** The header Accept of each client by default. */
const clients = [
  [
    "urql",
    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed",
  ],
  ["graphql-request", "application/graphql-response+json, application/json"],
  ["Houdini", "application/graphql+json, application/json"],
  ["a client of the GraphQL over HTTP specification", "application/graphql-response+json"],
  ["fetch", "*/*"],
] as const;

describe("a query by GET", () => {
  test.each(clients)("of %s is refused with an error that says how to send it", async (_name, accept) => {
    const response = await fetch(`${server.url}/graphql${queryString}`, { headers: { accept } });
    expect(response.status).toBe(400);
    const { errors } = (await response.json()) as { errors: { message: string; extensions: object }[] };
    expect(errors[0]?.extensions).toEqual({ code: "BAD_USER_INPUT", retryable: false });
    for (const remedy of ["apollo-require-preflight: 1", "preferGetMethod: false", 'method: "POST"']) {
      expect(errors[0]?.message).toContain(remedy);
    }
  });

  test.each(clients)("of %s is executed with the header that the error names", async (_name, accept) => {
    const headers = { accept, "apollo-require-preflight": "1" };
    const response = await fetch(`${server.url}/graphql${queryString}`, { headers });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ data });
  });

  test.each(clients)("of %s can be sent by POST instead", async (_name, accept) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: "POST",
      headers: { accept, "content-type": "application/json" },
      body: JSON.stringify({ query: "{ viewer { authenticated } }" }),
    });
    expect(await response.json()).toEqual({ data });
  });

  test.each(["x-apollo-operation-name", "content-type"])("is executed with the header %s", async (name) => {
    const headers = { [name]: "application/json" };
    const response = await fetch(`${server.url}/graphql${queryString}`, { headers });
    expect(await response.json()).toEqual({ data });
  });

  test("is refused if the header is empty", async () => {
    const headers = { "apollo-require-preflight": "" };
    expect((await fetch(`${server.url}/graphql${queryString}`, { headers })).status).toBe(400);
  });

  test("is never executed for a client that prefers a page", async () => {
    const headers = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
    const page = await fetch(`${server.url}/graphql${queryString}`, { headers });
    expect(page.headers.get("content-type")).toMatch(/^text\/html/);
    const refused = await fetch(`${production.url}/graphql${queryString}`, { headers });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: "BAD_USER_INPUT" } }] });
  });
});

test("a form without the header is refused with an error that names it", async () => {
  const form = new FormData();
  form.set("operations", JSON.stringify({ query: "{ viewer { authenticated } }" }));
  form.set("map", "{}");
  const response = await fetch(`${server.url}/graphql`, { method: "POST", body: form });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    errors: [{ message: expect.stringContaining("apollo-require-preflight: 1") }],
  });
});
