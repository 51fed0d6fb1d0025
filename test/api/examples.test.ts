import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startDemo } from "../support/demo-server.ts";
import { uploadFile } from "../support/operations.ts";

const folder = resolve(import.meta.dirname, "../../docs/examples");
const documents = readdirSync(folder).filter((name) => name.endsWith(".graphql"));
const documentOf = (name: string) => readFileSync(resolve(folder, name), "utf8");

const server = await startDemo();
afterAll(() => server.close());
const { client } = server;

const cat = new Blob(["a cat"], { type: "image/png" });
beforeAll(async () => {
  for (const key of ["photos/cat.png", "photos/2026/dog.png"])
    await uploadFile(client, cat, { bucket: "demo", key });
});

/** What the examples answer beside their data: one of them shows how an item fails. */
const errorsOf: Readonly<Record<string, object>> = {
  "05-many.graphql": [{ path: ["downloadUrls", 1], extensions: { code: "OBJECT_NOT_FOUND" } }],
};

describe("the examples of docs/examples", () => {
  test("are there", () => {
    expect(documents.length).toBeGreaterThanOrEqual(7);
  });

  test.each(documents)("%s runs as it stands", async (name) => {
    const { status, data, errors } = await client.answer(documentOf(name));
    expect(status).toBe(200);
    expect(data).toEqual(expect.anything());
    if (name in errorsOf) expect(errors).toMatchObject(errorsOf[name] ?? []);
    else expect(errors).toBeUndefined();
  });

  test("03-folder.graphql shows a folder with URLs that work", async () => {
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

  test("04-download.graphql gives the other name, cleaned", async () => {
    const { downloadUrl } = await client.data<{ downloadUrl: { url: string } }>(
      documentOf("04-download.graphql"),
    );
    const disposition = (await fetch(downloadUrl.url)).headers.get("content-disposition");
    expect(disposition).toMatch(/^attachment; filename="[^"]+"; filename\*=UTF-8''Katze/);
  });
});
