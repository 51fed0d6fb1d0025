import { createHash, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GetObjectCommand, ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import type { HTTPRequest, Page } from "puppeteer-core";
import { describe, expect, test } from "vitest";
import { makeTemporaryFolder } from "../support/resources.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer } from "../support/test-server.ts";
import { launchBrowser } from "./browsers.ts";
import { startBundledPage } from "./bundled-page.ts";

const MiB = 2 ** 20;
const pages = await shareInFile(startBundledPage("packages/client/test/browser/react-page.tsx"));
const server = await shareInFile(
  startTestServer({ env: { VALETKEY_ORIGINS: pages.url, VALETKEY_MULTIPART_BYTES: "5MiB" } }),
);
const browser = await shareInFile(launchBrowser("chromium"));
const folder = await shareInFile(makeTemporaryFolder("client-react"));

interface Tab extends AsyncDisposable {
  readonly page: Page;
  /** Warnings of React, and errors that nothing has caught. */
  readonly complaints: string[];
  /** The operations that the page has sent to the server. */
  readonly operations: string[];
}

/** Opens the page in StrictMode. */
async function open(view: string, parameters: Record<string, string> = {}): Promise<Tab> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  const operations: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => operations.push(...operationOf(request)));
  const query = new URLSearchParams({ view, server: `${server.url}/graphql`, ...parameters });
  await page.goto(`${pages.url}/?${query}`);
  await page.waitForSelector("#toggle");
  return { page, complaints, operations, [Symbol.asyncDispose]: () => page.close() };
}

function operationOf(request: HTTPRequest): string[] {
  if (request.method() !== "POST" || request.url() !== `${server.url}/graphql`) return [];
  return [/\b(query|mutation) (\w+)/.exec(request.postData() ?? "")?.[2] ?? "unknown"];
}

/** Makes files of random bytes and chooses them all. Returns what each contains. */
async function choose(page: Page, sizes: Record<string, number>): Promise<Map<string, Buffer>> {
  const files = new Map(Object.entries(sizes).map(([name, size]) => [name, randomBytes(size)]));
  for (const [name, bytes] of files) await writeFile(join(folder.path, name), bytes);
  const [chooser] = await Promise.all([page.waitForFileChooser(), page.click("input[type=file]")]);
  await chooser.accept([...files.keys()].map((name) => join(folder.path, name)));
  return files;
}

/** Chromium then sends so many bytes a second. */
async function limitUploads(page: Page, bytesPerSecond: number): Promise<void> {
  await page.emulateNetworkConditions({ upload: bytesPerSecond, download: -1, latency: 0 });
}

const text = (page: Page, selector: string) =>
  page.$eval(selector, (element) => element.textContent).catch(() => undefined);
const field = (page: Page, name: string, what: string) => text(page, `[data-name="${name}"] .${what}`);
const press = (page: Page, name: string, button: string) => page.click(`[data-name="${name}"] .${button}`);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function storedHash(key: string): Promise<string | undefined> {
  const { Body } = await server.admin.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return sha256((await Body?.transformToByteArray()) ?? new Uint8Array());
}

