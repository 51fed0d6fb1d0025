import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { downloadUrl } from "../support/operations.ts";
import { makeTemporaryFolder } from "../support/resources.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startDemoServer } from "../support/test-server.ts";

const root = resolve(import.meta.dirname, "../..");
const guide = readFileSync(join(root, "docs/uploads.md"), "utf8");
const blocks = [...guide.matchAll(/^```js\n(.*?)^```$/gms)].map(([, block]) => block ?? "");

const server = await shareInFile(startDemoServer());
const { path: directory } = await shareInFile(makeTemporaryFolder("guide"));

async function stored(key: string): Promise<Buffer> {
  const { url } = await downloadUrl(server.client, { bucket: "demo", key });
  return Buffer.from(await (await fetch(url)).arrayBuffer());
}

describe("docs/uploads.md", () => {
  test("has code that runs as it stands, one block after the other", async () => {
    expect(blocks.length).toBeGreaterThanOrEqual(6);
    const [cat, film] = [randomBytes(300), randomBytes(40 * 2 ** 20)];
    for (const [name, bytes] of Object.entries({ cat, film })) writeFileSync(join(directory, name), bytes);
    const program = [
      'import { readFileSync } from "node:fs";',
      'const file = new File([readFileSync("cat")], "cat.png", { type: "image/png" });',
      'const film = new File([readFileSync("film")], "film.mp4");',
      ...blocks.map((block) => block.replaceAll("http://127.0.0.1:4000", server.url)),
    ];
    writeFileSync(join(directory, "guide.mjs"), program.join("\n"));
    await promisify(execFile)(process.execPath, ["--no-warnings", "guide.mjs"], { cwd: directory });
    for (const key of ["photos/cat.png", "forms/cat.png", "through/cat.png", "checked"])
      expect((await stored(key)).equals(cat), key).toBe(true);
    expect((await stored("films/cat.mp4")).equals(film)).toBe(true);
  });
});

describe("examples/send-file.mjs", () => {
  const film = randomBytes(90 * 2 ** 20);
  const path = join(directory, "film.bin");
  const send = (...options: string[]) =>
    spawn(
      process.execPath,
      [
        "--no-warnings",
        join(root, "examples/send-file.mjs"),
        path,
        "demo",
        "films/sent.bin",
        "--url",
        `${server.url}/graphql`,
        ...options,
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );

  /** What it says of its progress, and whether it reached the end. */
  async function outputOf(program: ReturnType<typeof send>, onLine: (line: string) => void = () => {}) {
    const lines: string[] = [];
    let rest = "";
    program.stdout.on("data", (chunk) => {
      const [last = "", ...complete] = `${rest}${chunk}`.split("\n").reverse();
      rest = last;
      for (const line of complete.reverse()) {
        lines.push(line);
        onLine(line);
      }
    });
    const [code] = await once(program, "close");
    return { code, lines, bytesAtFirst: Number.parseInt(lines[0] ?? "", 10) };
  }

  test("continues where it was interrupted, with --resume", async () => {
    writeFileSync(path, film);
    const begun = send();
    const ended = await outputOf(begun, (line) => {
      if (Number.parseInt(line, 10) > 30 * 2 ** 20) begun.kill("SIGKILL");
    });
    expect(ended).toMatchObject({ code: null, bytesAtFirst: 0 });
    const resumed = await outputOf(send("--resume"));
    expect(resumed.code).toBe(0);
    expect(resumed.bytesAtFirst).toBeGreaterThan(0);
    expect((await stored("films/sent.bin")).equals(film)).toBe(true);
  });

  test("does not use the parts of an upload that was begun with other bytes, without --resume", async () => {
    writeFileSync(path, film);
    const begun = send();
    await outputOf(begun, (line) => {
      if (Number.parseInt(line, 10) > 30 * 2 ** 20) begun.kill("SIGKILL");
    });
    const edited = Buffer.from(film).fill(1, 0, 1000);
    writeFileSync(path, edited);
    expect(await outputOf(send())).toMatchObject({ code: 0, bytesAtFirst: 0 });
    expect((await stored("films/sent.bin")).equals(edited)).toBe(true);
  });

  test.each([
    [[], /^node examples\/send-file\.mjs FILE BUCKET KEY/],
    [["nobody.bin", "demo", "films/nobody.bin"], /nobody\.bin/],
  ])("prints an error in one line: %j", async (options, line) => {
    const program = [join(root, "examples/send-file.mjs"), ...options];
    const run = promisify(execFile)(process.execPath, ["--no-warnings", ...program], { cwd: directory });
    const { code, stderr } = await run.catch((error) => error);
    expect(code).toBe(1);
    expect(stderr.trim()).toMatch(line);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});
