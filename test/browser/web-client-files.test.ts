import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { describe, expect, test } from "vitest";
import { startIssuer } from "../support/issuer.ts";
import { requestUpload } from "../support/operations.ts";
import { sendPut } from "../support/presigned-requests.ts";
import { makeTemporaryFolder } from "../support/resources.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startDemoServer, startTestServer } from "../support/test-server.ts";
import { launchBrowser } from "./browsers.ts";
import { buildPagesIfStale } from "./built-pages.ts";
import {
  chooseFiles,
  dropFiles,
  openSignIn,
  openWebClient,
  press,
  pressInDialog,
  saveDownloadsTo,
  wait,
  waitForNames,
  waitForText,
} from "./web-client.ts";

await buildPagesIfStale();
const server = await shareInFile(startDemoServer());
const browser = await shareInFile(launchBrowser("chromium"));
const folder = await shareInFile(makeTemporaryFolder("web-client"));

async function store(key: string, body: string): Promise<void> {
  const input = { bucket: "demo", key, contentType: "text/plain" };
  const upload = await requestUpload(server.client, "PUT", { input, size: Buffer.byteLength(body) });
  expect((await sendPut(upload, Buffer.from(body))).status).toBe(200);
}

async function textOf(key: string): Promise<string | undefined> {
  const query = `query ($key: String!) { object(bucket: "demo", key: $key) { downloadUrl { url } } }`;
  const { object } = await server.client.data<{ object: { downloadUrl: { url: string } } | null }>(query, {
    key,
  });
  return object === null ? undefined : (await fetch(object.downloadUrl.url)).text();
}

async function fileOnDisk(name: string, body: string): Promise<string> {
  const path = join(folder.path, name);
  await writeFile(path, body);
  return path;
}

const rows = (page: Page) =>
  page.$$eval("tbody tr[aria-selected=true] .file-name", (names) => names.map((name) => name.textContent));

describe("a caller who signs in with one click", () => {
  test("sees the own name and grants, and signs out", async () => {
    await using tab = await openWebClient(browser, server.url, { as: "alice" });
    await press(tab.page, "Your account: alice");
    await press(tab.page, "What may I do?");
    await waitForText(tab.page, "private/users/alice/");
    await press(tab.page, "Close");
    await press(tab.page, "Your account: alice");
    await press(tab.page, "Sign out");
    await waitForText(tab.page, "Your token decides");
  });

  test("stays signed in after a reload", async () => {
    await using tab = await openWebClient(browser, server.url, { as: "bob" });
    await tab.page.reload();
    await tab.page.waitForSelector("::-p-aria(Your account: bob)");
  });

  test("is told what is not allowed", async () => {
    await using tab = await openWebClient(browser, server.url, { as: "alice", hash: "#/private/users/bob/" });
    await waitForText(tab.page, "You are not allowed to do this.");
    expect(
      await tab.page.$eval("::-p-aria([name='Upload'][role='button'])", (button) =>
        button.hasAttribute("disabled"),
      ),
    ).toBe(true);
  });
});

test("a token that is not valid is refused with a message", async () => {
  await using tab = await openWebClient(browser, server.url, { as: "nobody" });
  await press(tab.page, "Your account: nobody");
  await press(tab.page, "Sign in");
  await tab.page.locator("input[type=password]").fill("not a token");
  await press(tab.page, "Sign in with the token");
  await waitForText(tab.page, "This server accepts no tokens.");
});

test("a user whose token is not accepted any more is signed out with a message", async () => {
  await using issuer = await startIssuer();
  await using production = await startTestServer({ issuer });
  const token = await issuer.token({ sub: "carol" });
  await using tab = await openSignIn(browser, production.url);
  const { page } = tab;
  await page.locator("input[type=password]").click();
  await page.keyboard.sendCharacter(token);
  await press(page, "Sign in with the token");
  await page.waitForSelector("::-p-aria(Your account: carol)");
  // As if it had expired: the server gets another one.
  await page.setRequestInterception(true);
  page.on("request", (request) => {
    const headers = { ...request.headers() };
    if (headers.authorization !== undefined) headers.authorization = "Bearer expired";
    void request.continue({ headers });
  });
  await page.evaluate("location.hash = '#/demo/elsewhere/'");
  await waitForText(page, "Your token is not accepted, or not any more.");
});

test("folders are opened by their names, by breadcrumbs, by the URL and by the browser's buttons", async () => {
  await store("walk/inner/deep.txt", "deep");
  await store("walk/top.txt", "top");
  await using tab = await openWebClient(browser, server.url, { as: "nobody", hash: "#/demo/walk/" });
  await waitForNames(tab.page, ["inner", "top.txt"]);
  await press(tab.page, "inner");
  await waitForNames(tab.page, ["deep.txt"]);
  expect(new URL(tab.page.url()).hash).toBe("#/demo/walk/inner/");
  await press(tab.page, "walk");
  await waitForNames(tab.page, ["inner", "top.txt"]);
  await tab.page.goBack();
  await waitForNames(tab.page, ["deep.txt"]);
});

