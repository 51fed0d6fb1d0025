import { expect, test } from "vitest";
import { startIssuer } from "../support/issuer.ts";
import { makeTemporaryFolder } from "../support/resources.ts";
import { bucket, startTestServer } from "../support/test-server.ts";
import { launchBrowser } from "./browsers.ts";
import { chooseFile, sha256At, startClientPage } from "./client-page.ts";
import { openClientTab, outcome, partOf, run } from "./client-tab.ts";
import { writeNoiseFile } from "./noise-file.ts";

const MiB = 2 ** 20;
/** The server accepts a token for a minute after its end, so this one is accepted for 15 seconds. */
const firstEndsInSeconds = -45;

test("in Chromium, an upload whose token expires on the way continues with another one", async () => {
  await using issuer = await startIssuer();
  const grants = [{ who: "authenticated", bucket, allow: ["UPLOAD", "DOWNLOAD"] }] as const;
  await using server = await startTestServer({ issuer, grants });
  const url = `${server.url}/graphql`;
  await using pages = await startClientPage(url);
  await using browser = await launchBrowser("chromium");
  await using folder = await makeTemporaryFolder("token");
  await using tab = await openClientTab(browser, pages.url);
  const { path, sha256 } = await writeNoiseFile(folder.path, "film", 70 * MiB);
  await chooseFile(tab, path);

  const tokens: string[] = [];
  await tab.exposeFunction("issueToken", async () => {
    const now = Math.floor(Date.now() / 1000);
    const exp = now + (tokens.length === 0 ? firstEndsInSeconds : 300);
    tokens.push(await issuer.token({ sub: "alice", exp }));
    return tokens.at(-1);
  });
  // Parts are held until the token with which the upload began has expired.
  let release = () => {};
  const expired = new Promise<void>((resolve) => {
    release = resolve;
  });
  let arrived = 0;
  await tab.setRequestInterception(true);
  tab.on("request", async (request) => {
    if (partOf(request) !== undefined) {
      arrived += 1;
      await expired;
    }
    await request.continue();
  });
  await run(
    tab,
    `window.task = createValetKey({ url: ${JSON.stringify(url)}, token: () => window.issueToken() })
      .upload(file, { bucket: "demo", key: "film" });
    window.task.done.catch(() => {});`,
  );
  await expect.poll(() => arrived).toBeGreaterThan(0);
  expect(tokens).toHaveLength(1);
  const first = server.client.as(tokens[0] ?? "");
  await expect
    .poll(async () => (await first.request("{ viewer { subject } }")).status, { interval: 500 })
    .toBe(401);
  release();

  expect(await outcome(tab)).toMatchObject({ size: 70 * MiB });
  expect(tokens).toHaveLength(2);
  const alice = server.client.as(tokens[1] ?? "");
  const { downloadUrl } = await alice.data<{ downloadUrl: { url: string } }>(
    `{ downloadUrl(bucket: "${bucket}", key: "film") { url } }`,
  );
  expect(await sha256At(downloadUrl.url)).toBe(sha256);
});
