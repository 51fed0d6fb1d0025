import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { downloadUrl, requestUpload } from "../support/operations.ts";
import { sendPut } from "../support/presigned-requests.ts";
import { startRewritingSts } from "../support/rewriting-sts.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";
import { bucket, startTestStore } from "../support/test-store.ts";

/** The lifetime of the sessions that the server gets, although it asks for an hour. */
const sessionSeconds = 60;

const { description: store } = await shareInFile(startTestStore({ minSessionSeconds: sessionSeconds }));
const sts = await shareInFile(
  startRewritingSts(store, (asked) => ({ ...asked, DurationSeconds: sessionSeconds })),
);
const server = await shareInFile(startTestServer({ store, stsUrl: sts.url }));

const isAfter = (expiresAt: string) => Date.now() >= Date.parse(expiresAt);

/** Fetches until a request has begun after `expiresAt`. Returns what the earlier and the later requests were answered. */
async function statusesAround(expiresAt: string, send: () => Promise<Response>) {
  const statuses = { before: [] as number[], after: 0 };
  for (;;) {
    // The store compares whole seconds.
    const isLater = Date.now() >= Date.parse(expiresAt) + 1000;
    const { status } = await send();
    if (isLater) return { ...statuses, after: status };
    if (!isAfter(expiresAt)) statuses.before.push(status);
    await sleep(200);
  }
}

test.concurrent("a URL to download works until its expiresAt, and not after", async () => {
  await server.seed("promised.txt", "promised");
  const { url, expiresAt } = await downloadUrl(server.client, { bucket, key: "promised.txt", expiresIn: 10 });
  const { before, after } = await statusesAround(expiresAt, () => fetch(url));
  expect(new Set(before)).toEqual(new Set([200]));
  expect(after).toBe(403);
});

test.concurrent("a URL to upload works until its expiresAt, and not after", async () => {
  const input = { bucket, key: "promised.bin" };
  const upload = await requestUpload(server.client, "PUT", { input, size: 8, expiresIn: 10 });
  const { before, after } = await statusesAround(upload.expiresAt, () => sendPut(upload, Buffer.alloc(8)));
  expect(new Set(before)).toEqual(new Set([200]));
  expect(after).toBe(403);
});

test.concurrent("a URL does not claim to outlive the session that signed it", async () => {
  const { url, expiresAt } = await downloadUrl(server.client, { bucket, key: "any", verify: false });
  const sessionToken = new URL(url).searchParams.get("X-Amz-Security-Token");
  const session = sts.sessions.find((each) => each.sessionToken === sessionToken);
  expect(session).toBeDefined();
  expect(Date.parse(expiresAt)).toBeLessThanOrEqual(session?.expiresAt.getTime() ?? 0);
});
