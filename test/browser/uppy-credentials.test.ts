import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer } from "../support/test-server.ts";
import { launchBrowser } from "./browsers.ts";
import { startBundledPage } from "./bundled-page.ts";

const MiB = 2 ** 20;
const pages = await shareInFile(startBundledPage("packages/client/test/browser/uppy-credentials-page.ts"));
const server = await shareInFile(
  startTestServer({
    env: { VALETKEY_ORIGINS: pages.url },
    grants: [{ who: "anonymous", bucket, prefix: "users/alice/", allow: ["UPLOAD", "CREDENTIALS"] }],
  }),
);
const browser = await shareInFile(launchBrowser("chromium"));

test.each([
  ["small.txt", 100],
  ["large.bin", 12 * MiB],
])("@uppy/aws-s3 uploads %s with the credentials of a caller", async (name, bytes) => {
  const page = await browser.newPage();
  const parameters = new URLSearchParams({
    server: `${server.url}/graphql`,
    s3: `${server.storeUrl}/${bucket}`,
  });
  await page.goto(`${pages.url}/?${parameters}`);
  await page.waitForFunction("typeof upload === 'function'");
  expect(await page.evaluate(`upload(${JSON.stringify(name)}, ${bytes})`)).toEqual([]);
  const stored = new HeadObjectCommand({ Bucket: bucket, Key: `users/alice/${name}` });
  expect(await server.admin.send(stored)).toMatchObject({ ContentLength: bytes });
});