describe("useUpload", () => {
  test("uploads many files, two at once, and the list below shows them", async () => {
    await using tab = await open("uploads-and-objects", { prefix: "uploads/many-" });
    const { page } = tab;
    await page.evaluate(() => {
      const observed = globalThis as unknown as {
        maxRunning: number;
        document: { querySelector(name: string): unknown };
      };
      observed.maxRunning = 0;
      const output = observed.document.querySelector("#running") as { textContent: string };
      const look = () => {
        observed.maxRunning = Math.max(observed.maxRunning, Number(output.textContent));
        setTimeout(look);
      };
      look();
    });
    const files = await choose(page, { "many-1": 0, "many-2": 300_000, "many-3": 12 * MiB, "many-4": 7 });
    for (const [name, bytes] of files) {
      await expect.poll(() => field(page, name, "state")).toBe("done");
      expect(await storedHash(`uploads/${name}`)).toBe(sha256(bytes));
      expect(await field(page, name, "bytes")).toBe(String(bytes.length));
    }
    expect(await page.evaluate("maxRunning")).toBe(2);
    const keys = [...files.keys()].map((name) => `uploads/${name}`);
    await expect.poll(() => text(page, "#keys")).toBe(keys.join(","));
    expect(tab.operations.filter((name) => name === "RequestUpload")).toHaveLength(4);
    await page.click("#clear");
    await expect.poll(() => page.$$("section p").then(({ length }) => length)).toBe(0);
    expect(tab.complaints).toEqual([]);
  });

  test("pauses a file, lets the next one have its turn, and continues", async () => {
    await using tab = await open("uploads");
    const { page } = tab;
    await limitUploads(page, MiB / 2);
    const files = await choose(page, { film: 14 * MiB, song: 12 * MiB, note: 10 });
    await expect.poll(async () => Number(await field(page, "film", "bytes"))).toBeGreaterThan(0);
    expect(await field(page, "note", "state")).toBe("queued");
    await press(page, "film", "pause");
    await expect.poll(() => field(page, "film", "state")).toBe("paused");
    await expect.poll(() => field(page, "note", "state")).toBe("done");
    expect(await field(page, "film", "state")).toBe("paused");
    await press(page, "film", "resume");
    await limitUploads(page, -1);
    for (const [name, bytes] of files) {
      await expect.poll(() => field(page, name, "state")).toBe("done");
      expect(await storedHash(`uploads/${name}`)).toBe(sha256(bytes));
    }
    expect(await text(page, "#total")).toBe(String(26 * MiB + 10));
    expect(tab.complaints).toEqual([]);
  });

  test("aborts a file, leaves nothing of it at S3, and can try it again", async () => {
    await using tab = await open("uploads");
    const { page } = tab;
    await limitUploads(page, MiB / 2);
    const files = await choose(page, { dropped: 14 * MiB });
    await expect.poll(async () => Number(await field(page, "dropped", "bytes"))).toBeGreaterThan(0);
    await press(page, "dropped", "abort");
    await expect.poll(() => field(page, "dropped", "state")).toBe("aborted");
    const { Uploads = [] } = await server.admin.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    expect(Uploads).toEqual([]);
    expect(await field(page, "dropped", "error")).toBe("");
    await limitUploads(page, -1);
    await press(page, "dropped", "retry");
    await expect.poll(() => field(page, "dropped", "state")).toBe("done");
    expect(await storedHash("uploads/dropped")).toBe(sha256(files.get("dropped") as Buffer));
  });

  test("shows why a file failed, and uploads the others", async () => {
    await using tab = await open("uploads");
    const { page } = tab;
    await choose(page, { "forbidden-1": 10, allowed: 10 });
    await expect.poll(() => field(page, "forbidden-1", "error")).toBe("FORBIDDEN");
    expect(await field(page, "forbidden-1", "state")).toBe("failed");
    await expect.poll(() => field(page, "allowed", "stored")).toBe("uploads/allowed");
    expect(tab.complaints).toEqual([]);
  });

  test("continues after its component was unmounted", async () => {
    await using tab = await open("uploads");
    const { page } = tab;
    await limitUploads(page, 4 * MiB);
    const files = await choose(page, { "left-alone": 12 * MiB });
    await expect.poll(async () => Number(await field(page, "left-alone", "bytes"))).toBeGreaterThan(0);
    await page.click("#toggle");
    await limitUploads(page, -1);
    await expect
      .poll(() => storedHash("uploads/left-alone").catch(() => undefined))
      .toBe(sha256(files.get("left-alone") as Buffer));
    expect(tab.complaints).toEqual([]);
  });
});

describe("useDownloadUrl", () => {
  test("gets URLs of several components with one request", async () => {
    for (const key of ["a", "b"]) await server.seed(key, `content of ${key}`);
    await using tab = await open("urls", { keys: "a,b,a,missing," });
    const { page } = tab;
    const urls = () => page.$$eval(".url .href", (all) => all.map((each) => each.textContent ?? ""));
    await expect.poll(async () => (await urls()).filter((url) => url !== "").length).toBe(3);
    const [a, b, sameAsA] = await urls();
    expect(sameAsA).toBe(a);
    expect(await (await fetch(b ?? "")).text()).toBe("content of b");
    expect(await field(page, "missing", "error")).toBe("OBJECT_NOT_FOUND");
    expect(await field(page, "", "loading")).toBe("false");
    expect(tab.operations).toEqual(["DownloadUrls"]);
    expect(tab.complaints).toEqual([]);
  });

  test("refreshes a URL before it expires", async () => {
    await server.seed("short-lived", "content");
    await using tab = await open("urls", { keys: "short-lived", expiresIn: "4" });
    const { page } = tab;
    const seen = new Set<string>();
    await expect
      .poll(async () => {
        const url = await field(page, "short-lived", "href");
        if (url) seen.add(url);
        return seen.size;
      })
      .toBeGreaterThan(2);
    expect(await field(page, "short-lived", "error")).toBe("");
    const [, , newest] = [...seen];
    expect(newest).toMatch(/^http/);
  });

  test("ignores what arrives after its component was unmounted", async () => {
    await server.seed("late", "content");
    await using tab = await open("urls", { keys: "late" });
    const { page } = tab;
    await page.click("#toggle");
    await page.click("#toggle");
    await expect.poll(() => field(page, "late", "href")).toMatch(/^http/);
    expect(tab.operations).toEqual(["DownloadUrls"]);
    expect(tab.complaints).toEqual([]);
  });
});

