import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeTemporaryFolder } from "../support/resources.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer, versionedBucket } from "../support/test-server.ts";
import { launchBrowser } from "./browsers.ts";
import { buildPagesIfStale } from "./built-pages.ts";
import {
  openWebClient,
  press,
  pressInDialog,
  saveDownloadsTo,
  wait,
  waitForNames,
  waitForText,
} from "./web-client.ts";
import { readArchive } from "./zip-archive.ts";

await buildPagesIfStale();
const server = await shareInFile(startTestServer());
const browser = await shareInFile(launchBrowser("chromium"));
const folder = await shareInFile(makeTemporaryFolder("web-folders"));

const open = (hash: string) => openWebClient(browser, server.url, { as: "Continue without a token", hash });

describe("a folder of the disk", () => {
  test("is uploaded with its folders, when it is chosen", async () => {
    await mkdir(join(folder.path, "album/2026"), { recursive: true });
    await writeFile(join(folder.path, "album/cover.txt"), "cover");
    await writeFile(join(folder.path, "album/2026/고양이 🐈.txt"), "cat");
    await using tab = await open("#/demo/chosen/");
    const input = await tab.page.waitForSelector("input[aria-label='Folder to upload']");
    await input?.uploadFile(join(folder.path, "album"));
    await waitForText(tab.page, "2 files uploaded");
    await waitForNames(tab.page, ["album"]);
    await press(tab.page, "album");
    await waitForNames(tab.page, ["2026", "cover.txt"]);
    await press(tab.page, "2026");
    await waitForNames(tab.page, ["고양이 🐈.txt"]);
  });
});

test("an archive has each file at its path, in any alphabet, byte for byte", async () => {
  const content = "line\n".repeat(5_000);
  await server.seed("zip/a.txt", content);
  await server.seed("zip/inner/고양이 & naïve 🐈.txt", "cat");
  await server.seed("zip/inner/empty.txt", "");
  await using downloads = await makeTemporaryFolder("downloads");
  await using tab = await open("#/demo/zip/");
  await saveDownloadsTo(tab.page, downloads.path);
  // The dialog of the system cannot be used by a test.
  await tab.page.evaluate("delete window.showSaveFilePicker");
  await waitForNames(tab.page, ["inner", "a.txt"]);
  await tab.page.locator("input[aria-label='Select everything']").click();
  await press(tab.page, "Download");
  await waitForText(tab.page, "3 files were saved in “zip.zip”.");
  const path = join(downloads.path, "zip.zip");
  await expect
    .poll(() =>
      readFile(path).then(
        ({ length }) => length,
        () => 0,
      ),
    )
    .toBeGreaterThan(content.length);
  const files = readArchive(await readFile(path));
  expect(new Map([...files].map(([name, bytes]) => [name, bytes.toString()]))).toEqual(
    new Map([
      ["inner/empty.txt", ""],
      ["inner/고양이 & naïve 🐈.txt", "cat"],
      ["a.txt", content],
    ]),
  );
});

test("a deletion is undone in a bucket with versioning", async () => {
  for (const Key of ["undo/a.txt", "undo/inner/b.txt"])
    await server.seed(Key, "kept", { Bucket: versionedBucket });
  await using tab = await open(`#/${versionedBucket}/undo/`);
  await waitForNames(tab.page, ["inner", "a.txt"]);
  await tab.page.locator("input[aria-label='Select everything']").click();
  await press(tab.page, "Delete");
  await pressInDialog(tab.page, "Delete");
  await waitForText(tab.page, "2 files were deleted.");
  await waitForText(tab.page, "This folder is empty");
  await press(tab.page, "Undo");
  await waitForText(tab.page, "2 files are back.");
  await waitForNames(tab.page, ["inner", "a.txt"]);
});

test("the page says when there is no connection, and when it is back", async () => {
  await server.seed("offline/a.txt", "a");
  await using tab = await open("#/demo/offline/");
  await waitForNames(tab.page, ["a.txt"]);
  await tab.page.setOfflineMode(true);
  await waitForText(tab.page, "You are offline");
  await tab.page.setOfflineMode(false);
  await tab.page.waitForFunction("!document.body.innerText.includes('You are offline')", wait);
});

test("a folder of 10,000 files loads page by page while it is scrolled, and can be used meanwhile", async () => {
  await server.seed("many/0.txt", "0");
  await using tab = await open("#/demo/");
  const { page } = tab;
  await waitForText(page, "many");
  // 10,000 objects would take the store a minute to write: the pages are made up, in the form of the server's.
  await page.evaluate(`(() => {
    const sendRequest = window.fetch;
    const total = 10_000;
    window.fetch = async (input, init) => {
      const { query = "", variables = {} } = JSON.parse(typeof init?.body === "string" ? init.body : "{}");
      if (!query.includes("folders") || variables.prefix !== "many/") return sendRequest(input, init);
      const start = Number(variables.after ?? 0);
      const end = Math.min(total, start + variables.first);
      const nodes = Array.from({ length: end - start }, (_, index) => ({
        __typename: "S3Object", bucket: "demo", key: "many/" + String(start + index).padStart(5, "0") + ".txt",
        region: "us-east-1", size: 1, etag: "e", lastModified: "2026-11-28T00:00:00.000Z", versionId: null,
      }));
      const pageInfo = { hasNextPage: end < total, endCursor: String(end) };
      return Response.json({ data: { objects: { folders: [], nodes, pageInfo } } });
    };
  })()`);
  await press(page, "many");
  await page.waitForFunction("document.querySelectorAll('tbody tr').length === 100", wait);
  await page.focus("tbody tr");
  for (const rows of [200, 300, 400, 500]) {
    await page.keyboard.press("End");
    await page.waitForFunction(`document.querySelectorAll('tbody tr').length >= ${rows}`, wait);
  }
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Space");
  await waitForText(page, "1 selected");
});
