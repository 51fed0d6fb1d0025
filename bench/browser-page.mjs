import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { createServer } from "node:http";
import { delimiter, join } from "node:path";
import { launch } from "puppeteer-core";
import { rolldown } from "rolldown";

const script = `
  import { createValetKey } from "@valetkey/client";
  import Uppy from "@uppy/core";
  import AwsS3 from "@uppy/aws-s3";
  Object.assign(window, { createValetKey, Uppy, AwsS3 });
`;

/** A page that has the client package and Uppy as globals, in a Chromium of its own. */
export async function openPage() {
  const build = await rolldown({
    input: "page",
    platform: "browser",
    plugins: [
      {
        name: "page",
        resolveId: (id) => (id === "page" ? join(import.meta.dirname, "page.js") : undefined),
        load: (id) => (id === join(import.meta.dirname, "page.js") ? script : undefined),
      },
    ],
    resolve: { conditionNames: ["@valetkey/source", "import", "browser", "default"] },
    logLevel: "silent",
  });
  const { output } = await build.generate({ format: "esm", minify: true });
  await build.close();
  const server = createServer((request, response) => {
    const isScript = request.url === "/page.js";
    response
      .setHeader("content-type", isScript ? "text/javascript" : "text/html")
      .end(isScript ? output[0].code : '<input type="file"><script type="module" src="/page.js"></script>');
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${server.address().port}`;
  const browser = await launch({ executablePath: findChromium(), headless: true, args: ["--no-sandbox"] });
  const tab = await browser.newPage();
  await tab.goto(origin);
  await tab.waitForFunction("window.Uppy !== undefined");
  return {
    origin,
    tab,
    async chooseFile(path) {
      const [chooser] = await Promise.all([tab.waitForFileChooser(), tab.click("input[type=file]")]);
      await chooser.accept([path]);
    },
    async stop() {
      await browser.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

function findChromium() {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  const found = (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, "chromium"))
    .find(isExecutable);
  if (found === undefined) throw new Error("No chromium on PATH. Install it or set CHROMIUM_PATH.");
  return found;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
