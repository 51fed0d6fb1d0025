import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type ListObjectsRequest,
  listObjects,
  parsePage,
} from "../../../../src/storage/objects/list-objects.ts";
import { region, startTestStore, type TestStore } from "../store.ts";

let store: TestStore;
let s3: S3Client;

const keys = [
  "a.txt",
  "docs/one.txt",
  "docs/two.txt",
  "docs/deep/three.txt",
  "docs+plus/1 + 1 = 2.txt",
  "docs%2F/percent.txt",
  "한국어/파일.txt",
  "quotes/\"&<>'.txt",
  "zoë/\u{1f600}.txt",
  "//double",
  "\u{ffee}wide",
  "\u{1f4a9}supplementary",
];

beforeAll(async () => {
  store = await startTestStore();
  s3 = store.client();
  await Promise.all(
    keys.map((key) => s3.send(new PutObjectCommand({ Bucket: store.bucket, Key: key, Body: key }))),
  );
});
afterAll(() => store.close());

const list = async (request: Partial<ListObjectsRequest>) =>
  listObjects(s3, { region, bucket: store.bucket }, parsePage({ prefix: "", first: 100, ...request }));

const byUtf8 = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Every entry, page by page, as "key" or "folder/". */
async function walk(request: Partial<ListObjectsRequest>): Promise<string[]> {
  const seen: string[] = [];
  let after: string | undefined;
  do {
    const page = await list({ ...request, after });
    const entries = [...page.objects.map(({ key }) => key), ...page.folders];
    expect(entries.length).toBeLessThanOrEqual(request.first ?? 100);
    seen.push(...entries);
    after = page.hasNextPage ? page.endCursor : undefined;
  } while (after !== undefined);
  return seen;
}

describe("listObjects", () => {
  test("returns every key unchanged, in the order of its bytes", async () => {
    const page = await list({});
    expect(page.objects.map(({ key }) => key)).toEqual([...keys].sort(byUtf8));
    expect(page).toMatchObject({ folders: [], hasNextPage: false });
    const sizes = new Map(page.objects.map(({ key, sizeBytes }) => [key, sizeBytes]));
    for (const key of keys) expect(sizes.get(store.address(key).key)).toBe(Buffer.byteLength(key));
  });

  test.each([1, 2, 3, 5, 12])("lists every object once in pages of %d", async (first) => {
    expect(await walk({ first })).toEqual([...keys].sort(byUtf8));
  });

  test.each([1, 2, 3, 100])("lists every folder once in pages of %d", async (first) => {
    const seen = await walk({ first, delimiter: "/" });
    const roots = keys.map((key) => (key.includes("/") ? key.slice(0, key.indexOf("/") + 1) : key));
    expect(seen.sort(byUtf8)).toEqual([...new Set(roots)].sort(byUtf8));
    expect((await walk({ first, prefix: "docs/", delimiter: "/" })).sort(byUtf8)).toEqual(
      ["docs/deep/", "docs/one.txt", "docs/two.txt"].sort(byUtf8),
    );
  });

  test("continues after any object of a page", async () => {
    const [first, second, ...rest] = (await list({})).objects;
    const page = await list({ after: second?.cursor });
    expect(page.objects).toEqual(rest);
    expect(first).toBeDefined();
  });

  test.each([0, 1, 2, 3])(
    "goes on behind a folder whose last key fills all but %d bytes with the last character",
    async (rest) => {
      const prefix = `full${rest}/`;
      const folder = `${prefix}${"x".repeat(6 + rest)}/`;
      const longest = `${folder}${"\u{10ffff}".repeat(Math.floor((1024 - folder.length) / 4))}`;
      const fullest = longest + ["", "z", "\u{7ff}", "\u{ffff}"][1024 - Buffer.byteLength(longest)];
      for (const key of [`${folder}1`, fullest, `${prefix}z`]) {
        await s3.send(new PutObjectCommand({ Bucket: store.bucket, Key: key, Body: "x" }));
      }
      expect(await walk({ first: 1, prefix, delimiter: "/" })).toEqual([folder, `${prefix}z`]);
    },
  );

  test("refuses a cursor of a listing with another delimiter", async () => {
    const { endCursor: after } = await list({ prefix: "docs/", delimiter: "/", first: 1 });
    expect((await list({ prefix: "docs/", delimiter: "/", after })).objects).toHaveLength(2);
    for (const delimiter of [undefined, "", "e", "//"]) {
      await expect(list({ prefix: "docs/", delimiter, after })).rejects.toMatchObject({
        ...{ code: "BAD_USER_INPUT", field: "after" },
      });
    }
  });

  test("refuses invalid page sizes and cursors", async () => {
    for (const first of [0, -1, 1001, 1.5, Number.NaN]) {
      await expect(list({ first })).rejects.toMatchObject({ code: "BAD_USER_INPUT", field: "first" });
    }
    const cursorOfOther = (await list({ prefix: "docs/" })).endCursor;
    for (const after of ["", "o", "!", "eA", "b_8", "A".repeat(9000), `${cursorOfOther}=`]) {
      await expect(list({ prefix: "x/", after })).rejects.toMatchObject({
        code: "BAD_USER_INPUT",
        field: "after",
      });
    }
    await expect(list({ prefix: "x/", after: cursorOfOther })).rejects.toMatchObject({ field: "after" });
  });

  test("reports a missing bucket", async () => {
    const bucket = "no-such-bucket-here" as TestStore["bucket"];
    const listed = listObjects(s3, { region, bucket }, parsePage({ prefix: "", first: 1 }));
    await expect(listed).rejects.toMatchObject({ code: "BUCKET_NOT_FOUND" });
  });
});
