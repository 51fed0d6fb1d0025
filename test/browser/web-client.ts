import type { Browser, ConsoleMessage, HTTPRequest, Page } from "puppeteer-core";

export const wait = { timeout: 120_000, polling: 100 } as const;

export interface WebClientOptions {
  /** A made-up caller of the development server, or `nobody`. */
  readonly as: string;
  /** Such as `#/demo/photos/`. */
  readonly hash?: string;
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: "light" | "dark";
}

export interface WebClientTab extends AsyncDisposable {
  readonly page: Page;
  /** The origins that the page has asked for. */
  readonly origins: ReadonlySet<string>;
  /** What the page was refused by its Content-Security-Policy, and errors that it did not handle. */
  readonly violations: readonly string[];
}

/** Opens the web client in a browser context of its own, and signs in. */
export async function openWebClient(
  browser: Browser,
  url: string,
  { as, hash = "", width = 1280, height = 800, colorScheme = "light" }: WebClientOptions,
): Promise<WebClientTab> {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.setDefaultTimeout(wait.timeout);
  await page.setViewport({ width, height });
  await page.emulateMediaFeatures([
    { name: "prefers-color-scheme", value: colorScheme },
    { name: "prefers-reduced-motion", value: "reduce" },
  ]);
  const origins = new Set<string>();
  const violations: string[] = [];
  page.on("request", (request: HTTPRequest) => origins.add(new URL(request.url()).origin));
  page.on("console", (message: ConsoleMessage) => {
    if (message.text().includes("Content Security Policy")) violations.push(message.text().slice(0, 300));
  });
  page.on("pageerror", (error) => violations.push(String(error)));
  await page.goto(`${url}/${hash}`);
  await press(page, as);
  await page.waitForSelector("[aria-label='Bucket']");
  return { page, origins, violations, [Symbol.asyncDispose]: () => context.close() };
}

/** Opens the page for signing in, in a browser context of its own. */
export async function openSignIn(
  browser: Browser,
  url: string,
): Promise<{ readonly page: Page } & AsyncDisposable> {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.setDefaultTimeout(wait.timeout);
  await page.goto(url);
  return { page, [Symbol.asyncDispose]: () => context.close() };
}

/** Clicks a button or menu item, by the name that screen readers read. */
export function press(page: Page, name: string): Promise<void> {
  return clickNamed(page, "", name);
}

/** Clicks a button of the dialog that is open or about to open. */
export function pressInDialog(page: Page, name: string): Promise<void> {
  return clickNamed(page, "[role=dialog] ", name);
}

async function clickNamed(page: Page, within: string, name: string): Promise<void> {
  const selectors = ["button", "menuitem"].map(
    (role) => `${within}::-p-aria([name=${JSON.stringify(name)}][role="${role}"])`,
  );
  await page.locator(selectors.join(", ")).click();
}

export async function waitForText(page: Page, text: string): Promise<void> {
  await page.waitForFunction(`document.body.innerText.includes(${JSON.stringify(text)})`, wait);
}

/** The names in the table, when they are these. */
export async function waitForNames(page: Page, names: readonly string[]): Promise<void> {
  const shown = `[...document.querySelectorAll("tbody .file-name")].map((name) => name.textContent)`;
  await page.waitForFunction(`JSON.stringify(${shown}) === ${JSON.stringify(JSON.stringify(names))}`, wait);
}

/** Gives files to the input behind “Choose files”. */
export async function chooseFiles(page: Page, ...paths: readonly string[]): Promise<void> {
  const input = await page.waitForSelector("input[aria-label='Files to upload']");
  await input?.uploadFile(...paths);
}

/** Drops files or folders of the disk onto the middle of the page. */
export async function dropFiles(page: Page, ...files: string[]): Promise<void> {
  const session = await page.createCDPSession();
  const { width = 0, height = 0 } = page.viewport() ?? {};
  const data = { items: [], files, dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await session.send("Input.dispatchDragEvent", { type, x: width / 2, y: height / 2, data });
  }
  await session.detach();
}

/** Saves downloads of the page into a folder. */
export async function saveDownloadsTo(page: Page, downloadPath: string): Promise<void> {
  const session = await page.createCDPSession();
  await session.send("Browser.setDownloadBehavior", {
    behavior: "allow",
    downloadPath,
    browserContextId: page.browserContext().id,
  } as Parameters<typeof session.send<"Browser.setDownloadBehavior">>[1]);
}
