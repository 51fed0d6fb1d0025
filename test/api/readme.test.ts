import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { startDemo } from "../support/demo-server.ts";
import { hasCurl, pasteIntoShell } from "../support/shell.ts";

const readme = readFileSync(resolve(import.meta.dirname, "../../README.md"), "utf8");
const section = /^## A first upload and download\n(.*?)^## /ms.exec(readme)?.[1] ?? "";
const blocksOf = (language: string) =>
  [...section.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(
    ([, block]) => block ?? "",
  );

const server = await startDemo();
afterAll(() => server.close());

describe("the README's first upload and download", () => {
  test.runIf(hasCurl)("work as pasted", async () => {
    const [asked, sent, downloaded, throughServer] = await pasteIntoShell(blocksOf("sh"), server.url);
    expect(asked).toBe("");
    expect(sent).toBe("200");
    expect(downloaded).toBe("Hello, world!");
    expect(JSON.parse(throughServer ?? "")).toMatchObject({
      data: { uploadFile: { key: "notes/hello.txt", size: 13 } },
    });
  });

  test("work in Sandbox", async () => {
    const [document] = blocksOf("graphql");
    expect(await server.client.data(document ?? "")).toMatchObject({
      requestUpload: { url: expect.stringContaining("from%20sandbox.txt"), headers: [] },
    });
  });
});
