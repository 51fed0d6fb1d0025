import { expect, test } from "vitest";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";

const server = await shareInFile(
  startTestServer({ env: { NODE_ENV: "production", VALETKEY_METRICS: "off" } }),
);

test("production does not show Apollo Sandbox", async () => {
  const response = await fetch(`${server.url}/graphql`, { headers: { accept: "text/html" } });
  expect(response.headers.get("content-type")).not.toContain("text/html");
  expect(response.status).toBe(400);
});

test("production allows no other origin, not even that of Apollo Sandbox", async () => {
  const headers = { origin: "https://studio.apollographql.com", "access-control-request-method": "POST" };
  const preflight = await fetch(`${server.url}/graphql`, { method: "OPTIONS", headers });
  expect(preflight.status).toBe(405);
  expect(preflight.headers.get("allow")).toBe("GET, POST");
  expect(preflight.headers.get("access-control-allow-origin")).toBeNull();
  expect(await preflight.json()).toMatchObject({ errors: [{ extensions: { code: "BAD_USER_INPUT" } }] });
});

test.each(["{ __schema { types { name } } }", '{ __type(name: "Query") { name } }'])(
  "production answers no introspection: %s",
  async (query) => {
    expect((await server.client.request(query)).errors).toMatchObject([
      { extensions: { code: "GRAPHQL_VALIDATION_FAILED", retryable: false } },
    ]);
  },
);

test.each([
  ["a field", "{ viewr { subject } }", "viewer"],
  ["an argument", '{ downloadUrl(bucket: "demo", kei: "a") { url } }', "key"],
])("production does not suggest the right name of %s", async (_what, query, name) => {
  const { errors } = await server.client.request(query);
  expect(errors).not.toEqual([]);
  for (const { message } of errors ?? []) expect(message).not.toMatch(new RegExp(`Did you mean.*${name}`));
});

test.each([
  ["a field of an input", { objects: [{ bucket: "demo", key: "a", versionI: "1" }] }],
  ["a field beside text with line breaks", { objects: [{ bucket: "demo", key: "a\n?", versionI: "a\n?" }] }],
  ["a value of an enum", { objects: [], disposition: "INLIN" }],
])("production does not suggest names for %s in the variables", async (_what, variables) => {
  const query = `query ($objects: [ObjectInput!]!, $disposition: Disposition) {
    downloadUrls(objects: $objects) { url }
    downloadUrl(bucket: "demo", key: "a", disposition: $disposition) { url }
  }`;
  const { errors } = await server.client.request(query, variables);
  expect(errors?.[0]?.message).toContain("Variable");
  for (const { message } of errors ?? []) expect(message).not.toContain("Did you mean");
});

test("VALETKEY_METRICS=off turns /metrics off", async () => {
  const response = await fetch(`${server.url}/metrics`);
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "BAD_USER_INPUT" } }] });
});

test("production serves", async () => {
  await server.seed("a", "x");
  const { downloadUrl } = await server.client.data<{ downloadUrl: { url: string } }>(
    '{ downloadUrl(bucket: "demo", key: "a") { url } }',
  );
  expect(await (await fetch(downloadUrl.url)).text()).toBe("x");
});
