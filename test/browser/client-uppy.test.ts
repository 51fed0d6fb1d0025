import { createHash, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GetObjectCommand, ListMultipartUploadsCommand, ListPartsCommand } from "@aws-sdk/client-s3";
import type { HTTPRequest, Page } from "puppeteer-core";
import { describe, expect, test } from "vitest";
import { makeTemporaryFolder } from "../support/resources.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer } from "../support/test-server.ts";
import { launchBrowser } from "./browsers.ts";
import { startBundledPage } from "./bundled-page.ts";

const MiB = 2 ** 20;
const pages = await shareInFile(startBundledPage("packages/client/test/browser/uppy-page.ts"));
const server = await shareInFile(
  startTestServer({ env: { VALETKEY_ORIGINS: pages.url, VALETKEY_MULTIPART_BYTES: "5MiB" } }),
);
const browser = await shareInFile(launchBrowser("chromium"));
const folder = await shareInFile(makeTemporaryFolder("client-uppy"));

const wait = { timeout: 150_000, polling: 50 };

async function openPage(): Promise<Page & AsyncDisposable> {
  // Without what Golden Retriever has kept for another test.
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.goto(`${pages.url}/?${new URLSearchParams({ server: `${server.url}/graphql` })}`);
  await page.waitForSelector(".uppy-Dashboard-input");
  return Object.assign(page, { [Symbol.asyncDispose]: () => context.close() });
}

/** Makes a file and chooses it through Dashboard's own input. Returns the hash of its bytes. */
async function choose(page: Page, name: string, bytes: number): Promise<string> {
  const path = join(folder.path, name);
  const content = randomBytes(bytes);
  await writeFile(path, content);
  await chooseAgain(page, name);
  return createHash("sha256").update(content).digest("hex");
}

async function chooseAgain(page: Page, name: string): Promise<void> {
  await page.bringToFront();
  const selector = "input.uppy-Dashboard-input:not([webkitdirectory])";
  // With files in its list, Dashboard shows the input when one wants to add more.
  if ((await page.$(selector)) === null) await press(page, ".uppy-DashboardContent-addMore");
  const input = await page.waitForSelector(selector as "input", wait);
  await input?.uploadFile(join(folder.path, name));
  const isShown = `uppy.getFiles().some(({ name, isGhost }) => name === ${JSON.stringify(name)} && !isGhost)`;
  await page.waitForFunction(isShown, wait);
}

/** Presses a button of Dashboard as soon as it is there. Dashboard has no style sheet here, so it may be covered. */
async function press(page: Page, selector: string): Promise<void> {
  await page.waitForSelector(selector, wait);
  await page.$eval(selector, (button) => (button as unknown as { click(): void }).click());
}
const statusBar = {
  upload: ".uppy-StatusBar-actionBtn--upload",
  retry: ".uppy-StatusBar-actionBtn--retry",
  pause: '.uppy-StatusBar-actions button[title="Pause"]',
  resume: '.uppy-StatusBar-actions button[title="Resume"]',
  cancel: '.uppy-StatusBar-actions button[title="Cancel"]',
};
const fileButton = (title: string, name: string) =>
  `.uppy-Dashboard-Item[id*="${name}"] button[title^="${title}"]`;

const text = (page: Page) => page.$eval("body", (body) => body.textContent ?? "");
const events = (page: Page) => page.evaluate("events") as Promise<string[]>;
const untilEvent = (page: Page, event: string) =>
  expect.poll(async () => (await events(page)).some((each) => each.startsWith(event))).toBe(true);
const bytesUploaded = async (page: Page) => Number(await page.evaluate("progress.at(-1)?.[0] ?? 0"));

/** Chromium then sends so many bytes a second. -1: as many as it can. */
async function limitUploads(page: Page, bytesPerSecond: number): Promise<void> {
  await page.emulateNetworkConditions({ upload: bytesPerSecond, download: -1, latency: 0 });
}

async function storedHash(name: string): Promise<string> {
  const { Body } = await server.admin.send(new GetObjectCommand({ Bucket: bucket, Key: `uppy/${name}` }));
  return createHash("sha256")
    .update((await Body?.transformToByteArray()) ?? "")
    .digest("hex");
}

async function pendingUploads() {
  const { Uploads = [] } = await server.admin.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  return Uploads;
}

/** The numbers of the parts that the store has of the only pending upload. */
async function arrivedParts(): Promise<number[]> {
  const [upload] = await pendingUploads();
  if (upload === undefined) return [];
  const { Key, UploadId } = upload;
  const { Parts = [] } = await server.admin.send(new ListPartsCommand({ Bucket: bucket, Key, UploadId }));
  return Parts.map(({ PartNumber }) => PartNumber ?? 0);
}

