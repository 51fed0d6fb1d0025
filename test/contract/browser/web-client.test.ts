import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { launchBrowser } from "../../browser/browsers.ts";
import { buildPagesIfStale } from "../../browser/built-pages.ts";
import { writeNoiseFile } from "../../browser/noise-file.ts";
import {
  chooseFiles,
  openWebClient,
  press,
  pressInDialog,
  waitForNames,
  waitForText,
} from "../../browser/web-client.ts";
import { makeTemporaryFolder } from "../../support/resources.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { startTestServer } from "../../support/test-server.ts";
import { inspect, ownPrefix, pendingUploads, sha256, store } from "../store.ts";
import { allowPages, loopbackPages } from "./cors.ts";
import { reachableFromPages } from "./preflight-proxy.ts";

await buildPagesIfStale();
const bucket = store.buckets.main;
const prefix = ownPrefix("web-client");
const s3Url = await reachableFromPages();
const server = await shareInFile(
  startTestServer({
    store,
    s3Url,
    grants: [{ who: "anonymous", bucket, prefix, allow: ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"] }],
    // A file of 12 MiB has parts.
    env: { VALETKEY_MULTIPART_BYTES: "6MiB" },
  }),
);
const browser = await shareInFile(launchBrowser("chromium"));
const folder = await shareInFile(makeTemporaryFolder("web-client"));
await allowPages(bucket, loopbackPages);

test("the web client uploads, previews, renames, downloads and deletes files", async () => {
  const note = join(folder.path, "notes & más.txt");
  await writeFile(note, "Written in Chromium.");
  const large = await writeNoiseFile(folder.path, "large.bin", 12 * 2 ** 20);
  await using tab = await openWebClient(browser, server.url, {
    as: "Continue without a token",
    hash: `#/${bucket}/${prefix}`,
  });
  const { page } = tab;
  await waitForText(page, "This folder is empty");
  await chooseFiles(page, note, large.path);
  await waitForText(page, "2 files uploaded");
  await waitForNames(page, ["large.bin", "notes & más.txt"]);
  const uploaded = await inspect(bucket, `${prefix}large.bin`);
  expect(sha256(uploaded?.body ?? Buffer.alloc(0))).toBe(large.sha256);
  expect(await pendingUploads(bucket, prefix)).toEqual([]);

  await press(page, "notes & más.txt");
  await waitForText(page, "Written in Chromium.");
  await pressInDialog(page, "Rename");
  await page.locator("input[data-autofocus]").fill("renamed.txt");
  await page.keyboard.press("Enter");
  await waitForNames(page, ["large.bin", "renamed.txt"]);
  expect((await inspect(bucket, `${prefix}renamed.txt`))?.body.toString()).toBe("Written in Chromium.");

  await page.goto(`${server.url}/#/${bucket}/${prefix}`);
  await press(page, "Actions for large.bin");
  await press(page, "Delete");
  await pressInDialog(page, "Delete");
  await waitForNames(page, ["renamed.txt"]);
  expect(await inspect(bucket, `${prefix}large.bin`)).toBeUndefined();
  expect(tab.violations).toEqual([]);
});
