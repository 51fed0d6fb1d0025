import { beforeAll, describe, expect, test } from "vitest";
import { malformedBuckets } from "../support/malformed-addresses.ts";
import { beginUpload } from "../support/multipart-uploads.ts";
import { abortUpload } from "../support/operations.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer } from "../support/test-server.ts";

const server = await shareInFile(
  startTestServer({
    grants: [
      { who: "anonymous", bucket, prefix: "up/", allow: ["UPLOAD"] },
      { who: "anonymous", bucket, prefix: "down/", allow: ["DOWNLOAD", "LIST", "DELETE"] },
      { who: "anonymous", bucket: "demo-missing", allow: ["UPLOAD"] },
    ],
  }),
);
const { client } = server;

interface Page {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[];
  readonly nodes: readonly { readonly id: string; readonly key: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}
const query = `query ($bucket: String!, $prefix: String, $region: String, $first: Int, $after: String) {
  uploads(bucket: $bucket, prefix: $prefix, region: $region, first: $first, after: $after) {
    edges { cursor node { id } } nodes { id bucket key region startedAt } pageInfo { hasNextPage endCursor }
  }
}`;
const pending = async (args: object = {}): Promise<Page> =>
  (await client.data<{ uploads: Page }>(query, { bucket, prefix: "up/", ...args })).uploads;
const badInput = (field: string) => ({ code: "BAD_USER_INPUT", retryable: false, field });

const keys = ["a", "b", "b", "c d+e"].map((name) => `up/three/${name}`);
beforeAll(async () => {
  for (const key of keys) await beginUpload(client, { bucket, key });
});

describe("uploads", () => {
  test("are the uploads in progress in the order of their keys, including two for one key", async () => {
    const page = await pending({ prefix: "up/three/" });
    expect(page.nodes.map(({ key }) => key)).toEqual(keys);
    expect(new Set(page.nodes.map(({ id }) => id)).size).toBe(keys.length);
    expect(page.edges.map(({ node }) => node.id)).toEqual(page.nodes.map(({ id }) => id));
    expect(page.nodes[0]).toEqual({
      bucket,
      key: keys[0],
      region: "us-east-1",
      id: expect.any(String),
      startedAt: expect.any(String),
    });
    expect(page.pageInfo.hasNextPage).toBe(false);
  });

  test.each([1, 2, 3])("come in pages of %i", async (first) => {
    const found: string[] = [];
    let after: string | null = null;
    do {
      const page: Page = await pending({ prefix: "up/three/", first, after });
      expect(page.nodes.length).toBeLessThanOrEqual(first);
      found.push(...page.nodes.map(({ key }) => key));
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);
    expect(found).toEqual(keys);
  });

  test("can be aborted by their ids", async () => {
    await beginUpload(client, { bucket, key: "up/abandoned" });
    for (const { id } of (await pending({ prefix: "up/abandoned" })).nodes) await abortUpload(client, id);
    expect(await pending({ prefix: "up/abandoned" })).toEqual({
      edges: [],
      nodes: [],
      pageInfo: { hasNextPage: false, endCursor: null },
    });
  });

  test("continue after a page whose uploads were aborted", async () => {
    const prefix = "up/aborted page by page";
    for (let count = 0; count < 6; count++) await beginUpload(client, { bucket, key: prefix });
    const sizes: number[] = [];
    let after: string | null = null;
    do {
      const page: Page = await pending({ prefix, first: 2, after });
      for (const { id } of page.nodes) await abortUpload(client, id);
      sizes.push(page.nodes.length);
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);
    expect(sizes).toEqual([2, 2, 2]);
    expect((await pending({ prefix })).nodes).toEqual([]);
  });

  test.each([0, -1, 1001])("are not %i of a page", async (first) => {
    await expect(pending({ first })).rejects.toMatchObject(badInput("first"));
  });

  test.each([
    ["of no characters", ""],
    ["garbage", "garbage"],
    ["of 5,000 letters", "x".repeat(5000)],
    ["of NUL", "\u0000"],
  ])("do not continue after the cursor %s", async (_what, after) => {
    await expect(pending({ after })).rejects.toMatchObject(badInput("after"));
  });

  test("do not continue after a cursor of another prefix", async () => {
    const { edges } = await pending({ prefix: "up/three/" });
    await expect(pending({ prefix: "up/other/", after: edges[0]?.cursor })).rejects.toMatchObject(
      badInput("after"),
    );
  });

  test.each(malformedBuckets)("are refused for a bucket of %s", async (_what, name) => {
    await expect(pending({ bucket: name })).rejects.toMatchObject(badInput("bucket"));
  });

  test.each([
    ["prefix", "a lone surrogate", "up/\udc00"],
    ["prefix", "1,025 bytes", `up/${"p".repeat(1022)}`],
    ["region", "another region", "eu-west-1"],
  ])("are refused for an invalid %s: %s", async (field, _what, value) => {
    await expect(pending({ [field]: value })).rejects.toMatchObject(badInput(field));
  });

  test.each([undefined, null, "", "u", "up", "down/", "UP/"])(
    "of the prefix %j are FORBIDDEN",
    async (prefix) => {
      await expect(pending({ prefix })).rejects.toMatchObject({ code: "FORBIDDEN", retryable: false });
    },
  );

  test("of a missing bucket are an error", async () => {
    await expect(pending({ bucket: "demo-missing", prefix: "" })).rejects.toMatchObject({
      code: "BUCKET_NOT_FOUND",
    });
  });
});
