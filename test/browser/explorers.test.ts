import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { beforeAll, describe, expect, test } from "vitest";
import { makeTemporaryFolder } from "../support/resources.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";
import { launchBrowser } from "./browsers.ts";
import { buildPagesIfStale } from "./built-pages.ts";

const wait = { timeout: 120_000, polling: 100 };

const server = await shareInFile(startTestServer());
const browser = await shareInFile(launchBrowser("chromium"));
beforeAll(buildPagesIfStale);

interface Tab extends AsyncDisposable {
  readonly page: Page;
  /** The origins that the page has asked for. */
  readonly origins: Set<string>;
  readonly violations: string[];
}

/** A tab in a network that reaches only the server. */
async function openTab(path: string): Promise<Tab> {
  const page = await browser.newPage();
  const origins = new Set<string>();
  const violations: string[] = [];
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) violations.push(message.text().slice(0, 200));
  });
  await page.setRequestInterception(true);
  page.on("request", (request) => {
    const { origin } = new URL(request.url());
    origins.add(origin);
    if (origin === server.url || origin === "null") void request.continue();
    else void request.abort();
  });
  await page.goto(`${server.url}${path}`);
  return { page, origins, violations, [Symbol.asyncDispose]: () => page.close() };
}

async function run(page: Page): Promise<void> {
  await page.waitForSelector(".graphiql-execute-button", wait);
  await page.click(".graphiql-execute-button");
}

/** Monaco shows spaces as no-break spaces. */
function waitForResponse(page: Page, text: string) {
  const shown = `document.querySelector(".graphiql-response").textContent.replaceAll("\\u00a0", " ")`;
  return page.waitForFunction(`${shown}.includes(${JSON.stringify(text)})`, wait);
}

describe("where Apollo Sandbox cannot be loaded", () => {
  test("/graphql shows GraphiQL, under our name", async () => {
    await using tab = await openTab("/graphql");
    await tab.page.waitForSelector(".graphiql-container", wait);
    expect(tab.page.url()).toBe(`${server.url}/graphql?explorer=graphiql`);
    expect(await tab.page.$eval(".explorer-logo", (logo) => logo.textContent)).toContain("Valet Key");
  });
});

describe("GraphiQL", () => {
  test("runs the query of the URL, and loads nothing from other hosts", async () => {
    const query = "{ viewer { authenticated } }";
    await using tab = await openTab(`/graphql?${new URLSearchParams({ explorer: "graphiql", query })}`);
    await run(tab.page);
    await waitForResponse(tab.page, '"authenticated": false');
    expect([...tab.origins].filter((origin) => origin !== "null")).toEqual([server.url]);
    expect(tab.violations).toEqual([]);
  });

  test("uploads a file that is attached to a variable", async () => {
    await using folder = await makeTemporaryFolder("explorer");
    const path = join(folder.path, "hello.txt");
    await writeFile(path, "hello");
    const query =
      "mutation ($file: Upload!, $input: UploadInput!) { uploadFile(file: $file, input: $input) { size } }";
    const variables = JSON.stringify({ input: { bucket: "demo", key: "from-graphiql.txt" } });
    await using tab = await openTab(
      `/graphql?${new URLSearchParams({ explorer: "graphiql", query, variables })}`,
    );
    await tab.page.waitForSelector('button[aria-label="Show Files"]', wait);
    await tab.page.click('button[aria-label="Show Files"]');
    await tab.page.waitForSelector("#file-input", wait);
    const [chooser] = await Promise.all([tab.page.waitForFileChooser(), tab.page.click("#file-input")]);
    await chooser.accept([path]);
    await tab.page.waitForSelector('[aria-label="Attached files"] li', wait);
    await run(tab.page);
    await waitForResponse(tab.page, '"size": 5');
    const { data } = await server.client.answer(
      '{ object(bucket: "demo", key: "from-graphiql.txt") { size contentType } }',
    );
    expect(data).toEqual({ object: { size: 5, contentType: "text/plain" } });
  });

  test("has a link to Apollo Sandbox", async () => {
    await using tab = await openTab("/graphql?explorer=graphiql");
    await tab.page.waitForSelector(".explorer-logo a", wait);
    expect(await tab.page.$eval(".explorer-logo a", (link) => link.getAttribute("href"))).toBe(
      "/graphql?explorer=sandbox",
    );
  });
});
