import { DeleteObjectsCommand, HeadObjectCommand } from "@aws-sdk/client-s3";
import { beforeAll, expect, test } from "vitest";
import { peakMemoryGrowth } from "../support/memory.ts";
import { uploadFileMutation } from "../support/operations.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";
import { admin, noise, ownPrefix, store } from "./store.ts";

const MiB = 2 ** 20;
const bucket = store.buckets.main;
const prefix = ownPrefix("memory");
const server = await shareInFile(
  startTestServer({
    store,
    grants: [{ who: "anonymous", bucket, prefix, allow: ["UPLOAD"] }],
  }),
);

/** A multipart request whose file is `chunk`, repeated `times` times and generated while it is sent. */
function uploadForm(key: string, chunk: Buffer, times: number): ReadableStream<Uint8Array> {
  const operations = JSON.stringify({
    query: uploadFileMutation,
    variables: { file: null, input: { bucket, key } },
  });
  const field = (name: string, more = "") =>
    `--a-boundary\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`;
  return ReadableStream.from(
    (function* () {
      yield Buffer.from(`${field("operations")}${operations}\r\n${field("map")}{"0":["variables.file"]}\r\n`);
      yield Buffer.from(field("0", '; filename="a.bin"'));
      for (let sent = 0; sent < times; sent++) yield chunk;
      yield Buffer.from("\r\n--a-boundary--\r\n");
    })(),
  );
}

/**
 * Uploads a file through the server. Like a good client, it tries again when the server has no room. fetch reports a
 * response that arrives while it still sends either as a response or as a broken connection.
 */
async function send(key: string, mebibytes: number): Promise<void> {
  for (;;) {
    const response = await sendOnce(key, mebibytes).catch((error: unknown) => {
      if (error instanceof TypeError && error.message === "fetch failed") return undefined;
      throw error;
    });
    if (response === undefined || response.errors?.[0]?.extensions.code === "OVERLOADED") continue;
    const { data } = response;
    expect(data).toMatchObject({ uploadFile: { size: mebibytes * MiB } });
    return;
  }
}

interface Answer {
  readonly data?: unknown;
  readonly errors?: { readonly extensions: { readonly code: string } }[];
}

async function sendOnce(key: string, mebibytes: number): Promise<Answer> {
  const response = await fetch(`${server.url}/graphql`, {
    method: "POST",
    duplex: "half",
    body: uploadForm(key, noise(MiB), mebibytes),
    headers: {
      "content-type": "multipart/form-data; boundary=a-boundary",
      "apollo-require-preflight": "true",
    },
  });
  return (await response.json()) as Answer;
}

async function forget(keys: readonly string[]): Promise<void> {
  const Objects = keys.map((Key) => ({ Key }));
  await admin.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }));
}

let bytesBefore: number;
beforeAll(async () => {
  // Code, connections and the allocator's pools grow once, whatever the size of the files.
  await send(`${prefix}first`, 64);
  await forget([`${prefix}first`]);
  bytesBefore = process.memoryUsage.rss();
});

test("600 MiB through uploadFile grow the process by less than 100 MiB", async () => {
  const growth = await peakMemoryGrowth(() => send(`${prefix}second`, 600));
  expect(growth).toBeLessThan(100 * MiB);
  const head = await admin.send(new HeadObjectCommand({ Bucket: bucket, Key: `${prefix}second` }));
  expect(head.ContentLength).toBe(600 * MiB);
  await forget([`${prefix}second`]);
});

/** The memory that the documentation promises for all uploads in progress together. */
const budgetBytes = 256 * MiB;
/** For connections, the bytes in transit at both ends, and memory that the garbage collector has not freed yet. */
const marginBytes = 200 * MiB;

// Fifty of them are several times the budget. Ceph keeps everything that it stores in memory, twice.
const mebibytes = store.name === "ceph" ? 20 : 40;

test.each([1, 10, 50])("%i parallel uploads stay within the budget", async (count) => {
  const keys = Array.from({ length: count }, (_, index) => `${prefix}parallel/${count}/${index}`);
  const growth = await peakMemoryGrowth(
    () => Promise.all(keys.map((key) => send(key, mebibytes))),
    bytesBefore,
  );
  await forget(keys);
  expect(growth).toBeLessThan(budgetBytes + marginBytes);
});
