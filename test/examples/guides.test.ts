import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, inject, test } from "vitest";
import { runInstalled } from "./example.ts";

const folder = join(inject("examplesFolder"), "guides");
const pages: readonly (readonly [name: string, blocks: number])[] = [
  ["add-to-your-server", 3],
  ["mount-in-your-server", 5],
  ["know-when-a-file-has-arrived", 1],
];

/** What the guides use of the reader's own server. */
const ofTheReader = `
declare const valetKey: import("valetkey").ValetKey;
declare const app: { close(): Promise<void> };
declare const user: { readonly id: string; readonly role: string };
declare const photos: readonly import("valetkey").ObjectRef[];
declare const stream: import("node:stream").Readable;
declare const key: string;
declare const typeDefs: string;
declare const resolvers: Record<string, never>;
declare const database: { photos(): readonly { readonly id: string; readonly file: import("valetkey").ObjectRef }[] };
`;

const files: Record<string, string> = {
  "globals.d.ts": ofTheReader,
  "database.ts": `export const rows: object[] = [];
    export const database = { async savePhoto(row: object, _: { signal: AbortSignal }) { rows.push(row); } };`,
  "try.ts": `import { rows } from "./database.ts";
    import { valetKey } from "./know-when-a-file-has-arrived-1.ts";
    const session = valetKey.for({ authenticated: true, subject: "alice" });
    const upload = (key: string, contentType: string) =>
      session.uploadStream((async function* () { yield Buffer.from("x"); })(), { bucket: "demo", key, contentType });
    await upload("a.png", "image/png");
    const refused = await upload("b.txt", "text/plain").catch(({ code }) => code);
    console.log(JSON.stringify({ rows, refused }));
    await valetKey.close();`,
  "tsconfig.json": JSON.stringify({
    extends: "../tsconfig.json",
    compilerOptions: { outDir: "dist", rootDir: "." },
    include: ["*.ts"],
  }),
};

beforeAll(async () => {
  await mkdir(folder, { recursive: true });
  for (const [page, count] of pages) {
    const text = await readFile(resolve(import.meta.dirname, `../../docs/guides/${page}.md`), "utf8");
    const blocks = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""]) => code);
    expect(blocks, page).toHaveLength(count);
    for (const [index, code] of blocks.entries()) files[`${page}-${index + 1}.ts`] = `${code}\nexport {};\n`;
  }
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
});

test("the code in the guides for servers of one's own compiles, and the hook does what its guide says", async () => {
  await runInstalled("tsc", [], "guides");
  const { stdout } = await promisify(execFile)(process.execPath, ["dist/try.js"], { cwd: folder });
  // The log goes there too.
  const result = stdout.split("\n").find((line) => line.startsWith('{"rows"'));
  expect(JSON.parse(result ?? "")).toEqual({
    rows: [{ bucket: "demo", key: "a.png", etag: expect.any(String), owner: "alice" }],
    refused: "CONTENT_TYPE_NOT_ALLOWED",
  });
});
