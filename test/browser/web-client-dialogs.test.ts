import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeTemporaryFolder } from "../support/resources.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";
import { accessibilityViolations } from "./accessibility.ts";
import { launchBrowser } from "./browsers.ts";
import { buildPagesIfStale } from "./built-pages.ts";
import {
  chooseFiles,
  openWebClient,
  press,
  pressInDialog,
  type WebClientOptions,
  wait,
  waitForNames,
  waitForText,
} from "./web-client.ts";

await buildPagesIfStale();
const server = await shareInFile(startTestServer());
const browser = await shareInFile(launchBrowser("chromium"));
const folder = await shareInFile(makeTemporaryFolder("web-dialogs"));

const open = (hash: string, options: Partial<WebClientOptions> = {}) =>
  openWebClient(browser, server.url, { as: "Continue without a token", hash, ...options });

test("a folder is moved to another folder, with everything in it", async () => {
  await server.seed("move/album/cover.txt", "cover");
  await server.seed("move/album/2026/cat.txt", "cat");
  await server.seed("move/target/other.txt", "other");
  await using tab = await open("#/demo/move/");
  await waitForNames(tab.page, ["album", "target"]);
  await press(tab.page, "Actions for album");
  await press(tab.page, "Move to…");
  await tab.page.locator(".folder-picker ::-p-text(target)").click();
  await press(tab.page, "Move here");
  await waitForNames(tab.page, ["target"]);
  await press(tab.page, "target");
  await waitForNames(tab.page, ["album", "other.txt"]);
  await press(tab.page, "album");
  await waitForNames(tab.page, ["2026", "cover.txt"]);
  await press(tab.page, "2026");
  await waitForNames(tab.page, ["cat.txt"]);
});

describe.each([
  ["in light colors", {}],
  ["in dark colors on a phone", { width: 360, height: 740, colorScheme: "dark" }],
] as const)("%s, axe finds nothing serious", (appearance, options) => {
  test("in the dialogs for folders and for several files", async () => {
    for (const name of ["folder/a.txt", "b.txt"]) await server.seed(`${appearance}/${name}`, "old");
    await using tab = await open(`#/demo/${encodeURIComponent(appearance)}/`, options);
    const { page } = tab;
    await waitForNames(page, ["folder", "b.txt"]);
    const dialogs = [
      ["New folder", ["New folder"]],
      ["Rename", ["Actions for folder", "Rename"]],
      ["Copy to…", ["Actions for folder", "Copy to…"]],
      ["Move to…", ["Actions for folder", "Move to…"]],
      ["Delete", ["Actions for folder", "Delete"]],
    ] as const;
    for (const [name, buttons] of dialogs) {
      for (const button of buttons) await press(page, button);
      await page.waitForSelector("[role=dialog]", { visible: true });
      expect(await accessibilityViolations(page), name).toEqual([]);
      await page.keyboard.press("Escape");
      await page.waitForFunction("document.querySelector('[role=dialog]') === null", wait);
    }
    const path = join(folder.path, "b.txt");
    await writeFile(path, "new");
    await chooseFiles(page, path);
    await waitForText(page, "Replace the file?");
    expect(await accessibilityViolations(page), "Replace").toEqual([]);
    await pressInDialog(page, "Keep both");
    await waitForText(page, "uploaded");
    expect(await accessibilityViolations(page), "the uploads").toEqual([]);
    expect(tab.violations).toEqual([]);
  });
});
