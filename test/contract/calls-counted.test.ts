import { expect, onTestFinished, test } from "vitest";
import { downloadUrl } from "../support/operations.ts";
import { startRecordingProxy } from "../support/recording-proxy.ts";
import { startServer } from "../support/server.ts";
import { ownPrefix, seed, store } from "./store.ts";

const bucket = store.buckets.main;
const prefix = ownPrefix("counted");

/** A server that has not assumed its role yet, and a proxy that counts what it asks of the store. */
async function startCounted() {
  const gateway = await startRecordingProxy(store.endpoint);
  onTestFinished(() => gateway.close());
  const server = await startServer({
    ...{ store, s3Url: gateway.url },
    grants: [{ who: "anonymous", bucket, prefix, allow: ["DOWNLOAD"] }],
  });
  onTestFinished(() => server.close());
  return { gateway, client: server.client };
}

test("a dozen aliased downloadUrl fields cost one AssumeRole and one HEAD an object", async () => {
  const keys = ["a", "b", "c", "d", "e"].map((name) => `${prefix}${name}.txt`);
  for (const key of keys) await seed(bucket, key, key);
  const { gateway, client } = await startCounted();
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

test("100 malformed requests cost no call at all", async () => {
  const { gateway, client } = await startCounted();
  const json = { "content-type": "application/json" };
  const malformed = [
    () => client.post("{", json),
    () => client.post("{}", json),
    () => client.post("[]", json),
    () => client.post("[{},{}]", json),
    () => client.answer("{ downloadUrl("),
    () => client.answer('{ downloadUrl(bucket: "b") { url } }'),
    () => client.answer("{ nothing }"),
    () => client.answer('query ($key: String!) { downloadUrl(bucket: "b", key: $key) { url } }', { key: 1 }),
    () =>
      client.answer(
        `{ downloadUrl(bucket: "${bucket}", key: "${prefix}..") { url } a: downloadUrl(bucket: "${bucket}", key: "") { url } }`,
      ),
    () => client.answer("{ __typename __schema { types { name } } }"),
  ];
  const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => malformed[index % 10]?.()));
  expect(answers.every((answer) => answer !== undefined && answer.status < 500)).toBe(true);
  expect(gateway.requests).toEqual([]);
});

test("200 parallel requests cost one AssumeRole", async () => {
  const key = `${prefix}parallel.txt`;
  await seed(bucket, key, "parallel");
  const { gateway, client } = await startCounted();
  const urls = await Promise.all(Array.from({ length: 200 }, () => downloadUrl(client, { bucket, key })));
  expect(urls).toHaveLength(200);
  expect(gateway.count("AssumeRole")).toBe(1);
});

test("verify: false costs no call to S3", async () => {
  const { gateway, client } = await startCounted();
  await downloadUrl(client, { bucket, key: `${prefix}unseen.txt`, verify: false });
  expect(gateway.requests.map(({ operation }) => operation)).toEqual(["AssumeRole"]);
});
