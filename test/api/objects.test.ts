import { beforeAll, describe, expect, test } from "vitest";
import { malformedBuckets } from "../support/malformed-addresses.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer } from "../support/test-server.ts";

const server = await shareInFile(
  startTestServer({
    grants: [
      { who: "anonymous", bucket, prefix: "list/", allow: ["LIST"] },
      { who: "anonymous", bucket, prefix: "list/read/", allow: ["DOWNLOAD"] },
      { who: "anonymous", bucket, prefix: "read/", allow: ["DOWNLOAD"] },
      { who: "anonymous", bucket: "demo-missing", allow: ["LIST"] },
    ],
  }),
);
const { client } = server;

interface Page {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly key: string } }[];
  readonly nodes: readonly { readonly key: string; readonly size: number }[];
  readonly folders: readonly string[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}
const query = `query ($bucket: String!, $prefix: String, $delimiter: String, $region: String, $first: Int,
    $after: String) {
  objects(bucket: $bucket, prefix: $prefix, delimiter: $delimiter, region: $region, first: $first, after: $after) {
    edges { cursor node { key } } nodes { bucket key region size etag lastModified } folders
    pageInfo { hasNextPage endCursor }
  }
}`;
const list = async (args: object): Promise<Page> =>
  (await client.data<{ objects: Page }>(query, { bucket, prefix: "list/", ...args })).objects;
const badInput = (field: string) => ({ code: "BAD_USER_INPUT", retryable: false, field });

const many = Array.from({ length: 103 }, (_, index) => `list/many/${String(index).padStart(3, "0")}`);
beforeAll(async () => {
  for (const key of [...many, "list/read/a", "list/b/c", "list/b/d", "read/a"]) await server.seed(key, "xyz");
});

describe("objects", () => {
  test("are 100 a page by default", async () => {
    for (const first of [undefined, null]) {
      const page = await list({ prefix: "list/many/", first });
      expect(page.nodes.map(({ key }) => key)).toEqual(many.slice(0, 100));
      expect(page.pageInfo.hasNextPage).toBe(true);
    }
    expect((await list({ prefix: "list/many/", first: 1000 })).nodes).toHaveLength(103);
  });

  test("have the metadata of their bucket, and edges with the same nodes", async () => {
    const page = await list({ prefix: "list/b/" });
    expect(page.nodes[0]).toEqual({
      bucket,
      key: "list/b/c",
      region: "us-east-1",
      size: 3,
      etag: expect.stringMatching(/^[0-9a-f]{32}$/),
      lastModified: expect.any(String),
    });
    expect(page.edges.map(({ node }) => node.key)).toEqual(page.nodes.map(({ key }) => key));
    expect(page.edges.at(-1)?.cursor).toBe(page.pageInfo.endCursor);
  });

  test("continue after any edge", async () => {
    const page = await list({ prefix: "list/many/" });
    const after = page.edges[41]?.cursor;
    expect((await list({ prefix: "list/many/", after, first: 2 })).nodes.map(({ key }) => key)).toEqual(
      many.slice(42, 44),
    );
    const last = await list({ prefix: "list/many/", after: page.pageInfo.endCursor });
    expect(last.nodes).toHaveLength(3);
    expect(last.pageInfo.hasNextPage).toBe(false);
  });

  test("are grouped into folders by a delimiter, unless it is empty", async () => {
    expect(await list({ delimiter: "/" })).toMatchObject({
      nodes: [],
      folders: ["list/b/", "list/many/", "list/read/"],
    });
    for (const delimiter of ["", null]) expect((await list({ delimiter })).folders).toEqual([]);
  });

  test("of a prefix without uploads are an empty page", async () => {
    expect(await list({ prefix: "list/none/" })).toEqual({
      edges: [],
      nodes: [],
      folders: [],
      pageInfo: { hasNextPage: false, endCursor: null },
    });
  });

  test.each([0, -1, 1001, 2 ** 31 - 1])("are not %i of a page", async (first) => {
    await expect(list({ first })).rejects.toMatchObject(badInput("first"));
  });

  test.each([
    ["of no characters", ""],
    ["garbage", "garbage"],
    ["of an unsealed key", "bGlzdC9hLnR4dA"],
    ["of an unsealed key elsewhere", "b3RoZXIvYS50eHQ"],
    ["of slashes", "//"],
    ["of NUL", "\u0000"],
    ["of 5,000 letters", "x".repeat(5000)],
  ])("do not continue after the cursor %s", async (_what, after) => {
    await expect(list({ after })).rejects.toMatchObject(badInput("after"));
  });

  test("do not continue after a cursor of another prefix", async () => {
    const { pageInfo } = await list({ prefix: "list/many/" });
    await expect(list({ prefix: "list/b/", after: pageInfo.endCursor })).rejects.toMatchObject(
      badInput("after"),
    );
  });

  test.each(malformedBuckets)("are refused for a bucket of %s", async (_what, name) => {
    await expect(list({ bucket: name })).rejects.toMatchObject(badInput("bucket"));
  });

  test.each([
    ["prefix", "a lone surrogate", "list/\ud800"],
    ["prefix", "1,025 bytes", `list/${"p".repeat(1020)}`],
    ["delimiter", "a lone surrogate", "\udc00"],
    ["region", "another region", "eu-west-1"],
  ])("are refused for an invalid %s: %s", async (field, _what, value) => {
    await expect(list({ [field]: value })).rejects.toMatchObject(badInput(field));
  });

  test.each([undefined, null, "", "lis", "list", "read/", "LIST/", "other/"])(
    "of the prefix %j are FORBIDDEN, not filtered",
    async (prefix) => {
      await expect(list({ prefix })).rejects.toMatchObject({ code: "FORBIDDEN", retryable: false });
    },
  );

  test("of a missing bucket are an error", async () => {
    await expect(list({ bucket: "demo-missing", prefix: "" })).rejects.toMatchObject({
      code: "BUCKET_NOT_FOUND",
    });
  });

  test("may be listed but not read: fields that need DOWNLOAD fail with their path", async () => {
    for (const fields of ["contentType", "tags { name }", "downloadUrl { url }"]) {
      const answer = await client.request(
        `{ objects(bucket: "${bucket}", prefix: "list/b/") { nodes { key ${fields} } } }`,
      );
      expect(answer.errors?.[0]).toMatchObject({
        path: expect.arrayContaining(["objects", "nodes", 0]),
        extensions: { code: "FORBIDDEN" },
      });
    }
    const readable = await client.data(
      `{ objects(bucket: "${bucket}", prefix: "list/read/") { nodes { key contentType downloadUrl { key } } } }`,
    );
    expect(readable).toMatchObject({ objects: { nodes: [{ downloadUrl: { key: "list/read/a" } }] } });
  });
});
