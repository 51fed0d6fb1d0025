import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildProgram, type RunningProgram } from "../support/built-program.ts";
import { GraphQLClient, GraphQLFailure } from "../support/graphql-client.ts";
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
  bytesBefore = await mostResidentBytes();
});
afterAll(() => running.process.kill("SIGTERM"));

/** The most that the process has ever held. */
async function mostResidentBytes(): Promise<number> {
  const status = await readFile(`/proc/${running.process.pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
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
  await upload("large", 1024);
  expect((await mostResidentBytes()) - bytesBefore).toBeLessThan(budgetBytes + marginBytes);
});

test("64 files at once take no more memory than the budget", async () => {
  await Promise.all(Array.from({ length: 64 }, (_, index) => upload(`many/${index}`, 24)));
  expect((await mostResidentBytes()) - bytesBefore).toBeLessThan(budgetBytes + marginBytes);
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
  expect((await mostResidentBytes()) - bytesBefore).toBeLessThan(budgetBytes + marginBytes);
});
