import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { firstPageBytes } from "../../scripts/first-page-bytes.mjs";
import { requestUpload } from "../support/operations.ts";
import { sendPut } from "../support/presigned-requests.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startDemoServer } from "../support/test-server.ts";
import { accessibilityViolations } from "./accessibility.ts";
import { launchBrowser } from "./browsers.ts";
import { buildPagesIfStale } from "./built-pages.ts";
import {
  openWebClient,
  press,
  pressInDialog,
  type WebClientOptions,
  wait,
  waitForText,
} from "./web-client.ts";

await buildPagesIfStale();
const server = await shareInFile(startDemoServer());
const browser = await shareInFile(launchBrowser("chromium"));

/** A PNG of one pixel. */
const picture = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

async function store(key: string, body: Buffer, contentType: string): Promise<void> {
  const metadata = [{ name: "camera", value: "pinhole" }];
  const tags = [{ name: "project", value: "tests" }];
  const upload = await requestUpload(server.client, "PUT", {
    input: { bucket: "demo", key, contentType, metadata, tags },
    size: body.length,
  });
  expect((await sendPut(upload, body)).status).toBe(200);
}

await store("page/picture.png", picture, "image/png");
await store(
  "page/drawing.svg",
  Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="7" height="7"/>'),
  "image/svg+xml",
);
await store("page/long.log", Buffer.from("0123456789abcdef".repeat(5000)), "text/plain");
await store(
  "page/attack.html",
  Buffer.from("<script>parent.document.title = 'attacked'</script>"),
  "text/html",
);
await store("page/unknown.bin", Buffer.from([1, 2, 3]), "application/octet-stream");

const appearances: readonly (readonly [string, Partial<WebClientOptions>])[] = [
  ["in light colors", {}],
  ["in dark colors", { colorScheme: "dark" }],
  ["on a phone", { width: 360, height: 740 }],
  ["on a phone in dark colors", { width: 360, height: 740, colorScheme: "dark" }],
];

describe.each(appearances)("%s", (_, options) => {
  test("axe finds nothing serious, and the page is not wider than the screen", async () => {
    await using tab = await openWebClient(browser, server.url, {
      as: "alice",
      hash: "#/demo/page/",
      ...options,
    });
    const { page } = tab;
    const found: Record<string, string[]> = {};
    const check = async (name: string) => {
      found[name] = await accessibilityViolations(page);
      const excess = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth",
      );
      if (Number(excess) > 0) found[name]?.push(`${excess} px wider than the screen`);
    };
    await waitForText(page, "picture.png");
    await check("the folder");
    await press(page, "Actions for picture.png");
    await page.waitForSelector("[role=menu]");
    await check("the menu of a file");
    await press(page, "Details");
    await waitForText(page, "ETag");
    await check("the details");
    for (const [action, text] of [
      ["Copy link", "It works for another"],
      ["Rename", "New name"],
      ["Move to…", "There are no folders here"],
      ["Delete", "You cannot undo this"],
    ] as const) {
      await pressInDialog(page, action);
      await waitForText(page, text);
      await check(action);
      await page.keyboard.press("Escape");
      await page.waitForFunction(`!document.body.innerText.includes(${JSON.stringify(text)})`, wait);
    }
    await page.keyboard.press("Escape");
    await page.waitForSelector("[role=dialog]", { hidden: true });
    await page.locator("input[aria-label='Select everything']").click();
    await waitForText(page, "5 selected");
    await check("the selection");
    await press(page, "Your account: alice");
    await press(page, "What may I do?");
    await waitForText(page, "private/users/alice/");
    await check("the grants");
    await press(page, "Close");
    await press(page, "Your account: alice");
    await press(page, "Sign out");
    await waitForText(page, "Your token decides");
    await check("the page for signing in");
    expect(found).toEqual(Object.fromEntries(Object.keys(found).map((name) => [name, []])));
    expect(tab.violations).toEqual([]);
  });
});

test("nothing is asked from other hosts than the server and its store", async () => {
  await using tab = await openWebClient(browser, server.url, {
    as: "nobody",
    hash: "#/demo/page/picture.png",
  });
  await tab.page.waitForSelector("img.media-preview", wait);
  await tab.page.waitForFunction("document.querySelector('img.media-preview').naturalWidth === 1", wait);
  const hosts = new Set(
    [...tab.origins].filter((origin) => origin !== "null").map((origin) => new URL(origin).hostname),
  );
  expect(hosts).toEqual(new Set(["127.0.0.1"]));
  expect(tab.violations).toEqual([]);
});

test("the details of a file show its metadata and tags", async () => {
  await using tab = await openWebClient(browser, server.url, {
    as: "nobody",
    hash: "#/demo/page/picture.png",
  });
  for (const text of ["image/png", "Metadata: camera", "pinhole", "Tag: project", "tests"]) {
    await waitForText(tab.page, text);
  }
});

describe("a preview", () => {
  test("of a drawing is a picture, and never a document", async () => {
    await using tab = await openWebClient(browser, server.url, {
      as: "nobody",
      hash: "#/demo/page/drawing.svg",
    });
    await tab.page.waitForFunction("document.querySelector('img.media-preview')?.naturalWidth === 7", wait);
  });

  test("of a text loads only its beginning", async () => {
    await using tab = await openWebClient(browser, server.url, {
      as: "nobody",
      hash: "#/demo/page/long.log",
    });
    await waitForText(tab.page, "These are the first 66 kB of 80 kB.");
    const length = await tab.page.$eval(".text-preview", (code) => code.textContent.length);
    expect(length).toBe(64 * 1024);
  });

  test("of a page shows its source, and does not run it", async () => {
    await using tab = await openWebClient(browser, server.url, {
      as: "nobody",
      hash: "#/demo/page/attack.html",
    });
    await waitForText(tab.page, "parent.document.title");
    expect(await tab.page.title()).not.toBe("attacked");
    expect(await tab.page.$$("iframe, object, embed")).toHaveLength(0);
  });

  test("of an unknown type says that there is none", async () => {
    await using tab = await openWebClient(browser, server.url, {
      as: "nobody",
      hash: "#/demo/page/unknown.bin",
    });
    await waitForText(tab.page, "There is no preview for files of this type.");
  });

  test("of a file that does not exist says so", async () => {
    await using tab = await openWebClient(browser, server.url, {
      as: "nobody",
      hash: "#/demo/page/missing.txt",
    });
    await waitForText(tab.page, "This file does not exist.");
  });
});

test("the first page has at most 350 kB, compressed", () => {
  expect(firstPageBytes(resolve(import.meta.dirname, "../../dist/web"))).toBeLessThanOrEqual(350_000);
});