/** The number of the part that a request sends. */
function partOf(request: HTTPRequest): number | undefined {
  const number = new URL(request.url()).searchParams.get("partNumber");
  return request.method() === "PUT" && number !== null ? Number(number) : undefined;
}

describe("with Uppy's Dashboard", () => {
  test("a small file is uploaded, with the stored object in the response", async () => {
    await using page = await openPage();
    const sha256 = await choose(page, "small.txt", 1234);
    await press(page, statusBar.upload);
    await untilEvent(page, "complete");
    expect(await events(page)).toEqual(["start small.txt", "success small.txt", "complete"]);
    expect(await storedHash("small.txt")).toBe(sha256);
    expect(await page.evaluate("responses")).toMatchObject([
      { status: 200, body: { bucket, key: "uppy/small.txt", size: 1234, contentType: "text/plain" } },
    ]);
    expect(await page.evaluate("progress.at(-1)")).toEqual([1234, 1234]);
    await page.waitForSelector(".uppy-StatusBar.is-complete", wait);
  });

  test("several files are uploaded, an empty one too", async () => {
    await using page = await openPage();
    const sizes = { "many-1.bin": 0, "many-2.bin": 12 * MiB, "many-3.bin": 5, "many-4.bin": 300_000 };
    const hashes = new Map<string, string>();
    for (const [name, size] of Object.entries(sizes)) hashes.set(name, await choose(page, name, size));
    await press(page, statusBar.upload);
    await untilEvent(page, "complete");
    for (const [name, sha256] of hashes) expect(await storedHash(name)).toBe(sha256);
    expect(await pendingUploads()).toEqual([]);
  });

  test("a large file can be paused and continued", async () => {
    await using page = await openPage();
    const sha256 = await choose(page, "paused.bin", 20 * MiB);
    await limitUploads(page, MiB);
    await press(page, statusBar.upload);
    await expect.poll(() => bytesUploaded(page)).toBeGreaterThan(0);
    await press(page, statusBar.pause);
    await page.waitForSelector(statusBar.resume, wait);
    await limitUploads(page, -1);
    // Nothing is sent any more.
    const parts: number[] = [];
    page.on("request", (request) => parts.push(partOf(request) ?? 0));
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(parts).toEqual([]);
    expect(await pendingUploads()).toHaveLength(1);
    await press(page, statusBar.resume);
    await untilEvent(page, "complete");
    expect(await events(page)).toEqual(["start paused.bin", "success paused.bin", "complete"]);
    expect(await storedHash("paused.bin")).toBe(sha256);
    expect(await pendingUploads()).toEqual([]);
  });

  test("a file that is paused by itself gives its turn to the others", async () => {
    await using page = await openPage();
    const hashes = new Map<string, string>();
    for (const [name, size] of Object.entries({ "held1.bin": 16 * MiB, "held2.bin": 15 * MiB, last: 10 }))
      hashes.set(name, await choose(page, name, size));
    await limitUploads(page, MiB);
    await press(page, statusBar.upload);
    await expect.poll(() => bytesUploaded(page)).toBeGreaterThan(0);
    for (const name of ["held1", "held2"]) await press(page, fileButton("Pause", name));
    await untilEvent(page, "success last");
    await limitUploads(page, -1);
    for (const name of ["held1", "held2"]) await press(page, fileButton("Resume", name));
    await untilEvent(page, "complete");
    for (const [name, sha256] of hashes) expect(await storedHash(name)).toBe(sha256);
  });

  test.each([
    ["all are cancelled", statusBar.cancel],
    ["it is removed", fileButton("Remove", "dropped")],
  ])("when %s, nothing is left at the store", async (_what, button) => {
    await using page = await openPage();
    await choose(page, "dropped.bin", 20 * MiB);
    await limitUploads(page, MiB);
    await press(page, statusBar.upload);
    await expect.poll(() => bytesUploaded(page)).toBeGreaterThan(0);
    expect(await pendingUploads()).toHaveLength(1);
    await press(page, button);
    await expect.poll(pendingUploads).toEqual([]);
    expect((await events(page)).filter((event) => event.startsWith("error"))).toEqual([]);
    // The same file can be chosen again.
    await limitUploads(page, -1);
    const sha256 = await choose(page, "dropped.bin", 20 * MiB);
    await press(page, statusBar.upload);
    await untilEvent(page, "success dropped.bin");
    expect(await storedHash("dropped.bin")).toBe(sha256);
  });

  test("a file that failed shows why, and sends only what is missing when it is tried again", async () => {
    await using page = await openPage();
    await page.setRequestInterception(true);
    let isFailing = true;
    const sent: number[] = [];
    page.on("request", (request) => {
      const part = partOf(request);
      const headers = { "access-control-allow-origin": "*" };
      const body = "<Error><Code>InvalidRequest</Code><Message>Part 2 is not wanted.</Message></Error>";
      if (isFailing && part === 2) {
        // A part that fails ends those that are under way: one of them has to arrive before.
        const another = expect.poll(arrivedParts).not.toEqual([]);
        return void another.then(() => request.respond({ status: 400, headers, body }));
      }
      if (!isFailing && part !== undefined) sent.push(part);
      void request.continue();
    });
    const sha256 = await choose(page, "failing.bin", 20 * MiB);
    await press(page, statusBar.upload);
    await untilEvent(page, "error failing.bin");
    await page.waitForSelector(".uppy-StatusBar.is-error", wait);
    expect(await text(page)).toContain("Failed to upload failing.bin");
    const arrived = await arrivedParts();
    expect(arrived.length).toBeGreaterThan(0);
    isFailing = false;
    await press(page, statusBar.retry);
    await untilEvent(page, "success failing.bin");
    expect(sent).toContain(2);
    expect(sent.filter((part) => arrived.includes(part))).toEqual([]);
    expect(await storedHash("failing.bin")).toBe(sha256);
  });

  test("a failed file that is removed leaves nothing at the store", async () => {
    await using page = await openPage();
    await page.setRequestInterception(true);
    page.on("request", (request) => {
      const headers = { "access-control-allow-origin": "*" };
      if (partOf(request) === 2) void request.respond({ status: 400, headers, body: "<Error/>" });
      else void request.continue();
    });
    await choose(page, "givenup.bin", 12 * MiB);
    await press(page, statusBar.upload);
    await untilEvent(page, "error givenup.bin");
    expect(await pendingUploads()).toHaveLength(1);
    await press(page, fileButton("Remove", "givenup"));
    await expect.poll(pendingUploads).toEqual([]);
  });

  test.each([
    ["forbidden.txt", "demo-other"],
    ["unnamed", "This file has no place."],
  ])("%s fails with a message, and the other file is uploaded", async (name, message) => {
    await using page = await openPage();
    await choose(page, name, 10);
    await choose(page, "allowed.txt", 10);
    await press(page, statusBar.upload);
    await untilEvent(page, "complete");
    const failed = (await events(page)).filter((event) => event.startsWith("error"));
    expect(failed).toEqual([expect.stringContaining(message)]);
    expect(await events(page)).toContain("success allowed.txt");
  });

  test("a file waits while the browser is offline", async () => {
    await using page = await openPage();
    const sha256 = await choose(page, "offline.bin", 20 * MiB);
    await limitUploads(page, MiB);
    await press(page, statusBar.upload);
    await expect.poll(() => bytesUploaded(page)).toBeGreaterThan(0);
    await page.setOfflineMode(true);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await page.setOfflineMode(false);
    await limitUploads(page, -1);
    await untilEvent(page, "complete");
    expect(await events(page)).toEqual(["start offline.bin", "success offline.bin", "complete"]);
    expect(await storedHash("offline.bin")).toBe(sha256);
  });
});

