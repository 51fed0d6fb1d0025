import { describe, expect, test } from "vitest";
import { untilServed } from "../support/graphql-client.ts";
import { downloadUrl, requestUpload } from "../support/operations.ts";
import { sendPut } from "../support/presigned-requests.ts";
import { startRecordingProxy } from "../support/recording-proxy.ts";
import { startTogether } from "../support/resources.ts";
import { type GrantRule, startTestServer } from "../support/test-server.ts";
import { ownPrefix, seed, store } from "./store.ts";

const { main: bucket, versioned } = store.buckets;
const prefix = ownPrefix("counted");

/** Starts a server that has not assumed its role yet, behind a proxy that counts its calls to the store. */
function startCounted() {
  return startTogether(async (started) => {
    const gateway = await started.use(startRecordingProxy(store.endpoint));
    const grants = [bucket, versioned].map(
      (name): GrantRule => ({
        who: "anonymous",
        bucket: name,
        prefix,
        allow: ["DOWNLOAD", "UPLOAD", "LIST"],
      }),
    );
    const { client } = await started.use(startTestServer({ store, s3Url: gateway.url, grants }));
    return { gateway, client };
  });
}

const everyField = `key size versionId contentType contentDisposition cacheControl metadata { name }
  checksum { value } tags { name } downloadUrl { url }`;

describe("one HEAD an object, whatever fields are asked for:", () => {
  test.each([bucket, versioned])("object in %s", async (name) => {
    const key = `${prefix}one ${name}`;
    const versionId = await seed(name, key, "x");
    await using counted = await startCounted();
    const { gateway, client } = counted;
    const query = `query ($bucket: String!, $key: String!, $versionId: String) {
      object(bucket: $bucket, key: $key, versionId: $versionId) { ${everyField} }
    }`;
    for (const variables of [
      { bucket: name, key },
      { bucket: name, key, versionId },
    ]) {
      gateway.forget();
      await client.data(query, variables);
      expect([gateway.count("HeadObject"), gateway.count("GetObjectTagging")]).toEqual([1, 1]);
    }
  });

  test.each([bucket, versioned])("copyObject to %s: one of the original, one of the copy", async (name) => {
    const from = { bucket, key: `${prefix}original ${name}` };
    await seed(bucket, from.key, "x");
    await using counted = await startCounted();
    const { gateway, client } = counted;
    await client.data(
      `mutation ($from: ObjectInput!, $to: UploadInput!) { copyObject(from: $from, to: $to) { ${everyField} } }`,
      { from, to: { bucket: name, key: `${prefix}copy` } },
    );
    expect(gateway.requests.map(({ operation }) => operation)).toEqual([
      "AssumeRole",
      "HeadObject",
      "CopyObject",
      "HeadObject",
      "GetObjectTagging",
    ]);
  });

  test.each([bucket, versioned])("completeUpload in %s", async (name) => {
    await using counted = await startCounted();
    const { gateway, client } = counted;
    const input = { bucket: name, key: `${prefix}parts` };
    const upload = await requestUpload(client, "MULTIPART", { input, size: 1 });
    for (const part of upload.parts) await sendPut(part, Buffer.of(1));
    gateway.forget();
    await client.data(`mutation ($id: ID!) { completeUpload(id: $id) { ${everyField} } }`, { id: upload.id });
    expect(gateway.count("HeadObject")).toBe(1);
  });

  test.each([bucket, versioned])("uploadFile to %s", async (name) => {
    await using counted = await startCounted();
    const { gateway, client } = counted;
    await client.dataWithFile(
      `mutation ($file: Upload!, $input: UploadInput!) { uploadFile(file: $file, input: $input) { ${everyField} } }`,
      { input: { bucket: name, key: `${prefix}file` } },
      new Blob(["x"]),
    );
    expect(gateway.count("HeadObject")).toBe(1);
  });

  test("objects, with at most 32 calls in progress", async () => {
    const below = `${prefix}many/`;
    const keys = Array.from({ length: 100 }, (_, index) => `${below}${index}`);
    await Promise.all(keys.map((key) => seed(bucket, key, "x")));
    await using counted = await startCounted();
    const { gateway, client } = counted;
    await client.data(
      `{ objects(bucket: "${bucket}", prefix: "${below}", first: 100) { nodes { ${everyField} } edges { node { ${everyField} } } } }`,
    );
    expect([gateway.count("HeadObject"), gateway.count("GetObjectTagging")]).toEqual([100, 100]);
    expect(gateway.mostAtOnce).toBeGreaterThan(8);
    expect(gateway.mostAtOnce).toBeLessThanOrEqual(32);
  });
});

