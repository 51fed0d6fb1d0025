import { describe, expect, test } from "vitest";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";

const server = await shareInFile(startTestServer({ env: { NODE_ENV: "production" } }));

const repeated = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join(" ");

/** Five types, each of whose fragments uses the next one `uses` times. */
const chainOfFragments = (uses: number) => `
  { ${repeated(uses, (i) => `a${i}: objects(bucket: "x") { ...C }`)} }
  fragment C on ObjectConnection { ${repeated(uses, (i) => `b${i}: edges { ...E }`)} }
  fragment E on ObjectEdge { ${repeated(uses, (i) => `c${i}: node { ...N }`)} }
  fragment N on S3Object { ${repeated(uses, (i) => `d${i}: downloadUrl { ...D }`)} }
  fragment D on DownloadUrl { ${repeated(uses, (i) => `e${i}: url`)} }`;

/** Each fragment uses the next one twice, and the last one uses a fragment that does not exist. */
const doublingFragments = (levels: number) =>
  `{ ...F0 } ${repeated(levels, (i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`)}`;

const nested = (levels: number) => `{ ${"viewer { ".repeat(levels)}subject${" }".repeat(levels)} }`;
const nestedTooDeeply = /nested too deeply: at most 30 selection sets/;
const longName = "n".repeat(100_000);
const objects = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ bucket: "demo", key: `k${i}` }));

describe("a document is refused before it is validated", () => {
  test.each<[string, string, RegExp]>([
    [
      "a chain of fragments that are used 20 times each",
      chainOfFragments(20),
      /more than 5000 fields and fragments/,
    ],
    [
      "a chain of fragments that are used 60 times each",
      chainOfFragments(60),
      /more than 5000 fields and fragments/,
    ],
    [
      "fragments without fields that double at 26 levels",
      doublingFragments(26),
      /more than 5000 fields and fragments/,
    ],
    [
      "a text of more than 64 KiB",
      `{ viewer { subject } } #${"x".repeat(65_536)}`,
      /query text has 65,560 bytes/,
    ],
    [
      "a text that takes two bytes for each character",
      `{ viewer { subject } } #${"€".repeat(30_000)}`,
      /90,024 bytes/,
    ],
    [
      "more than 10,000 tokens",
      `{ ${"subject ".repeat(6000)} ${"a:b ".repeat(2000)} }`,
      /more than 10,000 tokens/,
    ],
    [
      "one response name thousands of times",
      `{ viewer { ${"subject ".repeat(4000)} } }`,
      /repeats the same response names/,
    ],
    [
      "one response name at many levels",
      `{ ${"viewer { grants { bucket } } ".repeat(600)} }`,
      /repeats the same response names/,
    ],
    [
      "one response name with arguments, which validation prints for each comparison",
      `{ ${'a: downloadUrl(bucket: "demo", key: "k") { url } '.repeat(160)} }`,
      /repeats the same response names/,
    ],
    [
      "one fragment hundreds of times at the same place",
      `{ ${"...F ".repeat(400)} } fragment F on Query { __typename }`,
      /repeats the same response names or fragments/,
    ],
    [
      "an alias of 50,000 characters",
      `{ ${"n".repeat(50_000)}: viewer { subject } }`,
      /has 50000 characters/,
    ],
    [
      "an operation's name of 200 characters",
      `query ${"n".repeat(200)} { viewer { subject } }`,
      /has 200 characters/,
    ],
    [
      "a variable's name of 200 characters",
      `query ($${"n".repeat(200)}: Int) { viewer { subject } }`,
      /has 200 characters/,
    ],
    [
      "200 operations",
      repeated(200, (i) => `query q${i} { viewer { subject } }`),
      /200 operations and fragments/,
    ],
    ["selection sets nested 40 times", nested(40), nestedTooDeeply],
    ["selection sets nested 3,000 times", nested(3000), nestedTooDeeply],
    ["lists nested 4,000 times", `{ a(b: ${"[".repeat(4000)}${"]".repeat(4000)}) }`, nestedTooDeeply],
    // Without a limit before parsing, the stack would end, at a depth that depends on the version of Node.js.
    ["objects nested 13,000 times", `{ a(b: ${"{c: ".repeat(13_000)}0${"}".repeat(8)}) }`, nestedTooDeeply],
    ["brackets that are not closed", "{a ".repeat(20_000), nestedTooDeeply],
    [
      "a fragment that uses itself",
      "{ ...A } fragment A on Query { viewer { grants { bucket } } ...A }",
      /uses itself/,
    ],
  ])("%s", async (_what, query, message) => {
    const { status, errors, data } = await server.client.request(query);
    expect(status).toBe(400);
    expect(data).toBeUndefined();
    expect(errors).toHaveLength(1);
    expect(errors?.[0]?.message).toMatch(message);
    expect(errors?.[0]?.message.length).toBeLessThan(300);
  });

  test("also when a persisted query is registered", async () => {
    const query = `{ viewer { subject } } #${"x".repeat(65_536)}`;
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(query)));
    const persistedQuery = { version: 1, sha256Hash: Buffer.from(hash).toString("hex") };
    const send = (body: object) =>
      server.client.post(JSON.stringify(body), { "content-type": "application/json" });
    expect((await send({ query, extensions: { persistedQuery } })).status).toBe(400);
    expect((await send({ extensions: { persistedQuery } })).errors).toMatchObject([
      { extensions: { code: "PERSISTED_QUERY_NOT_FOUND" } },
    ]);
  });
});