describe("useObjects", () => {
  test("loads page after page", async () => {
    const keys = Array.from({ length: 105 }, (_, index) => `paged/${String(index).padStart(3, "0")}`);
    for (const key of keys) await server.seed(key, "-");
    await server.seed("paged/z/1", "-");
    await using tab = await open("objects", { prefix: "paged/" });
    const { page } = tab;
    await expect.poll(() => text(page, "#keys")).toBe(keys.slice(0, 100).join(","));
    await page.click("#more");
    await expect.poll(() => text(page, "#keys")).toBe(keys.join(","));
    expect(await text(page, "#folders")).toBe("paged/z/");
    expect(await page.$("#more")).toBeNull();
    await server.seed("paged/new", "-");
    await page.click("#refresh");
    await expect.poll(() => text(page, "#keys")).toBe([...keys, "paged/new"].join(","));
    expect(tab.operations).toEqual(["Folder", "Folder", "Folder", "Folder"]);
    expect(tab.complaints).toEqual([]);
  });

  test("shows the objects of the last prefix, however fast it changes", async () => {
    for (const key of ["p", "pr", "pre", "pref/1"]) await server.seed(key, "-");
    await using tab = await open("objects", { prefix: "nothing/" });
    const { page } = tab;
    await page.type("#prefix", "pref/");
    await expect.poll(() => text(page, "#keys")).toBe("pref/1");
    await page.click("#toggle");
    await page.click("#toggle");
    await expect.poll(() => text(page, "#keys")).toBe("");
    expect(tab.complaints).toEqual([]);
  });
});

test("lists in several components follow what their client changes, without polling", async () => {
  await server.seed("left/a", "-");
  await using tab = await open("lists");
  const { page } = tab;
  const lists = () => page.$$eval("[data-prefix]", (all) => all.map(({ textContent }) => textContent));
  await expect.poll(lists).toEqual(["left/a", "left/a", ""]);
  const run = (call: string) => page.evaluate(`client.${call}`);
  await run('upload(new Blob(["-"]), { bucket: "demo", key: "left/b" }).done');
  await expect.poll(lists).toEqual(["left/a,left/b", "left/a,left/b", ""]);
  await run('copy({ bucket: "demo", key: "left/a" }, { bucket: "demo", key: "right/a" })');
  await expect.poll(lists).toEqual(["left/a,left/b", "left/a,left/b", "right/a"]);
  await run('move({ bucket: "demo", key: "left/b" }, { bucket: "demo", key: "right/b" })');
  await expect.poll(lists).toEqual(["left/a", "left/a", "right/a,right/b"]);
  await run('remove([{ bucket: "demo", key: "left/a" }])');
  await expect.poll(lists).toEqual(["", "", "right/a,right/b"]);
  await run('remove({ bucket: "demo", prefix: "right/" })');
  await expect.poll(lists).toEqual(["", "", ""]);
  expect(tab.complaints).toEqual([]);
});

test.each(["uploads-and-objects", "urls"])("%s can be hydrated", async (view) => {
  await server.seed("hydrated", "-");
  await using tab = await open(view, { hydrate: "", keys: "hydrated", prefix: "hydrated" });
  const shown = view === "urls" ? ".href" : "#keys";
  await expect.poll(() => text(tab.page, shown)).toContain("hydrated");
  const rendered = await tab.page.$eval("body", (body) => body.dataset.rendered);
  expect(rendered).toContain(view === "urls" ? '"loading">true' : 'data-loading="true"');
  expect(tab.complaints).toEqual([]);
});
