import { describe, expect, test } from "vitest";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";

const server = await shareInFile(startTestServer({ env: { NODE_ENV: "production" } }));

const aliases = (count: number, text: string) =>
  Array.from({ length: count }, (_, index) => `a${index}: ${text}`).join(" ");
const object = '{ bucket: "demo", key: "k" }';
const objects = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ bucket: "demo", key: `k${i}` }));
const multipart = '{ input: { bucket: "demo", key: "k" }, size: 9000000, method: MULTIPART }';

const resumed = Array.from(
  { length: 30 },
  (_, index) =>
    `b${index}: requestUpload(input: { bucket: "demo", key: "k" }, size: 9000000, resume: true) { __typename }`,
).join(" ");

describe("an operation is refused before it runs if it asks for too much", () => {
  test.each<[string, string, Record<string, unknown>, RegExp]>([
    [
      "by a list that is the default of a variable",
      `query ($o: [ObjectInput!]! = [${`${object} `.repeat(600)}]) { ${aliases(50, "downloadUrls(objects: $o, verify: false) { url }")} }`,
      {},
      /more than 90,000 values, where a URL counts 25/,
    ],
    [
      "by the same list as a variable",
      `query ($o: [ObjectInput!]!) { ${aliases(50, "downloadUrls(objects: $o, verify: false) { url }")} }`,
      { o: objects(600) },
      /more than 90,000 values/,
    ],
    [
      "pages without first, with a field under many names",
      `{ ${aliases(20, `objects(bucket: "demo") { nodes { ${aliases(50, "key")} } }`)} }`,
      {},
      /more than 90,000 values/,
    ],
    [
      "of S3, by many multipart uploads",
      `mutation { ${aliases(3, `requestUploads(uploads: [${multipart}]) { __typename }`)} ${resumed} }`,
      {},
      /needs up to 3,063 calls to S3, and at most 2,500 are allowed/,
    ],
    [
      "of S3, by verifying many URLs",
      `query ($o: [ObjectInput!]!) { ${aliases(3, "downloadUrls(objects: $o) { key }")} }`,
      { o: objects(1000) },
      /needs up to 3,000 calls to S3/,
    ],
    [
      "by one long list in the arguments of many fields",
      `query ($o: [ObjectInput!]!) { ${aliases(40, "downloadUrls(objects: $o, verify: false) { key }")} }`,
      { o: objects(1000) },
      /arguments of the operation hold more than 40,000 values/,
    ],
  ])("%s", async (_what, query, variables, message) => {
    const { status, data, errors } = await server.client.request(query, variables);
    expect(status).toBe(400);
    expect(data).toBeUndefined();
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", retryable: false } }]);
    expect(errors?.[0]?.message).toMatch(message);
  });
});

test("a batch of 1,000 URLs is within the limits", async () => {
  const query =
    "query ($o: [ObjectInput!]!) { downloadUrls(objects: $o, verify: false) { url expiresAt bucket key region } }";
  const { status, data } = await server.client.request<{ downloadUrls: unknown[] }>(query, {
    o: objects(1000),
  });
  expect(status).toBe(200);
  expect(data?.downloadUrls).toHaveLength(1000);
});
