import { createHash } from "node:crypto";
import type { Page } from "puppeteer-core";
import { rolldown } from "rolldown";
import { startHttpServer } from "../support/listening.ts";

/** A page that has `createValetKey` as a global, and the client of a server as `valetKey`. */
export async function startClientPage(graphqlUrl: string) {
  const build = await rolldown({
    input: "packages/client/src/index.ts",
    platform: "browser",
    tsconfig: "packages/client/tsconfig.json",
  });
  const { output } = await build.generate({ format: "esm" });
  await build.close();
  const page = `<!doctype html><meta charset="utf-8"><input type="file"><script type="module">
    import * as client from "/client.js";
    window.createValetKey = client.createValetKey;
    window.valetKey = client.createValetKey({ url: ${JSON.stringify(graphqlUrl)} });
  </script>`;
  return await startHttpServer((request, response) => {
    const isScript = request.url === "/client.js";
    response
      .setHeader("content-type", isScript ? "text/javascript" : "text/html; charset=utf-8")
      .end(isScript ? output[0].code : page);
  });
}

/** Chooses a file of the disk, as a user does. */
export async function chooseFile(tab: Page, path: string): Promise<void> {
  await tab.bringToFront();
  const [chooser] = await Promise.all([tab.waitForFileChooser(), tab.click("input[type=file]")]);
  await chooser.accept([path]);
}

/** The SHA-256 of what a URL returns, in hexadecimal digits. */
export async function sha256At(url: string): Promise<string> {
  const response = await fetch(url);
  if (response.body === null) throw new Error("The response has no body.");
  const hash = createHash("sha256");
  for await (const chunk of response.body) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}
