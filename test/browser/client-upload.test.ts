import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DeleteBucketCorsCommand, ListMultipartUploadsCommand, ListPartsCommand } from "@aws-sdk/client-s3";
import type { HTTPRequest, Page } from "puppeteer-core";
import { describe, expect, test } from "vitest";
import { makeTemporaryFolder } from "../support/resources.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";
import { launchBrowser } from "./browsers.ts";
import { chooseFile, sha256At, startClientPage } from "./client-page.ts";
import { openClientTab, outcome, partOf, run, startUpload, untilReady, wait } from "./client-tab.ts";
import { writeNoiseFile } from "./noise-file.ts";
import { memoryOfProcesses } from "./process-memory.ts";

const MiB = 2 ** 20;

const server = await shareInFile(startTestServer());
const pages = await shareInFile(startClientPage(`${server.url}/graphql`));
const browser = await shareInFile(launchBrowser("chromium"));
const folder = await shareInFile(makeTemporaryFolder("client"));

const openPage = () => openClientTab(browser, pages.url);
const begin = (tab: Page, options: string) => startUpload(tab, "demo", options);
const makeFile = (name: string, bytes: number) => writeNoiseFile(folder.path, name, bytes);

async function stored(key: string): Promise<string> {
  const { downloadUrl } = await server.client.data<{ downloadUrl: { url: string } }>(
    'query ($key: String!) { downloadUrl(bucket: "demo", key: $key) { url } }',
    { key },
  );
  return await sha256At(downloadUrl.url);
}

async function pending(): Promise<number> {
  const { Uploads = [] } = await server.admin.send(new ListMultipartUploadsCommand({ Bucket: "demo" }));
  return Uploads.length;
}

/** The numbers of the parts that the store has of a pending upload. */
async function arrivedParts(key: string): Promise<number[]> {
  const { Uploads = [] } = await server.admin.send(new ListMultipartUploadsCommand({ Bucket: "demo" }));
  const UploadId = Uploads.find(({ Key }) => Key === key)?.UploadId;
  if (UploadId === undefined) return [];
  const { Parts = [] } = await server.admin.send(
    new ListPartsCommand({ Bucket: "demo", Key: key, UploadId }),
  );
  return Parts.map(({ PartNumber }) => PartNumber ?? 0);
}

const cors = { "access-control-allow-origin": "*" };

