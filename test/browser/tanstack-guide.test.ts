import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { createReactApp, filesOf } from "../support/react-app.ts";
import { bucket, startTestServer } from "../support/test-server.ts";
import { launchBrowser } from "./browsers.ts";
import { makePicture } from "./media.ts";
import { startVite } from "./vite-server.ts";

const guide = readFileSync(resolve(import.meta.dirname, "../../docs/guides/tanstack-query.md"), "utf8");
const wait = { timeout: 120_000, polling: 100 };

const main = (url: string) => `
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createValetKey } from "@valetkey/client";
import { ValetKeyProvider } from "@valetkey/client/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Gallery } from "./Gallery.tsx";

const client = createValetKey({ url: "${url}/graphql" });
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <QueryClientProvider client={new QueryClient()}>
      <ValetKeyProvider client={client}>
        <Gallery bucket="demo" prefix="gallery/" />
      </ValetKeyProvider>
    </QueryClientProvider>
  </StrictMode>,
);
`;

test("the gallery of the guide for TanStack Query shows pictures, and deletes one", async () => {
  await using server = await startTestServer();
  await using browser = await launchBrowser("chromium");
  const picture = await makePicture(browser, 40, 30);
  for (const name of ["a.png", "b.png"]) {
    const object = { Bucket: bucket, Key: `gallery/${name}`, Body: picture, ContentType: "image/png" };
    await server.admin.send(new PutObjectCommand(object));
  }
  await using app = await createReactApp();
  for (const { name, content } of filesOf(guide)) await app.write({ [name]: content });
  await app.write({ "src/main.tsx": main(server.url) });
  await using vite = await startVite(app.path);
  const page = await browser.newPage();
  const uncaught: string[] = [];
  page.on("pageerror", (error) => uncaught.push(String(error)));
  await page.goto(vite.url);
  const widths = "JSON.stringify([...document.images].map((image) => image.naturalWidth))";
  await page.waitForFunction(`${widths} === "[40,40]"`, wait);
  await page.locator("button ::-p-text(Delete)").click();
  await page.waitForFunction(`${widths} === "[40]"`, wait);
  expect(await page.$eval("figcaption", (caption) => caption.textContent)).toBe("gallery/b.png");
  expect(uncaught).toEqual([]);
});
