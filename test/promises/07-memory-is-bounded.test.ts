import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildProgram, type RunningProgram } from "../support/built-program.ts";
import { GraphQLClient, GraphQLFailure } from "../support/graphql-client.ts";
import { metricOf } from "../support/metrics.ts";
import { noise } from "../support/noise.ts";
import { downloadUrl } from "../support/operations.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { beginSlowUpload } from "../support/slow-upload.ts";
import { bucket, prepareTestServer } from "../support/test-server.ts";

const MiB = 2 ** 20;
/** What docs/limits.md allows all uploads in progress to take together. */
const budgetBytes = 256 * MiB;
/** For connections, bytes in transit, and memory that the garbage collector has not freed yet. */
const marginBytes = 200 * MiB;

const program = await shareInFile(buildProgram());
const prepared = await shareInFile(prepareTestServer());
const chunk = noise(MiB);

let running: RunningProgram;
let url: string;
let bytesBefore: number;
beforeAll(async () => {
  running = program.start({ ...prepared.env, LOG_LEVEL: "info", VALETKEY_MAX_UPLOAD_BYTES: "100GiB" });
  url = await running.ready;
  // Code, connections and the allocator's pools grow once.
  await upload("first", 40);
  bytesBefore = await residentBytes();
});
afterAll(() => running.process.kill("SIGTERM"));

const residentBytes = () => metricOf(url, "process_resident_memory_bytes");

/** How much more than before the process held at most while `work` ran. */
async function growthDuring(work: Promise<unknown>): Promise<number> {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  let most = 0;
  while (!isDone) {
    most = Math.max(most, await residentBytes());
    await Promise.race([done, sleep(50)]);
  }
  await done;
  return most - bytesBefore;
}

async function upload(key: string, mebibytes: number): Promise<void> {
  for (;;) {
    const sending = beginSlowUpload(url, { bucket, key });
    for (let sent = 0; sent < mebibytes; sent += 1) await sending.write(chunk);
    sending.end();
    const answer = await sending.answer;
    if (answer.includes("OVERLOADED") || answer === "") continue;
    expect(JSON.parse(answer)).toMatchObject({ data: { uploadFile: { size: mebibytes * MiB } } });
    return;
  }
}

test("a file of a gibibyte takes no more memory than the budget", async () => {
  expect(await growthDuring(upload("large", 1024))).toBeLessThan(budgetBytes + marginBytes);
});

test("64 files at once take no more memory than the budget", async () => {
  const uploads = Array.from({ length: 64 }, (_, index) => upload(`many/${index}`, 24));
  expect(await growthDuring(Promise.all(uploads))).toBeLessThan(budgetBytes + marginBytes);
});

test("2,000 downloads of different keys leave nothing behind that grows with them", async () => {
  const client = new GraphQLClient(url);
  for (let round = 0; round < 100; round += 1)
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const key = `key/${round}/${index}/${"k".repeat(900)}`;
        await downloadUrl(client, { bucket, key, verify: false }).catch((error) => {
          if (!(error instanceof GraphQLFailure && error.retryable)) throw error;
        });
      }),
    );
  expect((await residentBytes()) - bytesBefore).toBeLessThan(budgetBytes + marginBytes);
});
