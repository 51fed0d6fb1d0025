import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { expect, test } from "vitest";
import { noise } from "../support/noise.ts";
import { makeTemporaryFolder } from "../support/resources.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";
import { launchBrowser } from "./browsers.ts";
import { startBundledPage } from "./bundled-page.ts";
import { chooseFile, sha256At } from "./client-page.ts";

const MiB = 2 ** 20;
const wait = { timeout: 150_000, polling: 50 };

const pages = await shareInFile(startBundledPage("packages/client/test/browser/apollo-page.ts"));
const server = await shareInFile(startTestServer({ env: { VALETKEY_ORIGINS: pages.url } }));
const browser = await shareInFile(launchBrowser("chromium"));
const folder = await shareInFile(makeTemporaryFolder("client-apollo"));

/** Opens the page, and uploads a file of this size in it with uploadFile. Returns the hash of its bytes. */
async function begin(tab: Page, key: string, bytes: number): Promise<string> {
  const content = noise(bytes);
  const path = join(folder.path, key);
  await writeFile(path, content);
  await tab.goto(`${pages.url}/?${new URLSearchParams({ server: `${server.url}/graphql` })}`);
  await tab.waitForFunction("window.state !== undefined", wait);
  await chooseFile(tab, path);
  await tab.evaluate(`state.upload(${JSON.stringify(key)})`);
  return createHash("sha256").update(content).digest("hex");
}

test("the upload link reports the bytes that it sends, up to the end", async () => {
  const tab = await browser.newPage();
  const sha256 = await begin(tab, "sent", 60 * MiB);
  await tab.waitForFunction("state.outcome !== undefined", wait);
  expect(await tab.evaluate("state.outcome")).toEqual({ size: 60 * MiB });
  const loaded = (await tab.evaluate("state.loaded")) as number[];
  expect(loaded.length).toBeGreaterThan(2);
  expect(loaded).toEqual([...loaded].sort((a, b) => a - b));
  expect(loaded.at(-1)).toBeGreaterThanOrEqual(60 * MiB);
  const { downloadUrl } = await server.client.data<{ downloadUrl: { url: string } }>(
    '{ downloadUrl(bucket: "demo", key: "sent") { url } }',
  );
  expect(await sha256At(downloadUrl.url)).toBe(sha256);
  await tab.close();
});

test("an upload that is cancelled ends, and stores nothing", async () => {
  const tab = await browser.newPage();
  await begin(tab, "cancelled", 200 * MiB);
  await tab.waitForFunction("state.loaded.length > 0", wait);
  await tab.evaluate("state.controller.abort()");
  await tab.waitForFunction("state.outcome !== undefined", wait);
  expect(await tab.evaluate("state.outcome")).toEqual({ error: "AbortError" });
  const { data } = await server.client.request('{ object(bucket: "demo", key: "cancelled") { size } }');
  expect(data).toEqual({ object: null });
  await tab.close();
});