test("a folder shows its first page, and the next one at its end", async () => {
  const names = Array.from({ length: 103 }, (_, index) => `${String(index).padStart(3, "0")}.txt`);
  await Promise.all(names.map((name) => store(`many/${name}`, name)));
  await using tab = await openWebClient(browser, server.url, { as: "nobody", hash: "#/demo/many/" });
  await waitForNames(tab.page, names.slice(0, 100));
  // Scrolls there, which loads the next page.
  await tab.page.focus("tbody tr");
  await tab.page.keyboard.press("End");
  await waitForNames(tab.page, names);
  await tab.page.locator("input[type=search]").fill("01");
  await waitForNames(tab.page, names.slice(10, 20));
});

describe("files are uploaded", () => {
  test("when they are chosen", async () => {
    await using tab = await openWebClient(browser, server.url, { as: "nobody", hash: "#/demo/chosen/" });
    await chooseFiles(
      tab.page,
      await fileOnDisk("hello.txt", "hello"),
      await fileOnDisk("고양이 & co.txt", "cat"),
    );
    await waitForText(tab.page, "2 files uploaded");
    await waitForNames(tab.page, ["hello.txt", "고양이 & co.txt"]);
    expect(await textOf("chosen/고양이 & co.txt")).toBe("cat");
  });

  test("when they are dropped, with the folders that they are in", async () => {
    await mkdir(join(folder.path, "dropped/inner"), { recursive: true });
    await fileOnDisk("dropped/a.txt", "a");
    await fileOnDisk("dropped/inner/b.txt", "b");
    await using tab = await openWebClient(browser, server.url, { as: "nobody", hash: "#/demo/drops/" });
    await waitForText(tab.page, "This folder is empty");
    await dropFiles(tab.page, join(folder.path, "dropped"), await fileOnDisk("single.txt", "s"));
    await waitForText(tab.page, "3 files uploaded");
    await waitForNames(tab.page, ["dropped", "single.txt"]);
    expect(await textOf("drops/dropped/inner/b.txt")).toBe("b");
  });

  test("only after a question, if they replace others", async () => {
    await store("replace/same.txt", "old");
    await using tab = await openWebClient(browser, server.url, { as: "nobody", hash: "#/demo/replace/" });
    const path = await fileOnDisk("same.txt", "new");
    await chooseFiles(tab.page, path);
    await waitForText(tab.page, "Replace the file?");
    expect(await textOf("replace/same.txt")).toBe("old");
    await press(tab.page, "Keep both");
    await waitForNames(tab.page, ["same (2).txt", "same.txt"]);
    await chooseFiles(tab.page, path);
    await press(tab.page, "Replace");
    await waitForText(tab.page, "2 files uploaded");
    expect(await textOf("replace/same.txt")).toBe("new");
  });
});

describe("files are downloaded", () => {
  test("one by one, byte for byte", async () => {
    const body = "downloaded ".repeat(10_000);
    await store("download/one file.txt", body);
    await using downloads = await makeTemporaryFolder("downloads");
    await using tab = await openWebClient(browser, server.url, { as: "nobody", hash: "#/demo/download/" });
    await saveDownloadsTo(tab.page, downloads.path);
    await press(tab.page, "Actions for one file.txt");
    await press(tab.page, "Download");
    await expect
      .poll(() => readFile(join(downloads.path, "one file.txt"), "utf8").catch(() => ""))
      .toBe(body);
  });

  test("many at once, as an archive", async () => {
    await store("zip/a.txt", "first");
    await store("zip/inner/b.txt", "second");
    await using downloads = await makeTemporaryFolder("downloads");
    await using tab = await openWebClient(browser, server.url, { as: "nobody", hash: "#/demo/zip/" });
    await saveDownloadsTo(tab.page, downloads.path);
    // The dialog of the system cannot be used by a test.
    await tab.page.evaluate("delete window.showSaveFilePicker");
    await tab.page.locator("input[aria-label='Select everything']").click();
    await press(tab.page, "Download");
    await waitForText(tab.page, "2 files were saved in “zip.zip”.");
    await expect
      .poll(() => readFile(join(downloads.path, "zip.zip")).catch(() => Buffer.alloc(0)))
      .not.toHaveLength(0);
    // Files are stored in the archive as they are.
    const archive = await readFile(join(downloads.path, "zip.zip"), "latin1");
    for (const text of ["a.txt", "first", "inner/b.txt", "second"]) expect(archive).toContain(text);
  });
});

