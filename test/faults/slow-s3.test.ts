import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { startHttpServer } from "../support/listening.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer } from "../support/test-server.ts";

/** The calls to S3 that are in progress now, were in progress together at most, and in all. */
let calls = { now: 0, most: 0, all: 0 };
let answers: { readonly method: string; readonly send: () => void }[] = [];
/** How S3 responds, once `answers` are sent. */
let answer: (method: string, url: string, response: ServerResponse) => void;

const s3 = await shareInFile(
  startHttpServer((request, response) => {
    const { method = "", url = "" } = request;
    calls = { now: calls.now + 1, most: Math.max(calls.most, calls.now + 1), all: calls.all + 1 };
    response.on("close", () => {
      calls.now -= 1;
    });
    request.resume();
    answers.push({ method, send: () => answer(method, url, response) });
  }),
);
const server = await shareInFile(startTestServer({ s3Url: s3.url }));
const { client } = server;

const page = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
const begun = "<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>";
const found = { "content-length": "1", etag: '"e"' };

beforeEach(() => {
  calls = { now: 0, most: 0, all: 0 };
  answers = [];
  answer = (method, _url, response) => {
    if (method === "HEAD") response.writeHead(200, found).end();
    else if (method === "PUT") response.writeHead(200, { etag: found.etag }).end();
    else response.end(method === "GET" ? page : begun);
  };
});

/** Lets S3 respond to each call, a moment after it has come, until `work` is done. */
async function answering<Result>(work: Promise<Result>): Promise<Result> {
  const every = setInterval(() => {
    for (const { send } of answers.splice(0)) send();
  }, 20);
  return work.finally(() => clearInterval(every));
}

const aliases = (count: number, field: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => `a${index}: ${field(index)}`).join(" ");

describe("one request", () => {
  test("with hundreds of listings does not keep other requests from S3", async () => {
    const listings = aliases(300, () => `objects(bucket: "${bucket}") { folders }`);
    const greedy = client.request(`{ ${listings} }`);
    while (calls.now < 32) await sleep(5);
    const other = client.data(`{ downloadUrl(bucket: "${bucket}", key: "k") { url } }`);
    while (!answers.some(({ method }) => method === "HEAD")) await sleep(5);
    answers.find(({ method }) => method === "HEAD")?.send();
    await other;
    expect(calls.most).toBe(33);
    answers = answers.filter(({ method }) => method !== "HEAD");
    expect((await answering(greedy)).errors).toBeUndefined();
    expect(calls.most).toBe(33);
  });

  test("that begins hundreds of uploads has at most 32 calls in progress", async () => {
    const input = (index: number) => `{ bucket: "${bucket}", key: "k${index}" }`;
    const uploads = Array.from(
      { length: 200 },
      (_, index) => `{ input: ${input(index)}, size: 1, method: MULTIPART }`,
    );
    const begin = `mutation { requestUploads(uploads: [${uploads}]) { __typename } }`;
    const { data, errors } = await answering(client.request<{ requestUploads: unknown[] }>(begin));
    expect(errors).toBeUndefined();
    expect(data?.requestUploads).toHaveLength(200);
    expect(calls.most).toBe(32);
  });

  test("whose calls all wait for one other call is finished", async () => {
    let probes = 0;
    answer = (_method, url, response) => {
      const isProbe = !url.includes("missing");
      if (isProbe) probes += 1;
      response.writeHead(isProbe ? 200 : 404).end();
    };
    const objects = Array.from(
      { length: 100 },
      (_, index) => `{ bucket: "${bucket}", key: "missing${index}" }`,
    );
    const query = `{ downloadUrls(objects: [${objects}]) { url } }`;
    const { errors = [] } = await answering(client.request(query));
    expect(errors.map(({ extensions }) => extensions?.code)).toEqual(Array(100).fill("OBJECT_NOT_FOUND"));
    expect(calls.most).toBe(32);
    expect(probes).toBe(1);
  });
});

test("when a client disconnects, the rest of its batch is not sent to S3", async () => {
  const left = new AbortController();
  const objects = Array.from({ length: 200 }, (_, index) => `{ bucket: "${bucket}", key: "k${index}" }`);
  const gone = fetch(`${client.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    signal: left.signal,
    body: JSON.stringify({ query: `{ downloadUrls(objects: [${objects}]) { url } }` }),
  });
  while (calls.now < 32) await sleep(5);
  left.abort();
  await expect(gone).rejects.toThrow();
  // The server handles events in order: once it has answered twice, it also knows that the client has left.
  for (let count = 0; count < 2; count += 1) await fetch(`${client.url}/healthz`);
  // In this second it would send the other 168 calls.
  await answering(sleep(1000));
  expect(calls.all).toBe(32);
});

test("many uploads at once cause no warning about listeners", async () => {
  const warnings: Error[] = [];
  const hear = (warning: Error) => warnings.push(warning);
  process.on("warning", hear);
  const upload = `mutation ($file: Upload!) { uploadFile(file: $file, input: { bucket: "${bucket}", key: "k" }) { key } }`;
  const uploads = Array.from({ length: 30 }, () => client.dataWithFile(upload, {}, new Blob(["hello"])));
  while (calls.now < 30) await sleep(5);
  await answering(Promise.all(uploads));
  process.off("warning", hear);
  expect(warnings.filter(({ name }) => name === "MaxListenersExceededWarning")).toEqual([]);
});
