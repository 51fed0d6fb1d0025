import { afterAll, beforeAll, expect, test } from "vitest";
import { buildProgram, type RunningProgram } from "../support/built-program.ts";
import { GraphQLClient, GraphQLFailure } from "../support/graphql-client.ts";
import { downloadUrl } from "../support/operations.ts";
import { RawConnection } from "../support/raw-connection.ts";
import { makeTemporaryFolder } from "../support/resources.ts";
import { shareInFile } from "../support/share-in-file.ts";

const program = await shareInFile(buildProgram());
const folder = await shareInFile(makeTemporaryFolder("promises"));

let running: RunningProgram;
let url: string;
beforeAll(async () => {
  running = program.start({
    PORT: "0",
    VALETKEY_STORE_PORT: "0",
    VALETKEY_DATA_DIR: folder.path,
    LOG_LEVEL: "info",
  });
  url = await running.ready;
});
afterAll(() => running.process.kill("SIGTERM"));

const post = (body: string, headers: Record<string, string> = {}) =>
  fetch(`${url}/graphql`, {
    method: "POST",
    body,
    headers: { "content-type": "application/json", ...headers },
  }).then((response) => response.arrayBuffer());
const query = (text: string, variables: object = {}) => post(JSON.stringify({ query: text, variables }));
const many = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join(" ");

function sendRaw(...chunks: string[]): Promise<void> {
  using connection = new RawConnection(Number(new URL(url).port));
  connection.send(...chunks);
  // The connection is reset before the response.
  return new Promise((resolve) => setTimeout(resolve, 50));
}

const hostile: readonly (readonly [string, () => Promise<unknown>])[] = [
  [
    "fragments that multiply",
    () =>
      query(
        `{ ...F0 } ${many(12, (i) => `fragment F${i} on Query { ${many(8, (j) => `a${j}: viewer { subject } ...F${i + 1}`)} }`)} fragment F12 on Query { viewer { subject } }`,
      ),
  ],
  ["10,000 levels", () => query(`{ ${"a { ".repeat(10_000)} b ${"} ".repeat(10_000)} }`)],
  [
    "a long list as a default",
    () =>
      query(
        `query ($o: [ObjectInput!]! = [${'{bucket:"demo",key:"k"} '.repeat(1200)}]) { ${many(60, (i) => `a${i}: downloadUrls(objects: $o, verify: false) { url }`)} }`,
      ),
  ],
  [
    "thousands of URLs",
    () => query(`{ ${many(900, (i) => `a${i}: downloadUrl(bucket: "demo", key: "${i}") { url }`)} }`),
  ],
  ["2 MiB of JSON arrays", () => post("[".repeat(2 ** 20))],
  ["__proto__ as a variable", () => post('{"query":"{viewer{subject}}","variables":{"__proto__":{"a":1}}}')],
  ["a body that is not JSON", () => post("\u0000\u0001{")],
  [
    "a form without an end",
    () =>
      post('--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n{', {
        "content-type": "multipart/form-data; boundary=x",
        "apollo-require-preflight": "true",
      }),
  ],
  ["bytes that are not HTTP", () => sendRaw("\u0016\u0003\u0001\u0000\u0000 not http\r\n\r\n")],
  ["1 MB of headers", () => sendRaw("POST /graphql HTTP/1.1\r\nHost: x\r\n", `A: ${"b".repeat(1e6)}\r\n`)],
  [
    "half of a request",
    () => sendRaw('POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"query"'),
  ],
  [
    "a chunk of a wrong length",
    () =>
      sendRaw(
        "POST /graphql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
        "zz\r\n{}\r\n0\r\n\r\n",
      ),
  ],
  ["a token of 100 KB", () => post("{}", { authorization: `Bearer ${"a.".repeat(50_000)}` })],
];

test.each(hostile)("after %s, the same process serves others", async (_what, send) => {
  const client = new GraphQLClient(url);
  const wellBehaved = (): Promise<unknown> =>
    downloadUrl(client, { bucket: "demo", key: "any", verify: false }).catch((error) => {
      // All requests come from one address, and a client may be asked to try again.
      if (error instanceof GraphQLFailure && error.retryable) return wellBehaved();
      throw error;
    });
  // Its response does not matter, and it may end without one.
  const sent = send().catch(() => {});
  await expect(wellBehaved()).resolves.toMatchObject({ key: "any" });
  await sent;
  await expect(wellBehaved()).resolves.toMatchObject({ key: "any" });
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect(running.process.exitCode).toBeNull();
  expect(running.lines.filter(({ level }) => level >= 50)).toEqual([]);
});
