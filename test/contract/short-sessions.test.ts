import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { downloadUrl, requestUpload } from "../support/operations.ts";
import { sendPut } from "../support/presigned-requests.ts";
import { startTogether } from "../support/resources.ts";
import { startRewritingSts } from "../support/rewriting-sts.ts";
import { startTestServer } from "../support/test-server.ts";
import { noise, ownPrefix, refused, seed, store } from "./store.ts";

const bucket = store.buckets.main;
const prefix = ownPrefix("short");
const key = `${prefix}a.txt`;

/** Starts a server whose STS grants sessions of `seconds`. */
function startWithSessionsOf(seconds: number) {
  return startTogether(async (started) => {
    const sts = await started.use(
      startRewritingSts(store, (asked) => ({ ...asked, DurationSeconds: seconds })),
    );
    const grants = [{ who: "anonymous", bucket, prefix, allow: ["DOWNLOAD", "UPLOAD"] }] as const;
    const { client } = await started.use(startTestServer({ store, stsUrl: sts.url, grants }));
    await seed(bucket, key, "a");
    return { client, sts };
  });
}

const signedLifeMs = (url: string) => Number(new URL(url).searchParams.get("X-Amz-Expires")) * 1000;
const tokenOf = (url: string) => new URL(url).searchParams.get("X-Amz-Security-Token") ?? "";
const signedAt = (url: string) => {
  const date = new URL(url).searchParams.get("X-Amz-Date") ?? "";
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
};

describe("with sessions of 60 s", () => {
  test("a URL of 20 s lives for 20 s", async () => {
    await using server = await startWithSessionsOf(60);
    const { client } = server;
    const { url, expiresAt } = await downloadUrl(client, { bucket, key, expiresIn: 20 });
    expect(signedLifeMs(url)).toBe(20_000);
    expect(Date.parse(expiresAt)).toBe(signedAt(url) + 20_000);
  });

  test("a lifetime that no session can have is refused, and the error names the maximum", async () => {
    await using server = await startWithSessionsOf(60);
    const { client } = server;
    const usual = await downloadUrl(client, { bucket, key });
    const livesMs = Date.parse(usual.expiresAt) - signedAt(usual.url);
    expect(livesMs).toBe(signedLifeMs(usual.url));
    expect(livesMs).toBeGreaterThan(30_000);
    expect(livesMs).toBeLessThanOrEqual(60_000);
    const tooLong = { code: "BAD_USER_INPUT", field: "expiresIn", message: expect.stringMatching(/\d/) };
    await expect(downloadUrl(client, { bucket, key, expiresIn: 61 })).rejects.toMatchObject(tooLong);
    const upload = { input: { bucket, key }, size: 1, expiresIn: 61 };
    await expect(requestUpload(client, "PUT", upload)).rejects.toMatchObject(tooLong);
    await expect(requestUpload(client, "POST", upload)).rejects.toMatchObject(tooLong);
  });
});

test("with sessions of 6 s no URL lives longer than its credentials", async () => {
  await using server = await startWithSessionsOf(6);
  const { client, sts } = server;
  const input = { bucket, key: `${prefix}put` };
  const sign = async () => ({
    download: await downloadUrl(client, { bucket, key, expiresIn: 3, verify: false }),
    upload: await requestUpload(client, "PUT", { input, size: 3, expiresIn: 3 }),
  });

  // Long enough to need a second session, however fast or slow the machine is.
  const signed = [];
  const downloadTokens = new Set<string>();
  while (downloadTokens.size < 2) {
    const { download, upload } = await sign();
    signed.push(download, upload);
    downloadTokens.add(tokenOf(download.url));
    await delay(200);
  }
  const endsOf = new Map(sts.sessions.map(({ sessionToken, expiresAt }) => [sessionToken, expiresAt]));
  for (const { url, expiresAt } of signed) {
    expect(signedLifeMs(url)).toBe(3000);
    expect(Date.parse(expiresAt)).toBe(signedAt(url) + 3000);
    expect(Date.parse(expiresAt)).toBeLessThanOrEqual(endsOf.get(tokenOf(url))?.getTime() ?? 0);
  }

  // A slow machine may use a URL too late: then another one is signed.
  let last = await sign();
  await expect
    .poll(async () => {
      last = await sign();
      const put = await sendPut(last.upload, noise(3));
      return [(await fetch(last.download.url)).status, put.status];
    })
    .toEqual([200, 200]);
  await delay(Date.parse(last.upload.expiresAt) - Date.now() + 1100);
  expect(refused).toContain((await fetch(last.download.url)).status);
  expect(refused).toContain((await sendPut(last.upload, noise(3))).status);
});
