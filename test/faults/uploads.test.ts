import { createHash, randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { GetObjectCommand, type S3Client, UploadPartCommand } from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { mapConcurrently } from "../../src/core/map-concurrently.ts";
import {
  type ObjectDescription,
  parseDescription,
} from "../../src/storage/description/object-description.ts";
import { AbandonedUploads } from "../../src/storage/multipart/abandoned-uploads.ts";
import { completeUpload } from "../../src/storage/multipart/complete-upload.ts";
import { createMultipartUpload } from "../../src/storage/multipart/multipart-uploads.ts";
import { listPendingUploads, parsePendingPage } from "../../src/storage/multipart/pending-uploads.ts";
import { RecentCompletions } from "../../src/storage/multipart/recent-completions.ts";
import { planWith } from "../../src/storage/multipart/upload-plan.ts";
import { listObjects, parsePage } from "../../src/storage/objects/list-objects.ts";
import { streamUpload } from "../../src/storage/streaming/streamed-upload.ts";
import { UploadBudget } from "../../src/storage/streaming/upload-budget.ts";
import {
  type BreakingProxy,
  type BreakRule,
  type Fault,
  startBreakingProxy,
} from "../support/breaking-proxy.ts";
import { region, startTestStore, type TestStore } from "../unit/storage/store.ts";

const MiB = 1024 ** 2;
const large = randomBytes(13 * MiB + 7);
const small = randomBytes(1000);
const abandoned = new AbandonedUploads({ retryMs: 3_600_000 });
const completed = new RecentCompletions();
const budget = new UploadBudget({ totalBytes: 64 * MiB });
let store: TestStore;
let proxy: BreakingProxy;
/** Reaches the store through the proxy. Waits long for a response, so that a busy machine is no fault. */
let broken: S3Client;
/** Reaches the store through the proxy. Gives up early, for faults that never respond. */
let impatient: S3Client;
/** Reaches the store itself. */
let direct: S3Client;

beforeAll(async () => {
  store = await startTestStore();
  proxy = await startBreakingProxy(store.endpoint);
  broken = store.client(proxy.url, 60_000);
  impatient = store.client(proxy.url, 4000);
  direct = store.client();
});
afterEach(() => proxy.heal());
afterAll(async () => {
  await abandoned.close(0);
  await proxy[Symbol.asyncDispose]();
  await store.close();
});

const isPut = ({ method, url }: IncomingMessage) => method === "PUT" && !url?.includes("uploadId=");
const isCreate = ({ method, url }: IncomingMessage) => method === "POST" && /[?&]uploads\b/.test(url ?? "");
const isPart = ({ method, url }: IncomingMessage) => method === "PUT" && /[?&]partNumber=2\b/.test(url ?? "");
const isComplete = ({ method, url }: IncomingMessage) => method === "POST" && /[?&]uploadId=/.test(url ?? "");
const isAbort = ({ method }: IncomingMessage) => method === "DELETE";

const places = { put: isPut, create: isCreate, part: isPart, complete: isComplete };
type Place = keyof typeof places;

interface UploadOptions {
  readonly description?: ObjectDescription;
  readonly s3?: S3Client;
}

/** A client that gives up early if the fault is that nothing ever comes. */
const clientFor = (fault: Fault) => (fault === "stall" ? impatient : broken);

function upload(key: string, bytes: Buffer, options: UploadOptions = {}) {
  const chunks = Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, index) =>
    bytes.subarray(index * 65_536, (index + 1) * 65_536),
  );
  const body = Readable.from(chunks, { objectMode: false });
  return send(key, body, options);
}

function send(key: string, body: Readable, options: UploadOptions = {}) {
  const { description = parseDescription({}), s3 = broken } = options;
  const address = store.address(key);
  return streamUpload({
    s3: async () => s3,
    address,
    body,
    limitBytes: 64 * MiB,
    description,
    budget,
    abandoned,
  });
}

const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function expectStored(key: string, bytes: Buffer): Promise<void> {
  const { Body } = await direct.send(new GetObjectCommand({ Bucket: store.bucket, Key: key }));
  expect(digest((await Body?.transformToByteArray()) ?? new Uint8Array())).toBe(digest(bytes));
}

/** What the store holds below a prefix: object keys and uploads in progress. */
async function remains(prefix: string): Promise<{ objects: number; uploads: number }> {
  const bucket = { region, bucket: store.bucket };
  const { objects } = await listObjects(direct, bucket, parsePage({ prefix, first: 1000 }));
  const { uploads } = await listPendingUploads(direct, bucket, parsePendingPage({ prefix, first: 1000 }));
  return { objects: objects.length, uploads: uploads.length };
}

describe("a passing fault is not noticed", () => {
  const cases: [Place, Fault][] = [
    ...(["put", "part", "complete"] as const).flatMap((place) =>
      (["reset", "500", "503", "stall", "lost"] as const).map((fault): [Place, Fault] => [place, fault]),
    ),
    ["create", "500"],
    ["create", "503"],
    ["complete", "error-in-200"],
    ["complete", "garbled"],
    ["complete", "cut-off"],
  ];
  test.each(cases)("at %s: %s", async (place, fault) => {
    const bytes = place === "put" ? small : large;
    const key = `passing/${place}/${fault}`;
    proxy.break({ fault, matches: places[place], times: 1 });
    await expect(upload(key, bytes, { s3: clientFor(fault) })).resolves.toMatchObject({
      sizeBytes: bytes.length,
    });
    await expectStored(key, bytes);
    expect(await remains(key)).toEqual({ objects: 1, uploads: 0 });
  });
});

