import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { parseAccessFile } from "../../src/access/access-file.ts";
import { downloadUrl } from "../support/operations.ts";
import { makeTemporaryFolder } from "../support/resources.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { hasCurl, pasteIntoShell } from "../support/shell.ts";
import { startDemoServer } from "../support/test-server.ts";

const p256 = { namedCurve: "prime256v1" };
const root = resolve(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

/** The code blocks of one language in a page, or in one section of it. */
function blocksOf(language: string, page: string, section?: string): string[] {
  const start = section === undefined ? 0 : page.indexOf(`\n## ${section}\n`);
  expect(start, `the section ${section}`).toBeGreaterThanOrEqual(0);
  const end = section === undefined ? -1 : page.indexOf("\n## ", start + 1);
  const text = page.slice(start, end === -1 ? undefined : end);
  const blocks = [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))];
  return blocks.map(([, block]) => block ?? "");
}

const server = await shareInFile(startDemoServer());

describe("the README", () => {
  const section = "Upload from a browser";

  test("has an upload function that runs as it stands", async () => {
    const [code = ""] = blocksOf("js", read("README.md"), section);
    await using folder = await makeTemporaryFolder("readme");
    const program = [
      'const file = new File(["a cat"], "cat.png", { type: "image/png" });',
      code.replaceAll("http://127.0.0.1:4000", server.url),
    ];
    await writeFile(join(folder.path, "upload.mjs"), program.join("\n"));
    await promisify(execFile)(process.execPath, ["--no-warnings", "upload.mjs"], { cwd: folder.path });
    const { url } = await downloadUrl(server.client, { bucket: "demo", key: "photos/cat.png" });
    const response = await fetch(url);
    expect(await response.text()).toBe("a cat");
    expect(response.headers.get("content-type")).toBe("image/png");
  });

  test.runIf(hasCurl)("has curl commands that work as pasted", async () => {
    const [output] = await pasteIntoShell(blocksOf("sh", read("README.md"), section), server.url);
    expect(output).toBe("Hello, world!");
  });

  test("has an operation for Sandbox that works", async () => {
    const [document = ""] = blocksOf("graphql", read("README.md"), section);
    expect(await server.client.data(document)).toMatchObject({
      requestUpload: { url: expect.stringContaining("from%20sandbox.txt"), headers: [] },
    });
  });
});

describe("the guides", () => {
  test.each([
    "README.md",
    "docs/guides/sign-in.md",
    "docs/guides/aws.md",
    "docs/guides/several-accounts.md",
    "docs/guides/kms.md",
  ])("%s has access files that parse without warnings", (path) => {
    const files = blocksOf("yaml", read(path));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const { rules, warnings } = parseAccessFile(file, path);
      expect(rules.length).toBeGreaterThan(0);
      expect(warnings).toEqual([]);
    }
  });

  test("docs/configuration.md has settings of buckets that parse", () => {
    const files = blocksOf("yaml", read("docs/configuration.md")).map((file) =>
      parseAccessFile(file, "access.yaml", { readKey: () => generateKeyPairSync("ec", p256).privateKey }),
    );
    expect(files.map(({ buckets }) => buckets.size)).toEqual([0, 3]);
  });

  test.each([
    ["docs/guides/aws.md", 3],
    ["docs/guides/iam-policies.md", 5],
    ["docs/guides/several-accounts.md", 2],
    ["docs/guides/kms.md", 3],
  ])("%s has policies that are JSON", (path, count) => {
    const policies = blocksOf("json", read(path));
    expect(policies).toHaveLength(count);
    for (const policy of policies) expect(JSON.parse(policy)).toMatchObject({ Version: "2012-10-17" });
  });

  test("docs/guides/sign-in.md has a query that works", async () => {
    const [document = ""] = blocksOf("graphql", read("docs/guides/sign-in.md"));
    expect(await server.client.data(document)).toMatchObject({ viewer: { authenticated: false } });
  });
});
