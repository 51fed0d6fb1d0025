import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { startHttpServer } from "../support/listening.ts";
import { makeTemporaryFolder } from "../support/resources.ts";
import { startDemoServer } from "../support/test-server.ts";
import { launchBrowser } from "./browsers.ts";

const tutorial = readFileSync(resolve(import.meta.dirname, "../../docs/tutorials/first-upload.md"), "utf8");
/** A PNG of one pixel. */
const picture = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

test("the tutorial's page uploads a picture and shows it", async () => {
  await using server = await startDemoServer();
  const page = /^```html\n(.*?)^```$/ms.exec(tutorial)?.[1] ?? "";
  await using pages = await startHttpServer((_request, response) => {
    response
      .setHeader("content-type", "text/html; charset=utf-8")
      .end(page.replaceAll("http://127.0.0.1:4000", server.url));
  });
  await using folder = await makeTemporaryFolder("tutorial");
  const file = join(folder.path, "a cat 고양이.png");
  await writeFile(file, picture);

  await using browser = await launchBrowser("chromium");
  const tab = await browser.newPage();
  await tab.goto(pages.url);
  const [chooser] = await Promise.all([tab.waitForFileChooser(), tab.click("input[type=file]")]);
  await chooser.accept([file]);
  await tab.waitForFunction("document.querySelector('p').textContent !== ''", {
    timeout: 120_000,
    polling: 100,
  });
  expect(await tab.$eval("p", (element) => element.textContent)).toBe(
    `Stored pictures/a cat 고양이.png, ${picture.length} bytes.`,
  );
  await tab.waitForFunction("document.querySelector('img').naturalWidth === 1", {
    timeout: 120_000,
    polling: 100,
  });
});
