import { expect, onTestFinished, test, vi } from "vitest";
import { PreparedOperations } from "../../../src/graphql/operation/prepared-operations.ts";
import { manifestEntry, sha256, writeManifest } from "../../support/operation-manifest.ts";
import { makeTemporaryFolder } from "../../support/resources.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { bucket, startTestServer } from "../../support/test-server.ts";

const viewer = manifestEntry("query Viewer {\n  viewer {\n    authenticated\n  }\n}");
const object = manifestEntry(
  "query Sizes($bucket: String!, $key: String!) { object(bucket: $bucket, key: $key) { size } }",
);
const upload = manifestEntry(
  "mutation Send($file: Upload!, $input: UploadInput!) { uploadFile(file: $file, input: $input) { key size } }",
);
const named = { ...manifestEntry("query Named { viewer { subject } }"), id: "an id that is not a hash" };

const folder = await shareInFile(makeTemporaryFolder("manifest"));
const manifest = await writeManifest(folder.path, [viewer, object, upload, named]);
const server = await shareInFile(startTestServer({ env: { VALETKEY_PERSISTED_OPERATIONS: manifest } }));
const url = `${server.url}/graphql`;

const byId = (sha256Hash: string) => ({ persistedQuery: { version: 1, sha256Hash } });

async function read(response: Response) {
  const json = (await response.json()) as {
    data?: unknown;
    errors?: { message: string; extensions: object }[];
  };
  return { status: response.status, ...json };
}

async function post(body: object) {
  const headers = { "content-type": "application/json" };
  return read(await fetch(url, { method: "POST", headers, body: JSON.stringify(body) }));
}

async function get(parameters: Readonly<Record<string, string>>) {
  const headers = { "apollo-require-preflight": "1" };
  return read(await fetch(`${url}?${new URLSearchParams(parameters)}`, { headers }));
}

async function sendForm(operation: object) {
  const form = new FormData();
  form.set("operations", JSON.stringify(operation));
  form.set("map", JSON.stringify({ 0: ["variables.file"] }));
  form.set("0", new Blob(["a file"]));
  const headers = { "apollo-require-preflight": "1" };
  return read(await fetch(url, { method: "POST", headers, body: form }));
}

const signedOut = { data: { viewer: { authenticated: false } } };
const notAllowed = { code: "FORBIDDEN", retryable: false };
const notFound = { code: "PERSISTED_QUERY_NOT_FOUND", retryable: false };

test("executes an operation by its id, by POST and by GET", async () => {
  expect(await post({ extensions: byId(viewer.id) })).toEqual({ status: 200, ...signedOut });
  expect(await get({ extensions: JSON.stringify(byId(viewer.id)) })).toEqual({ status: 200, ...signedOut });
  expect(await post({ extensions: byId(named.id) })).toMatchObject({ data: { viewer: { subject: null } } });
});

test("executes an operation by its id without Apollo's pipeline from the first request on", async () => {
  const execute = vi.spyOn(PreparedOperations.prototype, "execute");
  onTestFinished(() => execute.mockRestore());
  await server.seed("a.txt", "abc");
  const variables = { bucket, key: "a.txt" };
  for (const sent of [{ extensions: byId(object.id) }, { query: object.body }]) {
    const response = await post({ ...sent, operationName: object.name, variables });
    expect(response).toEqual({ status: 200, data: { object: { size: 3 } } });
    expect(await execute.mock.results.at(-1)?.value).toEqual({ data: { object: { size: 3 } } });
  }
});

test("executes an operation whose whole text is sent, however a client prints it", async () => {
  for (const query of [viewer.body, "query Viewer{viewer{authenticated}}"])
    expect(await post({ query })).toEqual({ status: 200, ...signedOut });
  expect(await post({ query: viewer.body, extensions: byId(viewer.id) })).toEqual({
    status: 200,
    ...signedOut,
  });
  expect(await get({ query: viewer.body })).toEqual({ status: 200, ...signedOut });
});

test("stores the file of a form by the operation's id, and by its text", async () => {
  for (const [key, sent] of [
    ["by-id", { extensions: byId(upload.id) }],
    ["by-text", { query: upload.body }],
  ] as const) {
    const variables = { file: null, input: { bucket, key } };
    const response = await sendForm({ ...sent, variables });
    expect(response).toEqual({ status: 200, data: { uploadFile: { key, size: 6 } } });
  }
});

test("refuses every other text before it is parsed", async () => {
  const texts = ["{ viewer { authenticated } }", "this is not GraphQL", "{ __schema { types { name } } }"];
  for (const query of texts) {
    for (const response of [await post({ query }), await get({ query })]) {
      expect(response.status).toBe(403);
      expect(response.errors).toMatchObject([
        { message: expect.stringContaining("manifest"), extensions: notAllowed },
      ]);
      expect(response.data).toBeUndefined();
    }
  }
});

test("refuses the id of no operation, also with a text that is to be registered", async () => {
  const query = "{ viewer { subject } }";
  const id = sha256(query);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const response = await post({ extensions: byId(id) });
    expect(response.errors?.map(({ extensions }) => extensions)).toEqual([notFound]);
    const registered = await post({ query, extensions: byId(id) });
    expect(registered.errors?.map(({ extensions }) => extensions)).toEqual([notAllowed]);
  }
});

test("stores no file of a form with another operation", async () => {
  const variables = { file: null, input: { bucket, key: "refused" } };
  const query = upload.body.replace("key size", "size");
  const response = await sendForm({ query, variables });
  expect(response.errors).toMatchObject([{ extensions: notAllowed }]);
  const unknown = await sendForm({ extensions: byId(sha256(query)), variables });
  expect(unknown.errors).toMatchObject([{ extensions: notFound }]);
  const found = await post({ extensions: byId(object.id), variables: { bucket, key: "refused" } });
  expect(found).toMatchObject({ data: { object: null } });
});

test("does not execute a mutation by GET", async () => {
  const response = await get({ extensions: JSON.stringify(byId(upload.id)) });
  expect(response.status).toBe(405);
});
