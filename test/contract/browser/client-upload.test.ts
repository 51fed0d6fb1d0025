import { ListMultipartUploadsCommand, ListPartsCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { launchBrowser } from "../../browser/browsers.ts";
import { chooseFile, sha256At, startClientPage } from "../../browser/client-page.ts";
import {
  openClientTab,
  outcome,
  partOf,
  run,
  startUpload,
  untilReady,
  wait,
} from "../../browser/client-tab.ts";
import { writeNoiseFile } from "../../browser/noise-file.ts";
import { downloadUrl } from "../../support/operations.ts";
import { makeTemporaryFolder } from "../../support/resources.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { startTestServer } from "../../support/test-server.ts";
import { admin, ownPrefix, pendingUploads, store } from "../store.ts";
import { allowPages, loopbackPages } from "./cors.ts";
import { reachableFromPages } from "./preflight-proxy.ts";

const MiB = 2 ** 20;
const bucket = store.buckets.main;
const prefix = ownPrefix("browser-upload");
const s3Url = await reachableFromPages();
const server = await shareInFile(
  startTestServer({
    store,
    s3Url,
    grants: [{ who: "anonymous", bucket, prefix, allow: ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"] }],
  }),
);
const pages = await shareInFile(startClientPage(`${server.url}/graphql`));
const browser = await shareInFile(launchBrowser("chromium"));
const folder = await shareInFile(makeTemporaryFolder("browser-upload"));
await allowPages(bucket, loopbackPages);

const begin = (tab: Parameters<typeof startUpload>[0], name: string, options = "") =>
  startUpload(tab, bucket, `key: ${JSON.stringify(prefix + name)}, ${options}`);

async function stored(name: string): Promise<string> {
  return await sha256At((await downloadUrl(server.client, { bucket, key: prefix + name })).url);
}

/** The numbers of the parts that the store has of a pending upload. */
async function arrivedParts(name: string): Promise<number[]> {
  const listed = await admin.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix + name }));
  const UploadId = listed.Uploads?.[0]?.UploadId;
  if (UploadId === undefined) return [];
  const { Parts = [] } = await admin.send(
    new ListPartsCommand({ Bucket: bucket, Key: prefix + name, UploadId }),
  );
  return Parts.map(({ PartNumber }) => PartNumber ?? 0);
}

test.each([
  ["small", 1234],
  ["300 MiB", 300 * MiB],
])("Chromium uploads a %s file, and its bytes are stored", async (name, bytes) => {
  await using tab = await openClientTab(browser, pages.url);
  const { path, sha256 } = await writeNoiseFile(folder.path, name, bytes);
  await chooseFile(tab, path);
  await run(tab, "window.seen = [];");
  await begin(tab, name, "onProgress: ({ bytes }) => window.seen.push(bytes)");
  expect(await outcome(tab)).toMatchObject({ size: bytes });
  expect(((await tab.evaluate("window.seen")) as number[]).at(-1)).toBe(bytes);
  expect(await stored(name)).toBe(sha256);
  expect(await pendingUploads(bucket, prefix + name)).toEqual([]);
});

test("an upload continues after a reload of the page, and no part that arrived is sent again", async () => {
  await using tab = await openClientTab(browser, pages.url);
  const { path, sha256 } = await writeNoiseFile(folder.path, "reload", 90 * MiB);
  await chooseFile(tab, path);
  await tab.setRequestInterception(true);
  let isHeld = true;
  const sent: number[] = [];
  tab.on("request", (request) => {
    const part = partOf(request);
    if (part !== undefined && isHeld && part > 4) return;
    if (part !== undefined && !isHeld) sent.push(part);
    void request.continue();
  });
  await begin(tab, "reload");
  await expect.poll(() => arrivedParts("reload")).toEqual([1, 2, 3, 4]);
  await tab.reload();
  await untilReady(tab);
  // Only now, because the page that is left may try a part again while it is being closed.
  isHeld = false;
  await chooseFile(tab, path);
  await begin(tab, "reload", "resume: true");
  expect(await outcome(tab)).toMatchObject({ size: 90 * MiB });
  expect([...new Set(sent)].toSorted((a, b) => a - b)).toEqual([5, 6, 7]);
  expect(await stored("reload")).toBe(sha256);
  expect(await pendingUploads(bucket, `${prefix}reload`)).toEqual([]);
});

test("an upload that is cancelled leaves nothing at the store", async () => {
  await using tab = await openClientTab(browser, pages.url);
  await chooseFile(tab, (await writeNoiseFile(folder.path, "cancelled", 200 * MiB)).path);
  await begin(tab, "cancelled");
  await tab.waitForFunction("window.task.progress.bytes > 0", wait);
  await run(tab, "await window.task.abort();");
  expect(await outcome(tab)).toMatchObject({ code: "ABORTED" });
  expect(await pendingUploads(bucket, `${prefix}cancelled`)).toEqual([]);
});
