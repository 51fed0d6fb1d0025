// node scripts/screenshot.mjs: takes docs/images/web-client.png of the built web client, with demo files and an upload under
// way. Needs Chromium (CHROMIUM_PATH, default: /usr/bin/chromium) and `npm run build`.
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { launch } from "puppeteer-core";

const MB = 1_000_000;
const files = {
  "invoices/2026-10.pdf": 0.2 * MB,
  "photos/beach.jpg": 2.1 * MB,
  "videos/tour.mp4": 3 * MB,
  "Annual report.pdf": 1.8 * MB,
  "backup.tar.gz": 24 * MB,
  "harbour at dusk.jpg": 4.6 * MB,
  "interview.mp3": 8.2 * MB,
  "logo.svg": 4_200,
  "notes.md": 1_870,
  "orders.csv": 312_000,
};
const stored = [...new Set(Object.keys(files).map((name) => name.split("/")[0]))];

const folder = await mkdtemp(join(tmpdir(), "valetkey-screenshot-"));
const server = spawn(process.execPath, ["dist/main.js"], {
  env: {
    PATH: process.env.PATH,
    PORT: "0",
    VALETKEY_STORE_PORT: "0",
    VALETKEY_DATA_DIR: join(folder, "store"),
  },
  stdio: ["ignore", "pipe", "ignore"],
});
const browser = await launch({
  executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
try {
  for (const [name, bytes] of Object.entries(files)) await createFile(join(folder, name), bytes);
  await createFile(join(folder, "drone flight.mp4"), 96 * MB);
  const page = await browser.newPage();
  await page.setViewport({ width: 1280, height: 800 });
  await page.goto(await urlOf(server));
  await page.locator("::-p-aria([name='alice'][role='button'])").click();
  await page.waitForSelector("[aria-label='Bucket']");
  await drop(page, ...stored.map((name) => join(folder, name)));
  await page.waitForFunction("document.body.innerText.includes('10 files uploaded')");
  await page.locator("::-p-aria(Remove finished uploads from the list)").click();
  await page.emulateNetworkConditions({ upload: 12 * MB, download: -1, latency: 0 });
  await drop(page, join(folder, "drone flight.mp4"));
  await page.waitForFunction("/[4-9]\\d% of 96 MB.*left/.test(document.body.innerText)");
  await page.mouse.move(640, 300);
  await page.screenshot({ path: "docs/images/web-client.png" });
} finally {
  await browser.close();
  server.kill();
  await rm(folder, { recursive: true, force: true });
}

async function createFile(path, bytes) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, "");
  await truncate(path, Math.round(bytes));
}

async function urlOf({ stdout }) {
  for await (const line of createInterface({ input: stdout })) {
    const { url } = JSON.parse(line);
    if (url !== undefined) return url;
  }
  throw new Error("The server did not start.");
}

async function drop(page, ...paths) {
  const session = await page.createCDPSession();
  const data = { items: [], files: paths, dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"]) {
    await session.send("Input.dispatchDragEvent", { type, x: 640, y: 400, data });
  }
}
