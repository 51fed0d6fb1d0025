import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { downloadUrl, requestUpload } from "../support/operations.ts";
import { bytesOf, sendPut } from "../support/presigned-requests.ts";
import { startRewritingSts } from "../support/rewriting-sts.ts";
import { startTestServer } from "../support/test-server.ts";
import { noise, ownPrefix, refused, seed, store } from "./store.ts";

const bucket = store.buckets.main;
const prefix = ownPrefix("short");
const key = `${prefix}a.txt`;

/** A server whose STS hands out sessions of `seconds`. */
async function startWithSessionsOf(seconds: number) {
  const sts = await startRewritingSts(store, (asked) => ({ ...asked, DurationSeconds: seconds }));
  onTestFinished(() => sts.close());
  const server = await startTestServer({
    store,
    stsUrl: sts.url,
    grants: [{ who: "anonymous", bucket, prefix, allow: ["DOWNLOAD", "UPLOAD"] }],
  });
  onTestFinished(() => server.close());
  await seed(bucket, key, "a");
  return server.client;
}

const signedLifeMs = (url: string) => Number(new URL(url).searchParams.get("X-Amz-Expires")) * 1000;
const signedAt = (url: string) => {
  const date = new URL(url).searchParams.get("X-Amz-Date") ?? "";
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
};

describe("with sessions of 60 s", () => {
  test("20 s are honoured in full", async () => {
    const client = await startWithSessionsOf(60);
    const { url, expiresAt } = await downloadUrl(client, { bucket, key, expiresIn: 20 });
    expect(signedLifeMs(url)).toBe(20_000);
    expect(Date.parse(expiresAt)).toBe(signedAt(url) + 20_000);
  });

  test("more than any session lives is refused, and the maximum named", async () => {
    const client = await startWithSessionsOf(60);
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

test("with sessions of 6 s no URL claims more than its credentials live", { timeout: 40_000 }, async () => {
  const client = await startWithSessionsOf(6);
  const issued: { url: string; expiresAt: string; at: number }[] = [];
  for (let round = 0; round < 8; round++) {
    issued.push({
      ...(await downloadUrl(client, { bucket, key, expiresIn: 3, verify: false })),
      at: Date.now(),
    });
    await delay(500);
  }
  const put = await requestUpload(client, "PUT", {
    input: { bucket, key: `${prefix}put` },
    size: 3,
    expiresIn: 3,
  });
  expect((await sendPut(put, noise(3))).status).toBe(200);
  for (const { url, expiresAt } of issued) {
    expect(Date.parse(expiresAt)).toBe(signedAt(url) + signedLifeMs(url));
    expect(signedLifeMs(url)).toBe(3000);
  }
  const last = await downloadUrl(client, { bucket, key, expiresIn: 3, verify: false });
  await delay(Date.parse(last.expiresAt) - Date.now() - 800);
  expect(await bytesOf(await fetch(last.url))).toEqual(Buffer.from("a"));
  await delay(Date.parse(last.expiresAt) - Date.now() + 1100);
  expect(refused).toContain((await fetch(last.url)).status);
  expect(refused).toContain((await sendPut(put, noise(3))).status);
});
