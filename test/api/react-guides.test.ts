import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { createReactApp, filesOf } from "../support/react-app.ts";
import { shareInFile } from "../support/share-in-file.ts";

const root = resolve(import.meta.dirname, "../..");
const pageOf = (path: string) => readFileSync(join(root, path), "utf8");

/**
 * What the guide uses of Next.js, which is no dependency of this repository.
 * https://nextjs.org/docs/app/api-reference/functions/cookies
 */
const nextTypes = `
declare module "next/headers" {
  export function cookies(): Promise<{ get(name: string): { name: string; value: string } | undefined }>;
}
declare module "next/navigation" {
  export function useRouter(): { refresh(): void };
}
`;

const app = await shareInFile(createReactApp());

describe("a React app with the built client", () => {
  // All of it at once, because the compiler needs most of its time for the types of React and of the browser.
  test("compiles the code of the guides, of the tutorial and of the client's README", async () => {
    const pages = [
      ["docs/guides/react.md", 4],
      ["docs/guides/nextjs.md", 6],
      ["docs/guides/tanstack-query.md", 2],
      ["docs/tutorials/react-upload.md", 8],
    ] as const;
    await app.write({ "pages/next.d.ts": nextTypes });
    for (const [page, count] of pages) {
      const files = filesOf(pageOf(page));
      expect(files, page).toHaveLength(count);
      for (const { name, content } of files) {
        await app.write({ [`pages/${page.replace(/\W/g, "-")}/${name}`]: content });
      }
    }
    const [, example = ""] = /^```tsx\n(.*?)^```$/ms.exec(pageOf("packages/client/README.md")) ?? [];
    expect(example).toContain("useUpload");
    await app.write({ "pages/readme/App.tsx": example });
    await app.checkTypes("pages");
  });

  test('finds "use client" at the top of the hooks, and nowhere else', async () => {
    const built = (name: string) =>
      readFile(join(app.path, "node_modules/@valetkey/client/dist", name), "utf8");
    expect(await built("react.js")).toMatch(/^"use client";/);
    expect(await built("index.js")).not.toContain("use client");
  });
});
