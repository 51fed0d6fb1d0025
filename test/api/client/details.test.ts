import { createValetKey } from "@valetkey/client";
import { expect, test } from "vitest";
import { shareInFile } from "../../support/share-in-file.ts";
import { startTestServer } from "../../support/test-server.ts";

const server = await shareInFile(startTestServer());
const client = createValetKey({ url: `${server.url}/graphql` });

test("details have everything that was stored with an object", async () => {
  await server.seed("details.txt", "text", {
    ContentType: "text/plain",
    CacheControl: "no-cache",
    ContentDisposition: "attachment",
    Metadata: { camera: "pinhole" },
    Tagging: "project=tests",
  });
  expect(await client.details({ bucket: "demo", key: "details.txt" })).toMatchObject({
    size: 4,
    contentType: "text/plain",
    cacheControl: "no-cache",
    contentDisposition: "attachment",
    storageClass: "STANDARD",
    metadata: { camera: "pinhole" },
    tags: { project: "tests" },
  });
});

test("details of an object that does not exist are undefined", async () => {
  expect(await client.details({ bucket: "demo", key: "missing" })).toBeUndefined();
});