test("a link can be copied, and says how long it works", async () => {
  await store("links/shared.txt", "shared");
  await using tab = await openWebClient(browser, server.url, { as: "nobody", hash: "#/demo/links/" });
  await press(tab.page, "Actions for shared.txt");
  await press(tab.page, "Copy link");
  await waitForText(tab.page, "It works for another 39 min");
  const url = await tab.page.$eval(
    "input[readonly][value^=http]",
    (input) => (input as { value?: string }).value ?? "",
  );
  expect(await (await fetch(url)).text()).toBe("shared");
});

describe("files and folders", () => {
  test("are renamed", async () => {
    await store("rename/old/file.txt", "moved");
    await using tab = await openWebClient(browser, server.url, { as: "nobody", hash: "#/demo/rename/" });
    await waitForNames(tab.page, ["old"]);
    await tab.page.focus("tbody tr");
    await tab.page.keyboard.press("F2");
    await tab.page.locator("input[data-autofocus]").fill("new");
    await pressInDialog(tab.page, "Rename");
    await waitForNames(tab.page, ["new"]);
    expect(await textOf("rename/new/file.txt")).toBe("moved");
    expect(await textOf("rename/old/file.txt")).toBeUndefined();
  });

  test("are copied and moved to another folder", async () => {
    await store("transfer/a.txt", "a");
    await store("transfer/target/a.txt", "there before");
    await using tab = await openWebClient(browser, server.url, { as: "nobody", hash: "#/demo/transfer/" });
    for (const action of ["Copy", "Move"]) {
      await press(tab.page, "Actions for a.txt");
      await press(tab.page, `${action} to…`);
      await tab.page.locator(".folder-picker ::-p-text(target)").click();
      await press(tab.page, `${action} here`);
      await waitForText(tab.page, "was left out, because the name is taken");
      await press(tab.page, "Close the message");
    }
    expect(await textOf("transfer/target/a.txt")).toBe("there before");
    await press(tab.page, "Actions for a.txt");
    await press(tab.page, "Move to…");
    await tab.page.locator(".folder-picker ::-p-text(target)").click();
    await tab.page.locator("::-p-aria([name='Replace files that exist there already'])").click();
    await press(tab.page, "Move here");
    await waitForNames(tab.page, ["target"]);
    expect(await textOf("transfer/target/a.txt")).toBe("a");
  });

  test("are deleted after a question", async () => {
    await store("delete/keep.txt", "keep");
    await store("delete/gone/1.txt", "1");
    await store("delete/gone/2.txt", "2");
    await using tab = await openWebClient(browser, server.url, { as: "nobody", hash: "#/demo/delete/" });
    await press(tab.page, "Actions for gone");
    await press(tab.page, "Delete");
    await waitForText(tab.page, "This deletes 2 files");
    await press(tab.page, "Keep");
    expect(await textOf("delete/gone/1.txt")).toBe("1");
    await press(tab.page, "Actions for gone");
    await press(tab.page, "Delete");
    await pressInDialog(tab.page, "Delete");
    await waitForText(tab.page, "2 files were deleted.");
    await waitForNames(tab.page, ["keep.txt"]);
  });

  test("are selected with the keyboard alone", async () => {
    for (const name of ["a", "b", "c", "d"]) await store(`keys/${name}.txt`, name);
    await using tab = await openWebClient(browser, server.url, { as: "nobody", hash: "#/demo/keys/" });
    await waitForNames(tab.page, ["a.txt", "b.txt", "c.txt", "d.txt"]);
    const { keyboard } = tab.page;
    await tab.page.focus("tbody tr");
    await keyboard.press("ArrowDown");
    await keyboard.press("Space");
    expect(await rows(tab.page)).toEqual(["b.txt"]);
    await keyboard.down("Shift");
    await keyboard.press("ArrowDown");
    await keyboard.press("ArrowDown");
    await keyboard.up("Shift");
    expect(await rows(tab.page)).toEqual(["b.txt", "c.txt", "d.txt"]);
    await keyboard.press("Escape");
    expect(await rows(tab.page)).toEqual([]);
    await keyboard.down("Control");
    await keyboard.press("a");
    await keyboard.up("Control");
    expect(await rows(tab.page)).toHaveLength(4);
    await keyboard.press("Escape");
    await keyboard.press("Home");
    await keyboard.press("Space");
    await keyboard.press("Delete");
    await pressInDialog(tab.page, "Delete");
    await waitForNames(tab.page, ["b.txt", "c.txt", "d.txt"]);
    await tab.page.focus("tbody tr");
    await keyboard.press("Enter");
    await tab.page.waitForSelector("section[aria-label='Text of b.txt']", wait);
    await keyboard.press("Escape");
    await tab.page.waitForFunction("document.activeElement?.dataset.index === '0'", wait);
  });
});
