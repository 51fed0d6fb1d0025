import { describe, expect, test } from "vitest";
import { GraphQLClient } from "../../support/graphql-client.ts";
import { startFastifyHost, startNodeHost } from "../../support/mounted-server.ts";
import { downloadUrl, uploadFile, uploadFileMutation } from "../../support/operations.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { bucket, otherBucket, startTestServer } from "../../support/test-server.ts";

const MiB = 2 ** 20;
const env = { VALETKEY_MAX_UPLOAD_BYTES: "30MiB", VALETKEY_MAX_FILES: "2" };
const alone = await shareInFile(startTestServer({ env }));
const { store } = alone;
const mounts = {
  "the Fastify plugin": await shareInFile(startFastifyHost({ env, store })),
  "the handler for node:http": await shareInFile(startNodeHost({ env, store })),
};

interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | FormData;
  readonly search?: string;
}

function form(operations: string, file: Blob = new Blob(["x"])): FormData {
  const data = new FormData();
  data.set("operations", operations);
  data.set("map", '{"0":["variables.file"]}');
  data.set("0", file);
  return data;
}

const json = { "content-type": "application/json" };
const preflight = { "apollo-require-preflight": "1" };
const upload = (input: object) =>
  JSON.stringify({ query: uploadFileMutation, variables: { file: null, input } });
const post = (query: string): Sent => ({ headers: json, body: JSON.stringify({ query }) });

const requests: readonly (readonly [what: string, sent: Sent])[] = [
  ["a query", post("{ viewer { authenticated } }")],
  ["a batch", { headers: json, body: "[]" }],
  ["JSON that does not parse", { headers: json, body: "{" }],
  ["an empty body", { headers: json, body: "" }],
  ["a property __proto__", { headers: json, body: '{"__proto__":{},"query":"{__typename}"}' }],
  ["a body of more than 2 MiB", { headers: json, body: `"${"x".repeat(3 * MiB)}"` }],
  ["another media type", { headers: { "content-type": "text/plain" }, body: "{}" }],
  ["another charset", { headers: { "content-type": "application/json; charset=latin1" }, body: "{}" }],
  ["a response type that does not exist", { headers: { ...json, accept: "image/png" }, body: "{}" }],
  ["a token that is not accepted", { headers: { ...json, authorization: "Bearer x" }, body: "{}" }],
  ["a syntax error", post("{")],
  ["an unknown field", post("{ nothing }")],
  ["too many tokens", post(`{ ${"a ".repeat(10_000)} }`)],
  ["too many values", post(`{ ${`__schema { types { fields { type { fields { name } } } } }`} }`)],
  ["an object that does not exist", post(`{ downloadUrl(bucket: "${bucket}", key: "none") { url } }`)],
  ["a bucket without a grant", post(`{ downloadUrl(bucket: "${otherBucket}", key: "a") { url } }`)],
  ["a GET without the header", { method: "GET", search: "?query={__typename}" }],
  ["a GET", { method: "GET", search: "?query={__typename}", headers: preflight }],
  ["a mutation by GET", { method: "GET", search: "?query=mutation{__typename}", headers: preflight }],
  ["another method", { method: "PUT" }],
  ["a form without the header", { body: form(upload({ bucket, key: "a" })) }],
  ["a form with a bad map", { headers: preflight, body: form("{}") }],
  ["a form that is refused", { headers: preflight, body: form(upload({ bucket: otherBucket, key: "a" })) }],
  [
    "a file that is too large",
    { headers: preflight, body: form(upload({ bucket, key: "a" }), new Blob([new Uint8Array(31 * MiB)])) },
  ],
];

/** The response without what differs from one request to the next. */
async function responseOf(client: GraphQLClient, { method = "POST", search = "", ...rest }: Sent) {
  const response = await fetch(`${client.url}/graphql${search}`, { method, ...rest });
  const header = (name: string) => response.headers.get(name);
  return {
    status: response.status,
    type: header("content-type"),
    cacheControl: header("cache-control"),
    nosniff: header("x-content-type-options"),
    hasRequestId: header("x-request-id") !== null,
    retryAfter: header("retry-after"),
    allow: header("allow"),
    challenge: header("www-authenticate"),
    body: JSON.parse(await response.text()),
  };
}

describe.each(Object.entries(mounts))("%s", (_name, host) => {
  test.each(requests)("responds as the stand-alone server does to %s", async (_what, sent) => {
    expect(await responseOf(host.client, sent)).toEqual(await responseOf(alone.client, sent));
  });

  test("uploads a form of 20 MiB", async () => {
    const bytes = Buffer.alloc(20 * MiB, "valet");
    await uploadFile(host.client, new Blob([bytes]), { bucket, key: "large" });
    const { url } = await downloadUrl(host.client, { bucket, key: "large" });
    expect(bytes.equals(Buffer.from(await (await fetch(url)).arrayBuffer()))).toBe(true);
  });

  test("responds to early refusals on a connection that is used again", async () => {
    for (const size of [0.1, 3, 10]) {
      const file = new Blob([new Uint8Array(size * MiB)]);
      const refused = uploadFile(host.client, file, { bucket: otherBucket, key: "refused" });
      await expect(refused).rejects.toMatchObject({ code: "FORBIDDEN" });
      await uploadFile(host.client, new Blob(["hello"]), { bucket, key: "stored" });
    }
  });
});
