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
  // GraphiQL runs what its editor holds, so the query has to be there before the click.
  await page.waitForFunction(
    `[...document.querySelectorAll(".view-line")].some((line) => line.textContent.trim() !== "")`,
    wait,
  );
  await page.click(".graphiql-execute-button");
}

async function fileOf(folder: string, text: string): Promise<string> {
  const path = join(folder, `${text}.txt`);
  await writeFile(path, text);
  return path;
}

/** Attaches a file to a variable, in the panel for files. */
async function attach(page: Page, variable: string, path: string): Promise<void> {
  await page.waitForSelector(".graphiql-sidebar", wait);
  const closed = await page.$('button[aria-label="Show Files"]');
  await closed?.click();
  await page.waitForSelector("#file-path", wait);
  // Three clicks select what is there.
  await page.click("#file-path", { count: 3 });
  await page.type("#file-path", variable);
  const [chooser] = await Promise.all([page.waitForFileChooser(), page.click("#file-input")]);
  await chooser.accept([path]);
  await page.waitForFunction(
    `document.querySelector('[aria-label="Attached files"]').textContent.includes("${variable}:")`,
    wait,
  );
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
    const query =
      "mutation ($file: Upload!, $input: UploadInput!) { uploadFile(file: $file, input: $input) { size } }";
    const variables = JSON.stringify({ input: { bucket: "demo", key: "from-graphiql.txt" } });
    await using tab = await openTab(
      `/graphql?${new URLSearchParams({ explorer: "graphiql", query, variables })}`,
    );
    await attach(tab.page, "file", await fileOf(folder.path, "hello"));
    await run(tab.page);
    await waitForResponse(tab.page, '"size": 5');
    const { data } = await server.client.request(
      '{ object(bucket: "demo", key: "from-graphiql.txt") { size contentType } }',
    );
    expect(data).toEqual({ object: { size: 5, contentType: "text/plain" } });
  });

  test("sends the files of a list in the order of the list, whatever order they are attached in", async () => {
    await using folder = await makeTemporaryFolder("explorer");
    const query =
      "mutation ($files: [Upload!]!, $inputs: [UploadInput!]!) { uploadFiles(files: $files, inputs: $inputs) { key size } }";
    const inputs = ["first", "second"].map((key) => ({ bucket: "demo", key }));
    const parameters = { explorer: "graphiql", query, variables: JSON.stringify({ inputs }) };
    await using tab = await openTab(`/graphql?${new URLSearchParams(parameters)}`);
    await attach(tab.page, "files.1", await fileOf(folder.path, "22"));
    await attach(tab.page, "files.0", await fileOf(folder.path, "1"));
    await run(tab.page);
    await waitForResponse(tab.page, '"uploadFiles"');
    const response = await tab.page.$eval(".graphiql-response", (each) => each.textContent);
    expect(response).toMatch(/first.*1.*second.*2/s);
    expect(response).not.toContain("errors");
  });

  test("has a link to Apollo Sandbox, which keeps the query", async () => {
    await using tab = await openTab("/graphql?explorer=graphiql&query=%7B__typename%7D");
    await tab.page.waitForSelector(".explorer-logo a", wait);
    const link = await tab.page.$eval(".explorer-logo a", (each) => each.getAttribute("href"));
    expect(Object.fromEntries(new URLSearchParams(link ?? ""))).toEqual({
      explorer: "sandbox",
      query: "{__typename}",
    });
  });
});
