import type { Browser, HTTPRequest, Page } from "puppeteer-core";

export const wait = { timeout: 150_000, polling: 50 };

/** Opens a page of `startClientPage` in a new tab. */
export async function openClientTab(browser: Browser, url: string): Promise<Page & AsyncDisposable> {
  const tab = await browser.newPage();
  await tab.goto(url);
  await untilReady(tab);
  return Object.assign(tab, { [Symbol.asyncDispose]: () => tab.close() });
}

/** Waits until the page has the client, for example after a reload. */
export async function untilReady(tab: Page): Promise<void> {
  await tab.waitForFunction("window.valetKey !== undefined", wait);
}

/** Runs statements in the page, where `file` is the chosen file. */
export function run<Result>(tab: Page, statements: string): Promise<Result> {
  const file = 'const file = document.querySelector("input").files[0];';
  return tab.evaluate(`(async () => { ${file} ${statements} })()`) as Promise<Result>;
}

/** Starts an upload of the chosen file as `window.task`. */
export function startUpload(tab: Page, bucket: string, options: string): Promise<void> {
  const all = `{ bucket: ${JSON.stringify(bucket)}, ${options} }`;
  return run(tab, `window.task = valetKey.upload(file, ${all}); window.task.done.catch(() => {});`);
}

export interface Outcome {
  readonly code?: string;
  readonly message?: string;
  readonly size?: number;
}

/** The stored object, or the code and message of the error. */
export function outcome(tab: Page): Promise<Outcome> {
  return run(
    tab,
    "return window.task.done.then((object) => ({ ...object }), ({ code, message }) => ({ code, message }));",
  );
}

/** The number of the part that a request sends. */
export function partOf(request: HTTPRequest): number | undefined {
  const number = new URL(request.url()).searchParams.get("partNumber");
  return request.method() === "PUT" && number !== null ? Number(number) : undefined;
}
