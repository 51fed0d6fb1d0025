import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Variables } from "../support/graphql-client.ts";
import { requestUpload, uploadFile } from "../support/operations.ts";
import { sendPut } from "../support/presigned-requests.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { hasCurl, pasteIntoShell } from "../support/shell.ts";
import { startDemoServer } from "../support/test-server.ts";

const folder = resolve(import.meta.dirname, "../../docs/examples");
const documents = readdirSync(folder).filter((name) => name.endsWith(".graphql"));
const documentOf = (name: string) => readFileSync(resolve(folder, name), "utf8");

const server = await shareInFile(startDemoServer());
const { client } = server;

const cat = new Blob(["a cat"], { type: "image/png" });

/** What the examples answer beside their data: one of them shows how an item fails. */
const errorsOf: Readonly<Record<string, object>> = {
  "05-many.graphql": [{ path: ["downloadUrls", 1], extensions: { code: "OBJECT_NOT_FOUND" } }],
};

/** What the examples with variables are given. */
const variablesOf: Readonly<Record<string, () => Promise<Variables>>> = {
  "11-complete.graphql": async () => {
    const input = { bucket: "demo", key: "films/short.mp4" };
    const upload = await requestUpload(client, "MULTIPART", { input, size: 4 });
    for (const part of upload.parts) await sendPut(part, Buffer.from("film"));
    return { id: upload.id };
  },
};

describe("the examples of docs/examples, in their order, on a new server", () => {
  test("exist", () => {
    expect(documents.length).toBeGreaterThanOrEqual(11);
  });

  test("00-upload-file.sh stores the file that the others ask for", async () => {
    if (hasCurl) {
      const [output = ""] = await pasteIntoShell([documentOf("00-upload-file.sh")], server.url);
      expect(JSON.parse(output)).toEqual({
        data: { uploadFile: { key: "photos/cat.png", size: 5, contentType: "image/png" } },
      });
    } else await uploadFile(client, cat, { bucket: "demo", key: "photos/cat.png" });
  });

  test("00-upload-files.sh stores both files", async () => {
    if (!hasCurl) return;
    const [output = ""] = await pasteIntoShell([documentOf("00-upload-files.sh")], server.url);
    expect(JSON.parse(output)).toEqual({
      data: {
        uploadFiles: [
          { key: "notes/a.txt", size: 10 },
          { key: "notes/b.txt", size: 11 },
        ],
      },
    });
  });

  test.each(documents)("%s runs as it stands", async (name) => {
    const { status, data, errors } = await client.request(documentOf(name), await variablesOf[name]?.());
    expect(status).toBe(200);
    expect(data).toEqual(expect.anything());
    if (name in errorsOf) expect(errors).toMatchObject(errorsOf[name] ?? []);
    else expect(errors).toBeUndefined();
  });
});

describe("the examples of docs/examples, beside another file", () => {
  beforeAll(() => uploadFile(client, cat, { bucket: "demo", key: "photos/2026/dog.png" }));

  test("03-folder.graphql lists a folder with working URLs", async () => {
    const { objects } = await client.data<{
      objects: {
        folders: string[];
        nodes: { key: string; contentType: string; downloadUrl: { url: string } }[];
      };
    }>(documentOf("03-folder.graphql"));
    expect(objects.folders).toContain("photos/2026/");
    const found = objects.nodes.find(({ key }) => key === "photos/cat.png");
    expect(found).toMatchObject({ contentType: "image/png" });
    expect(await (await fetch(found?.downloadUrl.url ?? "")).text()).toBe("a cat");
  });

  test("04-download.graphql gives the requested file name, cleaned", async () => {
    const { downloadUrl } = await client.data<{ downloadUrl: { url: string } }>(
      documentOf("04-download.graphql"),
    );
    const disposition = (await fetch(downloadUrl.url)).headers.get("content-disposition");
    expect(disposition).toMatch(/^attachment; filename="[^"]+"; filename\*=UTF-8''Katze/);
  });

  test("08-next-page.graphql continues to the last page", async () => {
    const found: string[] = [];
    let after: string | null = null;
    do {
      const data: { objects: Page } = await client.data(documentOf("08-next-page.graphql"), { after });
      const { folders, nodes, pageInfo } = data.objects;
      found.push(...folders, ...nodes.map(({ key }) => key));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null);
    expect(found).toEqual(expect.arrayContaining(["photos/2026/", "photos/cat.png"]));
    expect(new Set(found).size).toBe(found.length);
  });

  test("09-tags.graphql shows the new tags, and the old type", async () => {
    expect(await client.data(documentOf("09-tags.graphql"))).toEqual({
      copyObject: { contentType: "image/png", tags: [{ name: "made by", value: "Zoë + co" }] },
    });
  });

  test("10-stable-url.graphql gives a URL that works", async () => {
    const { downloadUrl } = await client.data<{ downloadUrl: { url: string } }>(
      documentOf("10-stable-url.graphql"),
    );
    expect(await (await fetch(downloadUrl.url)).text()).toBe("a cat");
  });
});

interface Page {
  readonly folders: readonly string[];
  readonly nodes: readonly { readonly key: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
}