describe("with Golden Retriever, after a reload in mid-upload", () => {
  /** Uploads the first two parts, and reloads the page. */
  async function interrupt(page: Page, name: string) {
    await page.setRequestInterception(true);
    const state = { isHeld: true, sent: [] as number[] };
    page.on("request", (request) => {
      const part = partOf(request);
      if (part !== undefined && part > 2 && state.isHeld) return;
      if (part !== undefined && !state.isHeld) state.sent.push(part);
      void request.continue();
    });
    const sha256 = await choose(page, name, 60 * MiB);
    await press(page, statusBar.upload);
    await expect.poll(arrivedParts).toEqual([1, 2]);
    // Golden Retriever writes with a delay.
    await expect.poll(() => page.evaluate("progress.at(-1)?.[0] ?? 0")).toBeGreaterThanOrEqual(10 * MiB);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await page.reload();
    state.isHeld = false;
    await expect.poll(() => text(page)).toContain("Session restored");
    return { state, sha256 };
  }

  test("the file is chosen again, and no part that arrived goes twice", async () => {
    await using page = await openPage();
    const { state, sha256 } = await interrupt(page, "reloaded.bin");
    await chooseAgain(page, "reloaded.bin");
    await press(page, statusBar.upload);
    await untilEvent(page, "success reloaded.bin");
    expect(state.sent.length).toBeGreaterThan(0);
    expect(state.sent.filter((part) => part <= 2)).toEqual([]);
    expect(new Set(state.sent).size).toBe(state.sent.length);
    expect(await storedHash("reloaded.bin")).toBe(sha256);
    expect(await pendingUploads()).toEqual([]);
  });

  test("the file can be given up instead, which leaves nothing at the store", async () => {
    await using page = await openPage();
    await interrupt(page, "forgotten.bin");
    expect(await pendingUploads()).toHaveLength(1);
    await press(page, fileButton("Remove", "forgotten"));
    await expect.poll(pendingUploads).toEqual([]);
  });
});
