import { beforeAll, describe, expect, test } from "vitest";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer } from "../support/test-server.ts";

const server = await shareInFile(startTestServer());
const { client } = server;

interface Page {
  readonly edges: readonly { readonly cursor: string }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

async function page(field: string, args: string): Promise<Page> {
  const data = await client.data<Record<string, Page>>(
    `{ ${field}(bucket: "${bucket}", ${args}) {
      edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    } }`,
  );
  return data[field] as Page;
}

beforeAll(async () => {
  for (const name of ["a", "b", "c"]) {
    await server.seed(`pages/${name}`, name);
    await client.data(
      `mutation { requestUpload(input: { bucket: "${bucket}", key: "pages/${name}" }, size: 1, method: MULTIPART) { __typename } }`,
    );
  }
});

describe.each(["objects", "uploads"])("the pages of %s", (field) => {
  test("say where they begin and end, and whether there is more before or after them", async () => {
    const first = await page(field, 'prefix: "pages/", first: 2');
    expect(first.edges).toHaveLength(2);
    expect(first.pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: first.edges[0]?.cursor,
      endCursor: first.edges[1]?.cursor,
    });

    const last = await page(field, `prefix: "pages/", first: 2, after: "${first.pageInfo.endCursor}"`);
    expect(last.edges).toHaveLength(1);
    expect(last.pageInfo).toEqual({
      hasNextPage: false,
      hasPreviousPage: true,
      startCursor: last.edges[0]?.cursor,
      endCursor: last.edges[0]?.cursor,
    });
  });

  test("have no cursors when they are empty", async () => {
    expect(await page(field, 'prefix: "none/"')).toEqual({
      edges: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
  });
});