test("a persisted query is found again by its hash", async () => {
  const query = "query persisted { viewer { authenticated } }";
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(query)));
  const persistedQuery = { version: 1, sha256Hash: Buffer.from(hash).toString("hex") };
  const send = (body: object) =>
    server.client.post(JSON.stringify(body), { "content-type": "application/json" });
  expect((await send({ extensions: { persistedQuery } })).errors).toMatchObject([
    { extensions: { code: "PERSISTED_QUERY_NOT_FOUND", retryable: true } },
  ]);
  const expected = { data: { viewer: { authenticated: false } } };
  expect(await send({ query, extensions: { persistedQuery } })).toMatchObject(expected);
  expect(await send({ extensions: { persistedQuery } })).toMatchObject(expected);
});

describe("a request is refused before its variables are converted", () => {
  const query =
    "query ($objects: [ObjectInput!]!) { downloadUrls(objects: $objects, verify: false) { url } }";

  test.each<[string, Record<string, unknown>, RegExp]>([
    ["more than 40,000 values", { objects: objects(20_000) }, /more than 40,000 values/],
    [
      "a string of 1.5 MB",
      { objects: "x".repeat(1_500_000) },
      /A string in the variables has 1,500,000 characters/,
    ],
    ["a name of 100,000 characters", { objects: { [longName]: 1 } }, /has 100000 characters/],
  ])("%s", async (_what, variables, message) => {
    const { status, errors } = await server.client.request(query, variables);
    expect(status).toBe(400);
    expect(errors).toHaveLength(1);
    expect(errors?.[0]?.message).toMatch(message);
  });

  test("an operation's name of 500 KB", async () => {
    const body = JSON.stringify({ query: "{ viewer { subject } }", operationName: "n".repeat(500_000) });
    const { status, errors } = await server.client.post(body, { "content-type": "application/json" });
    expect(status).toBe(400);
    expect(errors?.[0]?.message).toMatch(/has 500000 characters/);
  });
});

describe("errors", () => {
  test("of validation are at most 20, and one that says so", async () => {
    const { errors } = await server.client.request(`{ ${repeated(500, (i) => `unknown${i}`)} }`);
    expect(errors).toHaveLength(21);
  });

  test("of variables are at most 20, and each is short", async () => {
    const query = "query ($objects: [ObjectInput!]!) { downloadUrls(objects: $objects) { url } }";
    const bad = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`u${i}`, "x".repeat(16_000)]));
    const { errors } = await server.client.request(query, { objects: [bad] });
    expect(errors?.length).toBeLessThanOrEqual(21);
    for (const { message } of errors ?? []) expect(message.length).toBeLessThanOrEqual(1000);
  });

  test("of a batch of 1,000 items that fail are all there", async () => {
    const query =
      "query ($objects: [ObjectInput!]!) { downloadUrls(objects: $objects, verify: false) { url } }";
    const elsewhere = objects(1000).map(({ key }) => ({ bucket: "not-there", key }));
    const { data, errors } = await server.client.request<{ downloadUrls: null[] }>(query, {
      objects: elsewhere,
    });
    expect(data?.downloadUrls).toHaveLength(1000);
    expect(errors).toHaveLength(1000);
    expect(errors?.[999]).toMatchObject({
      path: ["downloadUrls", 999],
      locations: [{ line: 1, column: 37 }],
    });
  });

  test("tell line and column of a syntax error, of validation and of a resolver", async () => {
    expect((await server.client.request("\n\n  {")).errors).toMatchObject([
      { locations: [{ line: 3, column: 4 }] },
    ]);
    expect((await server.client.request("{\r\n  viewer {\n subjekt } }")).errors).toMatchObject([
      { locations: [{ line: 3, column: 2 }] },
    ]);
    const query = '{\n  a: downloadUrl(bucket: "not-there", key: "k", verify: false) { url }\n}';
    expect((await server.client.request(query)).errors).toMatchObject([
      { locations: [{ line: 2, column: 3 }] },
    ]);
  });
});
