import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { HTTPRequest, Page } from "puppeteer-core";
import { expect, test } from "vitest";
import type { GraphQLClient } from "../support/graphql-client.ts";
import { downloadUrl } from "../support/operations.ts";
import { createReactApp, filesOf } from "../support/react-app.ts";
import { makeTemporaryFolder } from "../support/resources.ts";
import { startDemoServer } from "../support/test-server.ts";
import { launchBrowser } from "./browsers.ts";
import { startVite } from "./vite-server.ts";

const MiB = 2 ** 20;
const tutorial = readFileSync(resolve(import.meta.dirname, "../../docs/tutorials/react-upload.md"), "utf8");

/** The text below a heading of the second level. */
function section(heading: string): string {
  const found = tutorial.split(/^## /m).find((each) => each.startsWith(`${heading}\n`));
  if (found === undefined) throw new Error(`The tutorial has no section "${heading}".`);
  return found;
}

/** Holds back parts from this number on, so that a test can act in the middle of an upload. */
class PartGate {
  firstHeld = Number.POSITIVE_INFINITY;
  /** The numbers of the parts that the store has received. */
  readonly arrived: number[] = [];

  async guard(page: Page): Promise<void> {
    await page.setRequestInterception(true);
    page.on("request", (request) => {
      const number = partOf(request);
      if (number === undefined || number < this.firstHeld) request.continue().catch(() => {});
    });
    page.on("requestfinished", (request) => {
      const number = partOf(request);
      if (number !== undefined && request.response()?.status() === 200) this.arrived.push(number);
    });
  }
}

function partOf(request: HTTPRequest): number | undefined {
  const number = /[?&]partNumber=(\d+)/.exec(request.url())?.[1];
  return request.method() === "PUT" && number !== undefined ? Number(number) : undefined;
}

async function pendingKeys(client: GraphQLClient): Promise<readonly string[]> {
  const { uploads } = await client.data<{ uploads: { nodes: { key: string }[] } }>(
    '{ uploads(bucket: "demo") { nodes { key } } }',
  );
  return uploads.nodes.map(({ key }) => key);
}

async function choose(page: Page, path: string): Promise<void> {
  await page.waitForSelector("input[type=file]");
  const [chooser] = await Promise.all([page.waitForFileChooser(), page.click("input[type=file]")]);
  await chooser.accept([path]);
}

const press = (page: Page, name: string) => page.locator(`button ::-p-text(${name})`).click();

/** Of the whole page, with single spaces. */
const textOf = (page: Page) => page.$eval("body", (body) => body.innerText.replace(/\s+/g, " "));
const expectText = (page: Page, text: string) => expect.poll(() => textOf(page)).toContain(text);

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const download = async (url: string) => Buffer.from(await (await fetch(url)).arrayBuffer());

test("the app of the React tutorial uploads, pauses, and continues after a reload", async () => {
  await using server = await startDemoServer();
  await using app = await createReactApp();
  await using folder = await makeTemporaryFolder("react-tutorial");
  const sources: Record<string, string> = {};
  const writeFiles = async (heading: string) => {
    for (const { name, content } of filesOf(section(heading))) {
      sources[name] = content;
      await app.write({ [name]: content.replaceAll("http://127.0.0.1:4000", server.url) });
    }
  };
  const takeStep = async (heading: string) => {
    await writeFiles(heading);
    // The compiler gets the app of each step, but only once, because it needs most of its time for the types of React.
    for (const [name, content] of Object.entries(sources)) {
      await app.write({ [`steps/${heading.replace(/\W/g, "-")}/${name}`]: content });
    }
  };
  await writeFiles("4. Upload files with progress");
  await takeStep("3. Connect the app to the server");
  await using vite = await startVite(app.path);
  await using browser = await launchBrowser("chromium");
  const page = await browser.newPage();
  const uncaught: string[] = [];
  page.on("pageerror", (error) => uncaught.push(String(error)));
  const gate = new PartGate();
  await gate.guard(page);

  await page.goto(vite.url);
  const note = join(folder.path, "a note 고양이.txt");
  await writeFile(note, "hello");
  await choose(page, note);
  await expectText(page, "a note 고양이.txt done");

  await page.goto("about:blank");
  await takeStep("5. Pause, resume and abort");
  await page.goto(vite.url);
  const film = randomBytes(120 * MiB);
  const filmFile = join(folder.path, "film.mp4");
  await writeFile(filmFile, film);
  gate.firstHeld = 4;
  await choose(page, filmFile);
  await expectText(page, "film.mp4 running");
  await press(page, "Pause");
  await expectText(page, "film.mp4 paused");
  await press(page, "Resume");
  await expectText(page, "film.mp4 running");
  await press(page, "Abort");
  await expectText(page, "film.mp4 aborted");
  expect(await pendingKeys(server.client)).toEqual([]);
  gate.arrived.length = 0;
  await press(page, "Try again");
  await expectText(page, "film.mp4 running");
  await expect.poll(() => gate.arrived.length).toBe(3);

  await page.goto("about:blank");
  await takeStep("6. Continue after a reload");
  await page.goto(vite.url);
  await expectText(page, "tutorial/film.mp4 is not complete.");
  expect(await pendingKeys(server.client)).toEqual(["tutorial/film.mp4"]);
  gate.firstHeld = Number.POSITIVE_INFINITY;
  await choose(page, filmFile);
  await expectText(page, "film.mp4 done");
  const each = Array.from({ length: Math.max(...gate.arrived) }, (_, index) => index + 1);
  expect(
    gate.arrived.toSorted((a, b) => a - b),
    "each part arrives once",
  ).toEqual(each);

  await page.goto("about:blank");
  await takeStep("7. Show what is stored");
  await page.goto(vite.url);
  await expectText(page, `tutorial/film.mp4 ${film.length} bytes`);
  const { url } = await downloadUrl(server.client, { bucket: "demo", key: "tutorial/film.mp4" });
  expect(sha256(await download(url))).toBe(sha256(film));
  const links = () => page.$$eval("a", (all) => all.map(({ href }) => href));
  await expect.poll(async () => (await links()).length).toBe(2);
  const [first = ""] = await links();
  expect(String(await download(first))).toBe("hello");
  expect(uncaught).toEqual([]);
  await app.checkTypes("steps");
});
