import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { describe, expect, test } from "vitest";
import { sendPart } from "../support/multipart-uploads.ts";
import { requestUpload } from "../support/operations.ts";
import { makeTemporaryFolder } from "../support/resources.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startDemoServer } from "../support/test-server.ts";
import { launchBrowser } from "./browsers.ts";
import { buildPagesIfStale } from "./built-pages.ts";
import { chooseFiles, openWebClient, press, wait, waitForText } from "./web-client.ts";

await buildPagesIfStale();
const server = await shareInFile(startDemoServer());
const browser = await shareInFile(launchBrowser("chromium"));
const folder = await shareInFile(makeTemporaryFolder("web-uploads"));

const MiB = 2 ** 20;
/** Sent in parts, because the server's threshold is 64 MiB. */
const largeBytes = 80 * MiB;

async function largeFile(name: string): Promise<string> {
  const path = join(folder.path, name);
  await writeFile(path, "");
  await truncate(path, largeBytes);
  return path;
}

/** An upload whose first part has arrived, as one that was interrupted leaves it behind. */
async function leaveBehind(key: string): Promise<void> {
  const input = { bucket: "demo", key, contentType: "application/octet-stream" };
  const upload = await requestUpload(server.client, "MULTIPART", { input, size: largeBytes, firstParts: 1 });
  await sendPart(upload, 1);
}

async function pendingKeys(prefix: string): Promise<string[]> {
  const query = `query ($prefix: String) { uploads(bucket: "demo", prefix: $prefix) { nodes { key } } }`;
  const { uploads } = await server.client.data<{ uploads: { nodes: { key: string }[] } }>(query, { prefix });
  return uploads.nodes.map(({ key }) => key);
}

async function sizeOf(key: string): Promise<number | undefined> {
  const query = `query ($key: String!) { object(bucket: "demo", key: $key) { size } }`;
  return (await server.client.data<{ object: { size: number } | null }>(query, { key })).object?.size;
}

/** The numbers of the parts that the page has begun to send. */
function watchParts(page: Page): number[] {
  const numbers: number[] = [];
  page.on("request", (request) => {
    const part = new URL(request.url()).searchParams.get("partNumber");
    if (request.method() === "PUT" && part !== null) numbers.push(Number(part));
  });
  return numbers;
}

/** So that there is time to stop an upload. */
async function slowDown(page: Page, bytesPerSecond: number): Promise<void> {
  await page.emulateNetworkConditions({ upload: bytesPerSecond, download: -1, latency: 0 });
}

describe("an upload that was left behind", () => {
  test("is shown after a reload, and continued with the same file", async () => {
    const path = await largeFile("continued.bin");
    await using tab = await openWebClient(browser, server.url, { as: "nobody", hash: "#/demo/continued/" });
    const { page } = tab;
    const session = await page.createCDPSession();
    // Only the first part arrives; the others wait for this session.
    const patterns = [2, 3, 4, 5, 6].map((part) => ({ urlPattern: `*partNumber=${part}&*` }));
    await session.send("Fetch.enable", { patterns });
    const firstPart = page.waitForResponse(
      (response) => response.url().includes("partNumber=1&") && response.request().method() === "PUT",
    );
    await chooseFiles(page, path);
    expect((await firstPart).status()).toBe(200);
    // The page asks before it is left.
    page.on("dialog", (dialog) => void dialog.accept());
    await page.reload();
    await session.send("Fetch.disable");

    await waitForText(page, "1 upload in this folder was not finished");
    const parts = watchParts(page);
    const input = await page.waitForSelector("input[aria-label='Choose continued.bin to continue']");
    await input?.uploadFile(path);
    await waitForText(page, "1 file uploaded");
    expect(await sizeOf("continued/continued.bin")).toBe(largeBytes);
    expect(parts.toSorted()).toEqual([2, 3, 4, 5, 6]);
    await page.waitForFunction("!document.body.innerText.includes('was not finished')", wait);
  });

  test("is discarded", async () => {
    await leaveBehind("discarded/large.bin");
    await using tab = await openWebClient(browser, server.url, { as: "nobody", hash: "#/demo/discarded/" });
    await press(tab.page, "Discard large.bin");
    await waitForText(tab.page, "The upload of “large.bin” was discarded.");
    expect(await pendingKeys("discarded/")).toEqual([]);
  });
});

describe("a running upload", () => {
  test("is paused, continued and finished", async () => {
    await using tab = await openWebClient(browser, server.url, { as: "nobody", hash: "#/demo/paused/" });
    await slowDown(tab.page, 4 * MiB);
    await chooseFiles(tab.page, await largeFile("paused.bin"));
    await press(tab.page, "Pause paused.bin");
    await waitForText(tab.page, "Paused · ");
    await tab.page.emulateNetworkConditions(null);
    await press(tab.page, "Continue paused.bin");
    await waitForText(tab.page, "1 file uploaded");
    expect(await sizeOf("paused/paused.bin")).toBe(largeBytes);
  });

  test("is cancelled, leaves nothing at the store, and can be tried again", async () => {
    await using tab = await openWebClient(browser, server.url, { as: "nobody", hash: "#/demo/cancelled/" });
    await slowDown(tab.page, 2 * MiB);
    await chooseFiles(tab.page, await largeFile("cancelled.bin"));
    await expect.poll(() => pendingKeys("cancelled/")).toHaveLength(1);
    await press(tab.page, "Cancel cancelled.bin");
    await waitForText(tab.page, "Cancelled");
    await expect.poll(() => pendingKeys("cancelled/")).toEqual([]);
    await tab.page.emulateNetworkConditions(null);
    await press(tab.page, "Try cancelled.bin again");
    await waitForText(tab.page, "1 file uploaded");
    expect(await sizeOf("cancelled/cancelled.bin")).toBe(largeBytes);
  });
});

test("a file that may not be uploaded is shown with the reason", async () => {
  await using tab = await openWebClient(browser, server.url, { as: "alice", hash: "#/private/users/alice/" });
  await waitForText(tab.page, "This folder is empty");
  // A key of more than 1,024 bytes.
  const path = join(folder.path, `${"long".repeat(60)}.txt`);
  await writeFile(path, "text");
  await tab.page.goto(`${server.url}/#/private/users/alice/${"folder/".repeat(130)}`);
  await chooseFiles(tab.page, path);
  await waitForText(tab.page, "0 files uploaded, 1 failed");
  await waitForText(tab.page, "1,024");
});
