import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type HttpServer, startHttpServer } from "../support/listening.ts";
import { uploadFileMutation } from "../support/operations.ts";
import { bucket, otherBucket, startTestServer, type TestServer } from "../support/test-server.ts";
import { startThrottlingProxy } from "../support/throttling-proxy.ts";
import { type BrowserName, findBrowser, launchBrowser } from "./browsers.ts";

const MB = 1_000_000;
const maxUploadBytes = 60 * MB;
let pages: HttpServer;
let server: TestServer;
beforeAll(async () => {
  pages = await startHttpServer((_request, response) => {
    response.setHeader("content-type", "text/html").end("<!doctype html><title>A page</title>");
  });
  server = await startTestServer({
    env: {
      VALETKEY_ORIGINS: pages.url,
      VALETKEY_MAX_UPLOAD_BYTES: String(maxUploadBytes),
      VALETKEY_MAX_FILES: "1",
    },
  });
});
afterAll(async () => {
  await server?.close();
  await pages?.close();
});

interface Outcome {
  status?: number;
  data?: unknown;
  code?: string;
  /** What `fetch` threw. */
  thrown?: string;
}

/** An uploadFile by `fetch` in the page. */
function upload(page: Page, url: string, bytes: number, input: object): Promise<Outcome> {
  const operations = JSON.stringify({ query: uploadFileMutation, variables: { file: null, input } });
  return page.evaluate(
    async (endpoint, operationsField, size) => {
      const form = new FormData();
      form.set("operations", operationsField);
      form.set("map", '{"0":["variables.file"]}');
      form.set("0", new Blob([new Uint8Array(size)]), "a.bin");
      const headers = { "apollo-require-preflight": "1" };
      try {
        const response = await fetch(`${endpoint}/graphql`, { method: "POST", body: form, headers });
        const { data, errors } = (await response.json()) as {
          data?: unknown;
          errors?: { extensions: { code: string } }[];
        };
        const code = errors?.[0]?.extensions.code;
        return { status: response.status, data, ...(code === undefined ? {} : { code }) };
      } catch (error) {
        return { thrown: String(error) };
      }
    },
    url,
    operations,
    bytes,
  );
}

const browsers: BrowserName[] = ["chromium", "firefox"];
const firefoxIsMissing = findBrowser("firefox") === undefined;
if (firefoxIsMissing) console.warn("Firefox is skipped: there is no firefox-esr or firefox on PATH.");

describe.each(browsers)("in %s", (name) => {
  describe.skipIf(name === "firefox" && firefoxIsMissing)("an upload", () => {
    let browser: Browser;
    let page: Page;
    beforeAll(async () => {
      browser = await launchBrowser(name);
      page = await browser.newPage();
      await page.goto(pages.url);
    });
    afterAll(() => browser?.close());

    const refused = { bucket: otherBucket, key: "refused" };

    test("that no grant allows gets FORBIDDEN, however large it is", async () => {
      expect(await upload(page, server.url, 50 * MB, refused)).toMatchObject({
        status: 200,
        code: "FORBIDDEN",
      });
    });

    test("that no grant allows gets FORBIDDEN on a slow line", async () => {
      await using line = await startThrottlingProxy(server.url, 2.5 * MB);
      expect(await upload(page, line.url, 25 * MB, refused)).toMatchObject({
        status: 200,
        code: "FORBIDDEN",
      });
    });

    test("of a file over the limit gets UPLOAD_TOO_LARGE", async () => {
      const outcome = await upload(page, server.url, maxUploadBytes + 5 * MB, { bucket, key: "too large" });
      expect(outcome).toMatchObject({ status: 413, code: "UPLOAD_TOO_LARGE" });
    });

    test("that is allowed is stored", async () => {
      const outcome = await upload(page, server.url, 20 * MB, { bucket, key: name });
      expect(outcome).toMatchObject({ status: 200, data: { uploadFile: { key: name } } });
    });
  });
});