test("a dozen aliased downloadUrl fields cost one AssumeRole and one HEAD an object", async () => {
  const keys = ["a", "b", "c", "d", "e"].map((name) => `${prefix}${name}.txt`);
  for (const key of keys) await seed(bucket, key, key);
  await using counted = await startCounted();
  const { gateway, client } = counted;
  const fields = Array.from({ length: 12 }, (_, index) => {
    const key = JSON.stringify(keys[index % keys.length]);
    return `alias${index}: downloadUrl(bucket: "${bucket}", key: ${key}, expiresIn: ${600 + index}) { url }`;
  });
  const data = await client.data<Record<string, { url: string }>>(`{ ${fields.join("\n")} }`);
  expect(Object.values(data).map(({ url }) => new URL(url).pathname)).toHaveLength(12);
  expect(gateway.count("AssumeRole")).toBe(1);
  expect(gateway.count("HeadObject")).toBe(keys.length);
  expect(gateway.requests).toHaveLength(1 + keys.length);
});

test("100 malformed requests cost no call to the store", async () => {
  await using counted = await startCounted();
  const { gateway, client } = counted;
  const json = { "content-type": "application/json" };
  const malformed = [
    () => client.post("{", json),
    () => client.post("{}", json),
    () => client.post("[]", json),
    () => client.post("[{},{}]", json),
    () => client.request("{ downloadUrl("),
    () => client.request('{ downloadUrl(bucket: "b") { url } }'),
    () => client.request("{ nothing }"),
    () => client.request('query ($key: String!) { downloadUrl(bucket: "b", key: $key) { url } }', { key: 1 }),
    () =>
      client.request(
        `{ downloadUrl(bucket: "${bucket}", key: "${prefix}..") { url } a: downloadUrl(bucket: "${bucket}", key: "") { url } }`,
      ),
    () => client.request("{ __typename __schema { types { name } } }"),
  ];
  const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => malformed[index % 10]?.()));
  // A busy machine may refuse some of them: its event loop is late.
  const codes = answers.map((answer) => answer?.errors?.[0]?.extensions?.code);
  expect(codes).not.toContain("INTERNAL_SERVER_ERROR");
  expect(
    answers.every(
      (answer, index) => answer !== undefined && (answer.status < 500 || codes[index] === "OVERLOADED"),
    ),
  ).toBe(true);
  expect(gateway.requests).toEqual([]);
});

test("invalid arguments cost no call to the store", async () => {
  await using counted = await startCounted();
  const { gateway, client } = counted;
  const at = (key: string) => `bucket: "${bucket}", key: "${prefix}${key}"`;
  const checksum = 'checksum: { algorithm: CRC32, value: "AAAAAA==" }';
  const queries = [
    `downloadUrl(${at("a")}, verify: false, contentType: "garbage") { url }`,
    `downloadUrl(${at("a")}, filename: "${"n".repeat(2000)}") { url }`,
    `downloadUrl(${at("a")}, expiresIn: 0) { url }`,
    `objects(bucket: "${bucket}", prefix: "${prefix}", first: 0) { folders }`,
    `objects(bucket: "${bucket}", prefix: "${prefix}", after: "garbage") { folders }`,
    `uploads(bucket: "${bucket}", prefix: "${prefix}", first: 0) { nodes { id } }`,
    `uploads(bucket: "${bucket}", prefix: "${prefix}", after: "garbage") { nodes { id } }`,
  ];
  const mutations = [
    `requestUpload(input: { ${at("${filename}x")} }, size: 1, method: POST) { __typename }`,
    `copyObject(from: { ${at("a")} }, to: { ${at("b")}, ${checksum} }) { key }`,
  ];
  for (const operation of [
    ...queries.map((field) => `{ ${field} }`),
    ...mutations.map((field) => `mutation { ${field} }`),
  ]) {
    const { errors = [] } = await client.request(operation);
    expect(errors.map(({ extensions }) => extensions?.code)).toEqual(["BAD_USER_INPUT"]);
  }
  expect(gateway.requests).toEqual([]);
});

test("200 parallel requests cost one AssumeRole", async () => {
  const key = `${prefix}parallel.txt`;
  await seed(bucket, key, "parallel");
  await using counted = await startCounted();
  const { gateway, client } = counted;
  const urls = await Promise.all(
    Array.from({ length: 200 }, () => untilServed(() => downloadUrl(client, { bucket, key }))),
  );
  expect(urls).toHaveLength(200);
  expect(gateway.count("AssumeRole")).toBe(1);
});

test("verify: false costs no call to S3", async () => {
  await using counted = await startCounted();
  const { gateway, client } = counted;
  await downloadUrl(client, { bucket, key: `${prefix}unseen.txt`, verify: false });
  expect(gateway.requests.map(({ operation }) => operation)).toEqual(["AssumeRole"]);
});