test.each<Fault>(["lost", "garbled", "cut-off"])(
  "a completion whose response is %s stores its object once, even if it may not replace one",
  async (fault) => {
    const key = `once/${fault}`;
    proxy.break({ fault, matches: isComplete, times: 1 });
    const stored = await upload(key, large, { description: parseDescription({ overwrite: false }) });
    expect(stored).toMatchObject({ sizeBytes: large.length });
    await expectStored(key, large);
    expect(await remains(key)).toEqual({ objects: 1, uploads: 0 });
  },
);

test("an existing object with the same bytes is not mistaken for the result of a completion", async () => {
  await upload("same", large);
  proxy.break({ fault: "garbage", matches: isComplete });
  await expect(upload("same", large)).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
  expect(await remains("same")).toEqual({ objects: 1, uploads: 0 });
});

describe("a lasting fault is reported, and leaves nothing behind", () => {
  const cases: [Place, Fault][] = [
    ...(["put", "create", "part", "complete"] as const).flatMap((place) =>
      (["reset", "503"] as const).map((fault): [Place, Fault] => [place, fault]),
    ),
    ["part", "stall"],
    ...(["put", "create", "part", "complete"] as const).flatMap((place) =>
      (["garbage", "empty"] as const).map((fault): [Place, Fault] => [place, fault]),
    ),
    ["complete", "error-in-200"],
  ];
  test.each(cases)("at %s: %s", async (place, fault) => {
    const key = `staying/${place}/${fault}`;
    proxy.break({ fault, matches: places[place] });
    const failed = upload(key, place === "put" ? small : large, { s3: clientFor(fault) });
    await expect(failed).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE", retryable: true });
    expect(await remains(key)).toEqual({ objects: 0, uploads: 0 });
    expect(budget.freeBytes).toBe(budget.totalBytes);
  });

  test("at the abort itself: the abort is retried later", async () => {
    proxy.break({ fault: "503", matches: isPart });
    proxy.break({ fault: "reset", matches: isAbort });
    await expect(upload("abandoned", large)).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
    expect(await remains("abandoned")).toEqual({ objects: 0, uploads: 1 });
    expect(abandoned.size).toBe(1);
    proxy.heal();
    await abandoned.retryAll();
    expect(abandoned.size).toBe(0);
    expect(await remains("abandoned")).toEqual({ objects: 0, uploads: 0 });
  });
});

test.each<Fault>(["lost", "reset", "stall", "garbage"])(
  "CreateMultipartUpload whose response is %s is not repeated, because it may have succeeded",
  async (fault) => {
    const key = `beginnings/${fault}`;
    proxy.break({ fault, matches: isCreate });
    const failed = upload(key, large, { s3: clientFor(fault) });
    await expect(failed).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE", retryable: true });
    expect(proxy.requests.filter((each) => each.startsWith("POST") && each.includes(key))).toHaveLength(1);
    // An upload that the store has begun holds no bytes. Only a sweep can end it.
    expect(await remains(key)).toEqual({ objects: 0, uploads: fault === "lost" ? 1 : 0 });
  },
);

test("an abort that is given up is reported", async () => {
  const givenUp: string[] = [];
  const hopeless = new AbandonedUploads({ maxAttempts: 2, onGivenUp: ({ key }) => givenUp.push(key) });
  proxy.break({ fault: "reset", matches: isAbort });
  await hopeless.abort({ ...store.address("hopeless"), uploadId: "x" }, async () => broken);
  expect(givenUp).toEqual([]);
  await hopeless.retryAll();
  expect(givenUp).toEqual(["hopeless"]);
  await hopeless.close(0);
  expect(givenUp).toEqual(["hopeless"]);
});

test("a completion that failed can be repeated", async () => {
  const address = store.address("repeated");
  const upload = await createMultipartUpload(broken, address, parseDescription({}));
  const target = { Bucket: store.bucket, Key: address.key, UploadId: upload.uploadId, PartNumber: 1 };
  await direct.send(new UploadPartCommand({ ...target, Body: small }));
  const { sizeBytes, partBytes } = planWith(small.length, 5 * MiB);
  const promised = { ...upload, sizeBytes, partBytes, overwrite: true, startedAt: new Date() };
  const rules: BreakRule[] = [
    { fault: "503", matches: isComplete },
    { fault: "garbage", matches: isComplete },
  ];
  for (const rule of rules) {
    proxy.break(rule);
    const failed = completeUpload(broken, promised, completed);
    await expect(failed).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE", retryable: true });
    proxy.heal();
  }
  await expect(completeUpload(broken, promised, completed)).resolves.toMatchObject({ sizeBytes });
  await expectStored("repeated", small);
});

test("a hundred clients that disconnect at any byte leave no upload and no object", async () => {
  const offsets = Array.from({ length: 100 }, () => Math.floor(Math.random() * large.length));
  await mapConcurrently(offsets, 4, async (offset) => {
    const body = new Readable({ read() {} });
    body.push(large.subarray(0, offset));
    const failed = send(`gone/${offset}`, body);
    setTimeout(() => body.destroy(), Math.random() * 60);
    await expect(failed).rejects.toMatchObject({ code: "UPLOAD_INCOMPLETE" });
  });
  expect(await remains("gone/")).toEqual({ objects: 0, uploads: 0 });
  expect(abandoned.size).toBe(0);
  expect(budget.freeBytes).toBe(budget.totalBytes);
});
