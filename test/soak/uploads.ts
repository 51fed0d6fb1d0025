import { setTimeout as sleep } from "node:timers/promises";
import { crc32 } from "node:zlib";
import { dataOf } from "../support/graphql-client.ts";
import {
  abortUpload,
  completeUpload,
  confirmUpload,
  findUpload,
  requestUpload,
  uploadFile,
} from "../support/operations.ts";
import { sendPost, sendPut } from "../support/presigned-requests.ts";
import { beginSlowUpload } from "../support/slow-upload.ts";
import { OnPurpose, StoreFailure } from "./outcomes.ts";
import type { World } from "./world.ts";

const MiB = 2 ** 20;
const attempts = 5;
const patienceMs = 15_000;

const checksumOf = (bytes: Buffer) => {
  const value = Buffer.alloc(4);
  value.writeUInt32BE(crc32(bytes));
  return { algorithm: "CRC32", value: value.toString("base64") } as const;
};

/** Sends a presigned request as a browser would, and again if it fails. */
async function send(request: () => Promise<Response>): Promise<Response> {
  let failure = "";
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    try {
      const response = await withinPatience(request());
      const text = await withinPatience(response.text()).catch(() => "");
      if (response.ok) return response;
      failure = `${response.status} ${text}`;
    } catch (error) {
      failure = String(error);
    }
    await sleep(100);
  }
  throw new StoreFailure(failure);
}

/** A request that the store never answers is given up, as clients do. */
function withinPatience<Result>(promise: Promise<Result>): Promise<Result> {
  const limit = sleep(patienceMs, undefined, { ref: false }).then(() => {
    throw new Error("The store did not respond.");
  });
  return Promise.race([promise, limit]);
}

export async function putByHand(world: World): Promise<void> {
  const bytes = world.newFile(8 * MiB);
  const entry = world.ledger.begin(world.newKey(), world.caller, bytes, "putByHand");
  const client = await world.client();
  const input = { bucket: world.bucket, key: entry.key, checksum: checksumOf(bytes) };
  const signed = await requestUpload(client, "PUT", { input, size: bytes.length });
  await send(() => sendPut(signed, bytes));
  world.ledger.accept(entry);
  await confirmUpload(client, signed.receipt);
}

export async function postByHand(world: World): Promise<void> {
  const bytes = world.newFile(2 * MiB);
  const entry = world.ledger.begin(world.newKey(), world.caller, bytes, "postByHand");
  const client = await world.client();
  const input = { bucket: world.bucket, key: entry.key };
  const signed = await requestUpload(client, "POST", { input, maxSize: bytes.length + 10 });
  await send(() => sendPost(signed, bytes));
  world.ledger.accept(entry);
  await confirmUpload(client, signed.receipt);
}

/** In parts. Some uploads are aborted, and some are left to the sweep. */
export async function partsByHand(world: World): Promise<void> {
  const bytes = world.newFile(20 * MiB);
  const entry = world.ledger.begin(world.newKey(), world.caller, bytes, "partsByHand");
  const client = await world.client();
  const input = { bucket: world.bucket, key: entry.key, checksum: checksumOf(bytes) };
  const upload = await requestUpload(client, "MULTIPART", { input, size: bytes.length, firstParts: 1 });
  const parts: { number: number; etag: string }[] = [];
  for (let number = 1; number <= upload.partCount; number += 1) {
    if (world.random.chance(0.03)) throw new OnPurpose("left to the sweep");
    if (world.random.chance(0.03)) {
      await abortUpload(client, upload.id);
      throw new OnPurpose("aborted");
    }
    const found = number === 1 ? upload : await findUpload(client, upload.id, [number]);
    const signed = found?.parts.find((part) => part.number === number);
    if (signed === undefined) throw new Error(`Part ${number} was not signed.`);
    const slice = bytes.subarray((number - 1) * upload.partSize, number * upload.partSize);
    const response = await send(() => sendPut(signed, slice));
    parts.push({ number, etag: response.headers.get("etag") ?? "" });
  }
  await completeUpload(client, upload.id, parts);
  world.ledger.accept(entry);
}

/** With the client package, which some users abort in the middle. */
export async function withThePackage(world: World): Promise<void> {
  const bytes = world.newFile(20 * MiB);
  const entry = world.ledger.begin(world.newKey(), world.caller, bytes, "withThePackage");
  const task = world
    .package()
    .upload(new Blob([new Uint8Array(bytes)]), { bucket: world.bucket, key: entry.key });
  if (world.random.chance(0.05)) {
    task.done.catch(() => {});
    await sleep(world.random.below(300));
    await task.abort();
    throw new OnPurpose("aborted");
  }
  await task.done;
  world.ledger.accept(entry);
}

export async function throughTheServer(world: World): Promise<void> {
  const bytes = world.newFile(40 * MiB);
  const entry = world.ledger.begin(world.newKey(), world.caller, bytes, "throughTheServer");
  const input = {
    bucket: world.bucket,
    key: entry.key,
    ...(world.random.chance(0.5) && { checksum: checksumOf(bytes) }),
  };
  await uploadFile(await world.client(), new Blob([new Uint8Array(bytes)]), input);
  world.ledger.accept(entry);
}

/** A file that is sent slowly, by a client that often disconnects. */
export async function slowlyThroughTheServer(world: World): Promise<void> {
  const bytes = world.newFile(12 * MiB);
  const entry = world.ledger.begin(world.newKey(), world.caller, bytes, "slowlyThroughTheServer");
  const input = { bucket: world.bucket, key: entry.key };
  const upload = beginSlowUpload(world.url, input, { authorization: `Bearer ${await world.token()}` });
  const disconnectsAt = world.random.chance(0.5)
    ? world.random.below(bytes.length)
    : Number.POSITIVE_INFINITY;
  for (let from = 0; from < bytes.length; from += MiB / 2) {
    await upload.write(bytes.subarray(from, from + MiB / 2));
    await sleep(world.random.below(200));
    if (from >= disconnectsAt) {
      upload.destroy();
      throw new OnPurpose("disconnected");
    }
  }
  upload.end();
  const answer = await upload.answer;
  if (answer === "") throw new Error("The connection ended without a response.");
  dataOf({ status: 200, ...(JSON.parse(answer) as object) });
  world.ledger.accept(entry);
}
