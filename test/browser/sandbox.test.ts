import type { HTTPRequest, Page } from "puppeteer-core";
import { beforeAll, describe, expect, test } from "vitest";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";
import { launchBrowser } from "./browsers.ts";
import { buildPagesIfStale } from "./built-pages.ts";

// Apollo's hosts cannot be reached in tests, so a script and a frame take the place of theirs.
const server = await shareInFile(startTestServer());
const browser = await shareInFile(launchBrowser("chromium"));
beforeAll(buildPagesIfStale);

const wait = { timeout: 120_000, polling: 100 };

const script = `window.EmbeddedSandbox = class {
  constructor(options) {
    window.options = options;
    const frame = document.createElement("iframe");
    frame.src = "https://sandbox.embed.apollographql.com/sandbox/explorer";
    document.querySelector(options.target).append(frame);
  }
};`;
const readyFrame = '<script>parent.postMessage({ name: "ExplorerListeningForHandshake" }, "*")</script>';

/** A network that reaches the server, and of Apollo's hosts what is given here. */
function respond(request: HTTPRequest, apollo: { script?: string; frame?: string }) {
  const { origin, hostname } = new URL(request.url());
  if (origin === server.url) return request.continue();
  const body = hostname.startsWith("embeddable-sandbox") ? apollo.script : apollo.frame;
  if (body === undefined) return request.abort();
  return request.respond({
    contentType: hostname.startsWith("sandbox") ? "text/html" : "text/javascript",
    body,
  });
}

/** Keeps the timers of the page, so that a test lets their time pass. */
const holdTimers = `window.timers = new Map();
window.setTimeout = (callback) => { const id = Math.random(); timers.set(id, callback); return id; };
window.clearTimeout = (id) => { timers.delete(id); };`;
const passTime = "for (const callback of timers.values()) callback();";

async function openSandbox(path: string, apollo: { script?: string; frame?: string }) {
  const page = await browser.newPage();
  const violations: string[] = [];
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) violations.push(message.text().slice(0, 200));
  });
  await page.evaluateOnNewDocument(holdTimers);
  await page.setRequestInterception(true);
  page.on("request", (request) => void respond(request, apollo));
  await page.goto(`${server.url}${path}`);
  return { page, violations, [Symbol.asyncDispose]: () => page.close() };
}

function waitForGraphiQL(page: Page) {
  return page.waitForFunction('new URLSearchParams(location.search).get("explorer") === "graphiql"', wait);
}

describe("Apollo Sandbox", () => {
  test("is shown at /graphql, without telemetry and for this server only", async () => {
    await using tab = await openSandbox("/graphql", { script, frame: readyFrame });
    await tab.page.waitForFunction("window.options !== undefined && timers.size === 0", wait);
    expect(await tab.page.evaluate("({ ...options, handleRequest: undefined })")).toMatchObject({
      initialEndpoint: `${server.url}/graphql`,
      endpointIsEditable: false,
      runTelemetry: false,
    });
    expect(tab.page.url()).toBe(`${server.url}/graphql`);
    expect(tab.violations).toEqual([]);
  });

  test("starts with the query and the variables of the URL", async () => {
    const query = "query ($key: String!) { __typename }";
    const parameters = new URLSearchParams({ query, variables: '{"key":"a"}' });
    await using tab = await openSandbox(`/graphql?${parameters}`, { script, frame: readyFrame });
    await tab.page.waitForFunction("window.options !== undefined", wait);
    expect(await tab.page.evaluate("options.initialState")).toEqual({
      document: query,
      variables: { key: "a" },
    });
  });

  test("can upload files, because its requests have the header that a form needs", async () => {
    await using tab = await openSandbox("/graphql", { script, frame: readyFrame });
    await tab.page.waitForFunction("window.options !== undefined", wait);
    const upload = `(async () => {
      const form = new FormData();
      const query = "mutation ($file: Upload!, $input: UploadInput!) { uploadFile(file: $file, input: $input) { size } }";
      const input = { bucket: "demo", key: "from-sandbox.txt" };
      form.set("operations", JSON.stringify({ query, variables: { file: null, input } }));
      form.set("map", '{"0":["variables.file"]}');
      form.set("0", new File(["hello"], "a.txt"));
      const response = await options.handleRequest("/graphql", { method: "POST", headers: { accept: "application/json" }, body: form });
      return response.json();
    })()`;
    expect(await tab.page.evaluate(upload)).toEqual({ data: { uploadFile: { size: 5 } } });
  });
});

describe("instead of Apollo Sandbox, GraphiQL opens with the same query", () => {
  test.each([
    ["the script cannot be loaded", {}, false],
    [
      "a proxy responds with a page instead of the script",
      { script: "<p>Blocked by your company</p>" },
      false,
    ],
    ["the frame does not load", { script }, true],
    ["the frame says nothing", { script, frame: "<p>Blocked by your company</p>" }, true],
  ])("if %s", async (_what, apollo, afterTime) => {
    await using tab = await openSandbox("/graphql?query=%7B__typename%7D", apollo);
    if (afterTime) {
      await tab.page.waitForFunction("window.options !== undefined", wait);
      await tab.page.evaluate(passTime);
    }
    await waitForGraphiQL(tab.page);
    expect(new URL(tab.page.url()).searchParams.get("query")).toBe("{__typename}");
  });
});

test("a user who asks for Apollo Sandbox stays on its page if it cannot be loaded, and reads why", async () => {
  await using tab = await openSandbox("/graphql?explorer=sandbox", {});
  await tab.page.waitForSelector("#failure", { ...wait, visible: true });
  expect(await tab.page.$eval("#failure", (failure) => failure.textContent)).toContain("could not be loaded");
  expect(tab.page.url()).toBe(`${server.url}/graphql?explorer=sandbox`);
});
