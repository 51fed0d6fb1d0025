import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { startDemo } from "../support/demo-server.ts";

const readme = readFileSync(resolve(import.meta.dirname, "../../README.md"), "utf8");
const section = /^## A first upload and download\n(.*?)^## /ms.exec(readme)?.[1] ?? "";
const blocksOf = (language: string) =>
  [...section.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(
    ([, block]) => block ?? "",
  );

const server = await startDemo();
const directory = mkdtempSync(join(tmpdir(), "valetkey-readme-"));
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

/** One shell for all blocks, as somebody pastes them, with this server's port in the place of 4000. */
async function paste(blocks: readonly string[]): Promise<string[]> {
  const separator = "--- next block ---";
  const script = blocks
    .map((block) => block.replaceAll("http://127.0.0.1:4000", server.url))
    .join(`\necho; echo '${separator}'\n`);
  const { stdout } = await promisify(execFile)("sh", ["-e", "-c", script], { cwd: directory });
  return stdout.split(separator).map((output) => output.trim());
}

// npm test asks for nothing but Node, and the README's reader has a shell with curl.
const hasCurl = spawnSync("sh", ["-c", "command -v curl"]).status === 0;

describe("the README's first upload and download", () => {
  test.runIf(hasCurl)("work as pasted", async () => {
    const [asked, sent, downloaded, throughServer] = await paste(blocksOf("sh"));
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
