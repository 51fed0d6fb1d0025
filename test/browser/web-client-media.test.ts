import type { Page } from "puppeteer-core";
import { expect, test } from "vitest";
import { requestUpload } from "../support/operations.ts";
import { sendPut } from "../support/presigned-requests.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startDemoServer } from "../support/test-server.ts";
import { launchBrowser } from "./browsers.ts";
import { buildPagesIfStale } from "./built-pages.ts";
import { makeFilm, makePdf, makePicture, makeSound } from "./media.ts";
import { openWebClient, wait, waitForText } from "./web-client.ts";

await buildPagesIfStale();
const server = await shareInFile(startDemoServer());
const browser = await shareInFile(launchBrowser("chromium"));

async function store(name: string, contentType: string, body: Buffer): Promise<void> {
  const upload = await requestUpload(server.client, "PUT", {
    input: { bucket: "demo", key: `media/${name}`, contentType },
    size: body.length,
  });
  expect((await sendPut(upload, body)).status).toBe(200);
}

await store("picture.png", "image/png", await makePicture(browser, 320, 180));
await store("film.webm", "video/webm", await makeFilm(browser, 160, 90));
await store("tone.wav", "audio/wav", makeSound(2));
await store("report.pdf", "application/pdf", makePdf("Quarterly report"));
await store("page.pdf", "text/html", Buffer.from("<script>parent.document.title = 'attacked'</script>"));
await store("broken.webm", "video/webm", Buffer.from("no film"));
await store("notes.txt", "text/plain", Buffer.from("naïve café 고양이 🐈"));

const preview = (name: string) =>
  openWebClient(browser, server.url, { as: "nobody", hash: `#/demo/media/${name}` });
const isTrue = (page: Page, condition: string) => page.waitForFunction(condition, wait);

test("a picture is shown in its size", async () => {
  await using tab = await preview("picture.png");
  await isTrue(tab.page, "document.querySelector('img.media-preview')?.naturalWidth === 320");
  expect(tab.violations).toEqual([]);
});

test("a film is played and its arrow keys stay in it", async () => {
  await using tab = await preview("film.webm");
  const { page } = tab;
  await isTrue(page, "document.querySelector('video')?.videoWidth === 160");
  await page.$eval("video", (video) => (video as { play?: () => Promise<void> }).play?.());
  await isTrue(page, "document.querySelector('video').currentTime > 0");
  await page.focus("video");
  await page.keyboard.press("ArrowRight");
  expect(new URL(page.url()).hash).toBe("#/demo/media/film.webm");
  expect(tab.violations).toEqual([]);
});

test("a sound can be played", async () => {
  await using tab = await preview("tone.wav");
  await isTrue(tab.page, "document.querySelector('audio')?.duration === 2");
  expect(tab.violations).toEqual([]);
});

test("a PDF is shown by the browser, and a page that is called .pdf does not run", async () => {
  await using tab = await preview("report.pdf");
  const frame = await tab.page.waitForSelector("iframe.media-preview-frame");
  const url = String(await frame?.evaluate((element) => element.getAttribute("src")));
  const response = await fetch(url);
  expect(response.headers.get("content-type")).toBe("application/pdf");
  expect((await response.text()).slice(0, 5)).toBe("%PDF-");
  expect(tab.violations).toEqual([]);

  await using other = await preview("page.pdf");
  await waitForText(other.page, "parent.document.title");
  expect(await other.page.$$("iframe")).toHaveLength(0);
});

test("a text is shown in any alphabet", async () => {
  await using tab = await preview("notes.txt");
  await waitForText(tab.page, "naïve café 고양이 🐈");
});

test("a film that the browser cannot play is said to be one", async () => {
  await using tab = await preview("broken.webm");
  await waitForText(tab.page, "This browser cannot show the file. Download it instead.");
});
