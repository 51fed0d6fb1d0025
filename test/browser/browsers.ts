import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, launch } from "puppeteer-core";

export type BrowserName = "chromium" | "firefox";

const programs: Record<BrowserName, { variable: string; names: readonly string[] }> = {
  chromium: { variable: "CHROMIUM_PATH", names: ["chromium", "chromium-browser", "google-chrome"] },
  firefox: { variable: "FIREFOX_PATH", names: ["firefox-esr", "firefox"] },
};

/** The browser's program: the one that its environment variable names, else the first on PATH. */
export function findBrowser(name: BrowserName): string | undefined {
  const { variable, names } = programs[name];
  if (process.env[variable]) return process.env[variable];
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.flatMap((folder) => names.map((each) => join(folder, each))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Chromium is driven over the DevTools protocol, Firefox over WebDriver BiDi. */
export async function launchBrowser(name: BrowserName): Promise<Browser & AsyncDisposable> {
  const { variable } = programs[name];
  const executablePath = findBrowser(name);
  if (executablePath === undefined) throw new Error(`No ${name} on PATH. Install it or set ${variable}.`);
  const browser = await launch({
    browser: name === "firefox" ? "firefox" : "chrome",
    executablePath,
    headless: true,
    // Chromium's sandbox does not start as root, as in a container. It only loads pages of these tests.
    args: name === "chromium" ? ["--no-sandbox"] : [],
    // Without a locale, Chromium cannot open files whose names are not ASCII.
    env: { ...process.env, LC_ALL: "C.UTF-8" },
    timeout: 120_000,
    // Longer than any test may take, because an evaluation can wait for a whole upload.
    protocolTimeout: 900_000,
  });
  return Object.assign(browser, { [Symbol.asyncDispose]: () => browser.close() });
}
