import { expect, onTestFinished, test, vi } from "vitest";
import { PreparedOperations } from "../../src/graphql/operation/prepared-operations.ts";
import { createSchema } from "../../src/graphql/schema.ts";
import { DocumentFuzzer } from "../fuzz/documents.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { anyoneMayDoAnything, bucket, startTestServer, versionedBucket } from "../support/test-server.ts";

const server = await shareInFile(startTestServer({ grants: anyoneMayDoAnything }));
for (const key of ["a.txt", "b.txt", "folder/c.txt"]) await server.seed(key, key);
const withoutPrepared = await shareInFile(
  startTestServer({ store: server.store, env: { VALETKEY_PREPARED: "off" } }),
);

interface Sent {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  readonly operationName?: string | undefined;
}

interface Response {
  readonly status: number;
  readonly headers: readonly (string | null)[];
  readonly text: string;
}

async function post(
  url: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  const fixed = ["content-type", "cache-control", "vary"].map((name) => response.headers.get(name));
  return { status: response.status, headers: fixed, text: withoutSecrets(await response.text()) };
}

/** Replaces what differs between two requests in any case: times, signatures, sealed ids and request ids. */
function withoutSecrets(text: string): string {
  return text
    .replaceAll(/(X-Amz-(?:Date|Expires|Signature|Credential|Security-Token))=[^&"\\]*/gi, "$1")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replaceAll(/[\w-]{60,}={0,2}|[\da-f]{8}-[\da-f-]{27}/g, "SEALED");
}

/** Whether the last request was executed without Apollo. */
function watchPrepared(): () => Promise<boolean> {
  const execute = vi.spyOn(PreparedOperations.prototype, "execute");
  onTestFinished(() => execute.mockRestore());
  return async () => (await execute.mock.results.at(-1)?.value) !== undefined;
}

const accepting = (accept: string) => ({ accept });

const addressed = `(bucket: "${bucket}", key: "a.txt")`;
const object = `query ($bucket: String = "${bucket}", $key: String!) { object(bucket: $bucket, key: $key) { key size metadata { name value } downloadUrl { url expiresAt } } }`;
const several = "query One { viewer { subject } } query Two { viewer { authenticated } }";
const page = `query ($first: Int, $detailed: Boolean = false) {
  objects(bucket: "${bucket}", first: $first) { nodes { ...Facts } edges @include(if: $detailed) { cursor node { key } } pageInfo { hasNextPage } }
}
fragment Facts on S3Object { __typename key size etag @skip(if: $detailed) }`;
const urls =
  "query ($objects: [ObjectInput!]!) { downloadUrls(objects: $objects, verify: true) { url key } }";
const put = `mutation ($input: UploadInput!) { requestUpload(input: $input, size: 3) { __typename ... on PutUpload { url headers { name value } receipt } } }`;

const requests: readonly (Sent & { readonly name: string })[] = [
  { name: "a union, fragments and aliases", query: put, variables: { input: { bucket, key: "new.txt" } } },
  { name: "a default of a variable", query: object, variables: { key: "a.txt" } },
  { name: "null for a variable with a default", query: object, variables: { key: "a.txt", bucket: null } },
  { name: "an object that is not there", query: object, variables: { key: "none" } },
  { name: "an invalid key", query: object, variables: { key: "" } },
  { name: "a variable that is left out", query: object },
  { name: "a variable of another type", query: object, variables: { key: 4 } },
  { name: "a variable that nobody declared", query: object, variables: { key: "a.txt", more: [1] } },
  {
    name: "a name of variable that is too long",
    query: object,
    variables: { key: "a.txt", ["n".repeat(200)]: 1 },
  },
  {
    name: "an error in a field that cannot be null",
    query: `{ downloadUrl(bucket: "${bucket}", key: "none") { url } }`,
  },
  {
    name: "errors of some items",
    query: urls,
    variables: {
      objects: [
        { bucket, key: "a.txt" },
        { bucket, key: "none" },
        { bucket: "UPPER", key: "a" },
      ],
    },
  },
  { name: "one item instead of a list", query: urls, variables: { objects: { bucket, key: "b.txt" } } },
  {
    name: "too many items",
    query: urls,
    variables: { objects: Array.from({ length: 1001 }, () => ({ bucket, key: "a" })) },
  },
  { name: "a null in a list of values", query: urls, variables: { objects: [null] } },
  { name: "a list that is null", query: urls, variables: { objects: null } },
  { name: "directives that leave out a field", query: page, variables: { first: 2, detailed: true } },
  { name: "null for an argument with a default", query: page, variables: { first: null } },
  { name: "a page size of zero", query: page, variables: { first: 0 } },
  { name: "the first of two operations", query: several, operationName: "One" },
  { name: "the second of two operations", query: several, operationName: "Two" },
  { name: "an operation that is not there", query: several, operationName: "Three" },
  { name: "none of two operations", query: several },
  {
    name: "names that objects of JavaScript already have",
    query: `query ($__proto__: String = "${bucket}", $constructor: String!) {
      __proto__: object(bucket: $__proto__, key: $constructor) { toString: key constructor: size __proto__: etag }
      hasOwnProperty: viewer { valueOf: subject }
    }`,
    variables: { constructor: "a.txt" },
  },
  {
    name: "strings with every kind of quotes and line ends",
    query: `{ object(bucket: "${bucket}", key: "\u2028\\"'\`\${x}") { key } a: object(bucket: "${bucket}", key: """
      "quoted" \\ \u0000 
    """) { key } }`,
  },
  { name: "__typename", query: "{ __typename viewer { __typename } }" },
  { name: "introspection", query: "{ __schema { queryType { name } } }" },
  {
    name: "the same field several times, merged",
    query: `{ a: object${addressed} { key } a: object${addressed} { size } }`,
  },
  {
    name: "a bucket nobody may use",
    query: `{ downloadUrl(bucket: "forbidden-bucket", key: "a") { url } viewer { subject } }`,
  },
  {
    name: "a mutation of several fields, in order",
    query: `mutation { a: deleteObjects(objects: [{ bucket: "${versionedBucket}", key: "none" }]) { key error { code } } b: copyObject(from: { bucket: "${bucket}", key: "none" }, to: { bucket: "${bucket}", key: "x" }) { key } }`,
  },
  { name: "a document that does not parse", query: "{ viewer" },
  { name: "a document that is not valid", query: "{ viewer { nobody } }" },
];

test.each(requests)(
  "$name: the response is the same without Apollo's pipeline",
  async ({ name: _name, ...sent }) => {
    const withApollo = await post(withoutPrepared.url, sent);
    // First with Apollo, then twice with graphql-js, then compiled.
    for (let time = 0; time < 4; time += 1) expect(await post(server.url, sent)).toEqual(withApollo);
  },
);

test("a document's second request is executed without Apollo's pipeline", async () => {
  const isPrepared = watchPrepared();
  const sent = { query: "query Second { viewer { subject } }" };
  await post(server.url, sent);
  expect(await isPrepared()).toBe(false);
  await post(server.url, sent);
  expect(await isPrepared()).toBe(true);
});

test("what is refused before a resolver runs is left to Apollo", async () => {
  const isPrepared = watchPrepared();
  await post(server.url, { query: object, variables: { key: "a.txt" } });
  await post(server.url, { query: object, variables: { key: "a.txt" } });
  expect(await isPrepared()).toBe(true);
  const { status, text } = await post(server.url, { query: object, variables: { key: {} } });
  expect(await isPrepared()).toBe(false);
  expect(status).toBe(400);
  expect(text).toContain("BAD_USER_INPUT");
});

test.each([
  "*/*",
  "application/graphql-response+json",
  "application/graphql-response+json, application/json;q=0.9",
  "application/json;charset=utf-8",
  "text/html, */*;q=0.1",
  "text/plain",
])("Accept %s: the response has the same type and status", async (accept) => {
  for (const variables of [{ key: "a.txt" }, { key: "none" }, { key: "" }, {}]) {
    const sent = { query: object, variables };
    const withApollo = await post(withoutPrepared.url, sent, accepting(accept));
    for (let time = 0; time < 3; time += 1) await post(server.url, sent, accepting(accept));
    expect(await post(server.url, sent, accepting(accept))).toEqual(withApollo);
  }
});

test.each([
  { query: "{ viewer { subject } }", variables: [] },
  { query: "{ viewer { subject } }", variables: "{}" },
  { query: "{ viewer { subject } }", variables: null, operationName: null, extensions: null },
  { query: "{ viewer { subject } }", operationName: 4 },
  { query: "{ viewer { subject } }", operationName: "" },
  { query: "{ viewer { subject } }", extensions: {} },
  { query: "{ viewer { subject } }", extensions: { persistedQuery: { version: 2 } } },
  { query: "" },
  { query: { kind: "Document" } },
  {},
  [{ query: "{ viewer { subject } }" }],
])("a body with unusual members gets the same response: %j", async (body) => {
  await post(server.url, { query: "{ viewer { subject } }" });
  expect(await post(server.url, body)).toEqual(await post(withoutPrepared.url, body));
});

test.each([11, 12, 13])("generated documents of seed %i get the same responses", async (seed) => {
  const fuzzer = new DocumentFuzzer(await createSchema(), seed);
  for (let round = 0; round < 40; round += 1) {
    const { shape, ...sent } = fuzzer.nextRequest();
    // Their order of effects is not that of one server.
    if (/^\s*mutation/.test(sent.query)) continue;
    const withApollo = await post(withoutPrepared.url, sent);
    for (let time = 0; time < 3; time += 1) await post(server.url, sent);
    const prepared = await post(server.url, sent);
    if (hasNullData(withApollo.text)) expectEqualButForLateErrors(prepared, withApollo, shape);
    else expect(prepared, shape).toEqual(withApollo);
  }
});

function hasNullData(text: string): boolean {
  return (JSON.parse(text) as { data?: unknown }).data === null;
}

/**
 * The first error that makes `data` null ends an operation, so whether other fields have failed by then depends on how
 * fast the store is. What both responses report about a field is the same.
 */
function expectEqualButForLateErrors(actual: Response, expected: Response, shape: string): void {
  expect({ ...actual, text: "" }, shape).toEqual({ ...expected, text: "" });
  expect(hasNullData(actual.text), shape).toBe(true);
  const [errors, others] = [errorsByPath(actual), errorsByPath(expected)];
  const paths = [...errors.keys()].filter((path) => others.has(path));
  expect(paths, shape).not.toEqual([]);
  for (const path of paths) expect(errors.get(path), shape).toEqual(others.get(path));
}

function errorsByPath({ text }: Response): Map<string, unknown> {
  const { errors } = JSON.parse(text) as { errors: readonly { readonly path?: readonly unknown[] }[] };
  return new Map(errors.map((error) => [JSON.stringify(error.path), error]));
}
