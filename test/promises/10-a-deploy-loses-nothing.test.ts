import { createHash } from "node:crypto";
import { ApolloClient, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { buildProgram } from "../support/built-program.ts";
import { GraphQLClient } from "../support/graphql-client.ts";
import { beginUpload, sendPart, twoPartsBytes } from "../support/multipart-uploads.ts";
import { noise } from "../support/noise.ts";
import { completeUpload, confirmUpload, findUpload, requestUpload } from "../support/operations.ts";
import { sendPut } from "../support/presigned-requests.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { beginSlowUpload } from "../support/slow-upload.ts";
import { bucket, prepareTestServer } from "../support/test-server.ts";

const MiB = 2 ** 20;
const program = await shareInFile(buildProgram());
const prepared = await shareInFile(prepareTestServer());
const environment = { ...prepared.env, LOG_LEVEL: "info", PORT: "0" };

async function storedBytes(key: string): Promise<Uint8Array> {
  const { Body } = await prepared.admin.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return (await Body?.transformToByteArray()) ?? new Uint8Array();
}
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

test("uploads that one process has accepted are finished by it or by the next one", async () => {
  const first = program.start(environment);
  const url = await first.ready;
  const client = new GraphQLClient(url);
  const parts = await beginUpload(client, { bucket, key: "parts.bin" });
  await sendPart(parts, 1, 1);
  const put = await requestUpload(client, "PUT", { input: { bucket, key: "put.bin" }, size: 7 });
  const file = noise(12 * MiB);
  const streamed = beginSlowUpload(url, { bucket, key: "streamed.bin" });
  await streamed.write(file.subarray(0, 9 * MiB));

  const second = program.start(environment);
  const next = new GraphQLClient(await second.ready);
  first.process.kill("SIGTERM");
  await expect.poll(async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.status).not.toBe(200);

  // The old process finishes what it has begun to receive.
  await streamed.write(file.subarray(9 * MiB));
  streamed.end();
  expect(JSON.parse(await streamed.answer)).toMatchObject({ data: { uploadFile: { size: file.length } } });
  expect(sha256(await storedBytes("streamed.bin"))).toBe(sha256(file));
  expect((await first.ended).code).toBe(0);

  // URLs, ids and receipts of the old process are those of the new one.
  expect(await sendPart(parts, 2, 2)).not.toBe("");
  expect((await findUpload(next, parts.id))?.uploadedParts).toHaveLength(2);
  await completeUpload(next, parts.id);
  const expected = Buffer.alloc(twoPartsBytes, 2).fill(1, 0, parts.partSize);
  expect(sha256(await storedBytes("parts.bin"))).toBe(sha256(expected));
  expect((await sendPut(put, Buffer.from("seven!!"))).status).toBe(200);
  await expect(confirmUpload(next, put.receipt)).resolves.toMatchObject({ size: 7 });
  second.process.kill("SIGTERM");
  expect((await second.ended).code).toBe(0);
});

test("clients with their default settings work unchanged", async () => {
  const running = program.start(environment);
  const url = await running.ready;
  await prepared.seed("hello.txt", "hello");
  const query = `query Download($key: String!) { downloadUrl(bucket: "${bucket}", key: $key) { url } }`;

  const apollo = new ApolloClient({
    link: new HttpLink({ uri: `${url}/graphql` }),
    cache: new InMemoryCache(),
  });
  const { data } = await apollo.query<{ downloadUrl: { url: string } }>({
    query: gql(query),
    variables: { key: "hello.txt" },
  });
  expect(await (await fetch(data?.downloadUrl.url ?? "")).text()).toBe("hello");
  apollo.stop();

  const plain = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, variables: { key: "hello.txt" } }),
  });
  expect(await plain.json()).toMatchObject({ data: { downloadUrl: { url: expect.any(String) } } });
  running.process.kill("SIGTERM");
  expect((await running.ended).code).toBe(0);
});
