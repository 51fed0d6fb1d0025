import { randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { describe, expect, test } from "vitest";
import { makeTemporaryFolder } from "../support/resources.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { versionedBucket as bucket, startTestServer } from "../support/test-server.ts";
import { accessibilityViolations } from "./accessibility.ts";
import { launchBrowser } from "./browsers.ts";
import { buildPagesIfStale } from "./built-pages.ts";
import {
  openWebClient,
  press,
  pressInDialog,
  saveDownloadsTo,
  type WebClientOptions,
  wait,
  waitForText,
} from "./web-client.ts";

await buildPagesIfStale();
const allow = ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"] as const;
const server = await shareInFile(
  startTestServer({
    grants: [
      { who: "anonymous", bucket, allow },
      { who: "anonymous", bucket: "demo", allow },
    ],
  }),
);
const browser = await shareInFile(launchBrowser("chromium"));

const seed = (key: string, body: string) =>
  server.seed(key, body, { Bucket: bucket, ContentType: "text/plain" });
const openDetails = (key: string, options: Partial<WebClientOptions> = {}) =>
  openWebClient(browser, server.url, {
    as: "Continue without a token",
    hash: `#/${bucket}/${key}`,
    ...options,
  });

async function sizesOf(key: string): Promise<(number | null)[]> {
  const { objectVersions } = await server.client.data<{
    objectVersions: { nodes: { size: number | null }[] };
  }>(
    "query ($bucket: String!, $key: String!) { objectVersions(bucket: $bucket, key: $key) { nodes { size } } }",
    { bucket, key },
  );
  return objectVersions.nodes.map(({ size }) => size);
}

const list = "section[aria-labelledby='versions-title']";

/** The sizes that the list shows, when they are these. */
async function waitForVersions(page: Page, sizes: readonly string[]): Promise<void> {
  const shown = `[...document.querySelectorAll("${list} li p")].map((row) => row.textContent.split(", ").at(-1))`;
  await page.waitForFunction(`JSON.stringify(${shown}) === ${JSON.stringify(JSON.stringify(sizes))}`, wait);
}

/** The button of the version at this place of the list. */
const button = (label: string, index: number) =>
  `${list} li:nth-child(${index + 1}) button[aria-label^='${label} the version of ']`;

describe("the details of a file in a bucket with versioning", () => {
  test("list its versions, of which each can be downloaded and restored", async () => {
    // A name of its own for each attempt, because a second attempt would find the versions of the first.
    const key = `report-${randomUUID()}.txt`;
    await seed(key, "the old text");
    await seed(key, "new");
    await using downloads = await makeTemporaryFolder("downloads");
    await using tab = await openDetails(key);
    const { page } = tab;
    await waitForVersions(page, ["3 bytes", "12 bytes"]);
    expect(await page.$$(button("Restore", 0))).toEqual([]);

    await saveDownloadsTo(page, downloads.path);
    await page.locator(button("Download", 1)).click();
    const read = async () => {
      const [name] = await readdir(downloads.path);
      return name === undefined ? "" : readFile(join(downloads.path, name), "utf8").catch(() => "");
    };
    await expect.poll(read).toBe("the old text");

    await page.locator(button("Restore", 1)).click();
    await waitForText(page, `The version of “${key}” was restored.`);
    await waitForVersions(page, ["12 bytes", "3 bytes", "12 bytes"]);
    await waitForText(page, "the old text");
    expect(tab.violations).toEqual([]);
  });

  test("delete a version after a question, with the keyboard alone", async () => {
    await seed("keys.txt", "first");
    await seed("keys.txt", "second");
    await using tab = await openDetails("keys.txt");
    const { page } = tab;
    await waitForVersions(page, ["6 bytes", "5 bytes"]);
    const remove = button("Delete", 1);
    await page.focus(remove);
    await page.keyboard.press("Enter");
    await waitForText(page, "You cannot undo this.");
    await page.waitForFunction("document.activeElement?.textContent === 'Keep'", wait);
    // Closes the question only, and the keyboard is where it was.
    await page.keyboard.press("Escape");
    await page.waitForFunction(`document.activeElement === document.querySelector("${remove}")`, wait);
    expect(await sizesOf("keys.txt")).toEqual([6, 5]);

    await page.keyboard.press("Enter");
    await page.waitForFunction("document.activeElement?.textContent === 'Keep'", wait);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await waitForText(page, "The version of “keys.txt” was deleted.");
    await waitForVersions(page, ["6 bytes"]);
    await page.waitForFunction("document.activeElement?.textContent === 'Versions'", wait);
    expect(await sizesOf("keys.txt")).toEqual([6]);
  });

  test("show what is left of a file that was deleted, and bring it back", async () => {
    await seed("deleted.txt", "kept");
    await server.client.data(
      "mutation ($objects: [ObjectInput!]!) { deleteObjects(objects: $objects) { key } }",
      { objects: [{ bucket, key: "deleted.txt" }] },
    );
    await using tab = await openDetails("deleted.txt");
    const { page } = tab;
    await waitForText(page, "This file does not exist.");
    await waitForVersions(page, ["deleted", "4 bytes"]);
    await page.locator(button("Delete", 0)).click();
    await waitForText(page, "the file is visible again");
    await pressInDialog(page, "Delete the version");
    await waitForVersions(page, ["4 bytes"]);
    await waitForText(page, "ETag");
  });

  test("load older versions when they are asked for", async () => {
    for (let size = 1; size <= 52; size += 1) await seed("many.txt", "x".repeat(size));
    await using tab = await openDetails("many.txt");
    const sizes = Array.from({ length: 52 }, (_, index) => (index === 51 ? "1 byte" : `${52 - index} bytes`));
    await waitForVersions(tab.page, sizes.slice(0, 50));
    await press(tab.page, "Show older versions");
    await waitForVersions(tab.page, sizes);
  });

  test.each<[string, Partial<WebClientOptions>]>([
    ["in light colors", {}],
    ["on a phone in dark colors", { width: 360, height: 740, colorScheme: "dark" }],
  ])("have no serious fault that axe finds %s", async (_, options) => {
    await seed("axe.txt", "first");
    await seed("axe.txt", "second");
    await using tab = await openDetails("axe.txt", options);
    const { page } = tab;
    await page.waitForSelector(button("Restore", 1));
    expect(await accessibilityViolations(page)).toEqual([]);
    await page.locator(button("Delete", 1)).click();
    await waitForText(page, "You cannot undo this.");
    expect(await accessibilityViolations(page)).toEqual([]);
    const width = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
    expect(await page.evaluate(width)).toBeLessThanOrEqual(0);
  });
});

test("the details of a file in a bucket without versioning list no versions", async () => {
  await server.seed("plain.txt", "plain", { ContentType: "text/plain" });
  await using tab = await openWebClient(browser, server.url, {
    as: "Continue without a token",
    hash: "#/demo/plain.txt",
  });
  await waitForText(tab.page, "ETag");
  expect(await tab.page.$$(list)).toEqual([]);
});