describe("in Chromium, an upload", () => {
  test.each([
    ["small", 1234],
    ["300 MiB", 300 * MiB],
  ])("of a %s file stores its bytes, and reports progress up to the end", async (name, bytes) => {
    await using tab = await openPage();
    const { path, sha256 } = await makeFile(name, bytes);
    await chooseFile(tab, path);
    await run(tab, "window.seen = [];");
    await begin(tab, `key: ${JSON.stringify(name)}, onProgress: ({ bytes }) => window.seen.push(bytes)`);
    expect(await outcome(tab)).toMatchObject({ size: bytes });
    const seen = (await tab.evaluate("window.seen")) as number[];
    expect(seen.at(-1)).toBe(bytes);
    expect(seen.length).toBeGreaterThan(bytes / (64 * MiB));
    expect(await stored(name)).toBe(sha256);
    expect(await pending()).toBe(0);
  });

  test("continues after a reload, and no part that arrived goes twice", async () => {
    await using tab = await openPage();
    const { path, sha256 } = await makeFile("reload", 90 * MiB);
    await chooseFile(tab, path);
    await tab.setRequestInterception(true);
    let held = true;
    const sent: number[] = [];
    tab.on("request", (request) => {
      const part = partOf(request);
      if (part !== undefined && held && part > 4) return;
      if (part !== undefined && !held) sent.push(part);
      void request.continue();
    });
    const finished: number[] = [];
    tab.on("requestfinished", (request) => {
      const part = partOf(request);
      if (part !== undefined && !held) finished.push(part);
    });
    await begin(tab, 'key: "reload"');
    await expect.poll(() => arrivedParts("reload")).toEqual([1, 2, 3, 4]);
    await tab.reload();
    await untilReady(tab);
    // Only now, because the page that is left may try a part again while it is being closed.
    held = false;
    await chooseFile(tab, path);
    await begin(tab, 'key: "reload", resume: true');
    expect(await outcome(tab)).toMatchObject({ size: 90 * MiB });
    expect(sent.filter((part) => part <= 4)).toEqual([]);
    expect(finished.toSorted((a, b) => a - b)).toEqual([5, 6, 7]);
    expect(await stored("reload")).toBe(sha256);
    expect(await pending()).toBe(0);
  });

  test("waits while the browser is offline, and continues by itself", async () => {
    await using tab = await openPage();
    const { path, sha256 } = await makeFile("offline", 150 * MiB);
    await chooseFile(tab, path);
    await run(tab, "window.states = [];");
    await begin(tab, 'key: "offline"');
    await run(
      tab,
      'window.task.addEventListener("statechange", () => window.states.push(window.task.state));',
    );
    await tab.waitForFunction("window.task.progress.bytes > 0", wait);
    await tab.setOfflineMode(true);
    await tab.waitForFunction('window.task.state === "offline"', wait);
    await new Promise((resolve) => setTimeout(resolve, 20_000));
    expect(await tab.evaluate("window.task.state")).toBe("offline");
    await tab.setOfflineMode(false);
    expect(await outcome(tab)).toMatchObject({ size: 150 * MiB });
    expect(await tab.evaluate("window.states")).toEqual(["offline", "running", "done"]);
    expect(await stored("offline")).toBe(sha256);
  });

  test.each<[string, (request: HTTPRequest) => Promise<void>]>([
    ["500", (request) => request.respond({ status: 500, headers: cors, body: "" })],
    [
      "503",
      (request) =>
        request.respond({ status: 503, headers: cors, body: "<Error><Code>SlowDown</Code></Error>" }),
    ],
    [
      "403",
      (request) =>
        request.respond({ status: 403, headers: cors, body: "<Error><Code>AccessDenied</Code></Error>" }),
    ],
    ["a reset connection", (request) => request.abort("connectionreset")],
  ])("survives a part that is answered with %s", async (what, fail) => {
    await using tab = await openPage();
    const { path, sha256 } = await makeFile("faults", 70 * MiB);
    await chooseFile(tab, path);
    await tab.setRequestInterception(true);
    let failed = 0;
    tab.on("request", (request) => {
      if (partOf(request) === 2 && failed === 0) {
        failed += 1;
        void fail(request);
      } else void request.continue();
    });
    await begin(tab, `key: ${JSON.stringify(`faults ${what}`)}`);
    expect(await outcome(tab)).toMatchObject({ size: 70 * MiB });
    expect(failed).toBe(1);
    expect(await stored(`faults ${what}`)).toBe(sha256);
  });

  test("that is cancelled leaves nothing at the store", async () => {
    await using tab = await openPage();
    await chooseFile(tab, (await makeFile("cancelled", 200 * MiB)).path);
    await begin(tab, 'key: "cancelled"');
    await tab.waitForFunction("window.task.progress.bytes > 0", wait);
    await run(tab, "await window.task.abort();");
    expect(await outcome(tab)).toMatchObject({ code: "ABORTED" });
    expect(await pending()).toBe(0);
  });

  test("of a file that changes meanwhile says so", async () => {
    await using tab = await openPage();
    const { path } = await makeFile("changing", 100 * MiB);
    await chooseFile(tab, path);
    await begin(tab, 'key: "changing"');
    await tab.waitForFunction("window.task.progress.bytes > 0", wait);
    await truncate(path, 10 * MiB);
    expect(await outcome(tab)).toMatchObject({ code: "FILE_CHANGED" });
    expect(await pending()).toBe(0);
  });

  test("of the same file in two tabs ends in both, and stores it whole", async () => {
    const { path, sha256 } = await makeFile("twice", 80 * MiB);
    await using one = await openPage();
    await using other = await openPage();
    for (const tab of [one, other]) await chooseFile(tab, path);
    for (const tab of [one, other]) await begin(tab, 'key: "twice", resume: true');
    const outcomes = [await outcome(one), await outcome(other)];
    expect(outcomes.some(({ size }) => size === 80 * MiB)).toBe(true);
    for (const { size, code } of outcomes) if (size === undefined) expect(code).toBe("UPLOAD_NOT_FOUND");
    expect(await stored("twice")).toBe(sha256);
  });

  // With a timeout of its own: on a busy machine, Chromium and the store manage 10 MiB/s.
  test("of 2 GiB keeps the memory of the browser flat", { timeout: 600_000 }, async () => {
    await using tab = await openPage();
    const path = join(folder.path, "sparse");
    await writeFile(path, "");
    await truncate(path, 2 ** 31);
    await chooseFile(tab, path);
    const before = await memoryOfProcesses(browser.process()?.pid ?? 0);
    await begin(tab, 'key: "sparse"');
    let peak = before;
    while ((await tab.evaluate("window.task.state")) === "running") {
      peak = Math.max(peak, await memoryOfProcesses(browser.process()?.pid ?? 0));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(await outcome(tab)).toMatchObject({ size: 2 ** 31 });
    expect((peak - before) / MiB).toBeLessThan(500);
    await server.client.data(
      'mutation { deleteObjects(objects: [{ bucket: "demo", key: "sparse" }]) { key } }',
    );
  });

  // The last one: the bucket has no rule any more.
  test("to a bucket without CORS says what to set", async () => {
    await server.admin.send(new DeleteBucketCorsCommand({ Bucket: "demo" }));
    await using tab = await openPage();
    await chooseFile(tab, (await makeFile("no-cors", 1000)).path);
    await begin(tab, 'key: "no-cors"');
    const { code, message } = await outcome(tab);
    expect(code).toBe("STORE_REFUSED");
    expect(message).toContain(`AllowedOrigins ["${pages.url}"]`);
  });
});
