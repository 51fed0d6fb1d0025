import { once } from "node:events";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, test } from "vitest";
import { startRecordingProxy } from "../support/recording-proxy.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";
import { admin, ownPrefix, seed, store } from "./store.ts";

const bucket = store.buckets.main;
const prefix = ownPrefix("browse");
const gateway = await shareInFile(startRecordingProxy(store.endpoint));
const server = await shareInFile(
  startTestServer({
    store,
    s3Url: gateway.url,
    grants: [{ who: "anonymous", bucket, prefix, allow: ["LIST", "DOWNLOAD"] }],
  }),
);

interface Page {
  readonly nodes: readonly {
    readonly key: string;
    readonly size: number;
    readonly downloadUrl: { url: string };
  }[];
  readonly folders: readonly string[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

async function list(variables: object, { client } = server): Promise<Page> {
  const data = await client.data<{ objects: Page }>(
    `query ($bucket: String!, $prefix: String, $delimiter: String, $first: Int, $after: String) {
      objects(bucket: $bucket, prefix: $prefix, delimiter: $delimiter, first: $first, after: $after) {
        nodes { key size downloadUrl(expiresIn: 600) { url } }
        folders
        pageInfo { hasNextPage endCursor }
      }
    }`,
    { bucket, ...variables },
  );
  return data.objects;
}

async function pages(variables: object): Promise<Page[]> {
  const found = [await list(variables)];
  for (let last = found.at(-1); last?.pageInfo.hasNextPage; last = found.at(-1)) {
    found.push(await list({ ...variables, after: last.pageInfo.endCursor }));
  }
  return found;
}

describe("2,300 objects", () => {
  const many = `${prefix}many/`;
  const keys = Array.from({ length: 2300 }, (_, index) => `${many}${String(index).padStart(4, "0")} +ü.txt`);

  beforeAll(async () => {
    const waiting = keys.values();
    const seedWaiting = async () => {
      for (const key of waiting) await seed(bucket, key, key);
    };
    await Promise.all(Array.from({ length: 32 }, seedWaiting));
  });

  test("are listed with their URLs in three pages, without one HEAD", async () => {
    gateway.forget();
    const found = await pages({ prefix: many, first: 1000 });
    expect(found.map(({ nodes }) => nodes.length)).toEqual([1000, 1000, 300]);
    expect(found.flatMap(({ nodes }) => nodes.map(({ key }) => key))).toEqual(keys);
    expect(gateway.count("ListObjects")).toBe(3);
    expect(gateway.requests.filter(({ operation }) => operation !== "AssumeRole")).toHaveLength(3);
    for (const node of [found[0]?.nodes[0], found[2]?.nodes[299]]) {
      expect(await (await fetch(node?.downloadUrl.url ?? "")).text()).toBe(node?.key);
    }
  });
});

test("an object that is deleted while it is listed has no metadata, and its page is returned", async () => {
  const keys = ["1", "2", "3"].map((name) => `${prefix}vanishing/${name}`);
  for (const key of keys) await seed(bucket, key, "x", { ContentType: "text/plain" });
  gateway.meanwhile("ListObjects", "after", () =>
    admin.send(new DeleteObjectCommand({ Bucket: bucket, Key: keys[1] })),
  );
  const { objects } = await server.client.data<{ objects: { nodes: object[] } }>(
    `{ objects(bucket: "${bucket}", prefix: "${prefix}vanishing/") { nodes {
      key contentType contentDisposition cacheControl metadata { name } checksum { value } tags { name }
      downloadUrl { key }
    } } }`,
  );
  const nothing = { contentDisposition: null, cacheControl: null, metadata: [], checksum: null, tags: [] };
  expect(objects.nodes).toEqual(
    keys.map((key, index) => ({
      key,
      contentType: index === 1 ? null : "text/plain",
      downloadUrl: { key },
      ...nothing,
    })),
  );
});

describe("a folder", () => {
  const root = `${prefix}folders/`;
  beforeAll(async () => {
    const names = ["a.txt", "b+c/1.txt", "b+c/2.txt", "d é/3.txt", "d é/deep/4.txt", "z.txt", "#?%/5.txt"];
    for (const name of names) await seed(bucket, `${root}${name}`, name);
  });

  test("shows its objects and its folders", async () => {
    const page = await list({ prefix: root, delimiter: "/" });
    expect(page.nodes.map(({ key }) => key)).toEqual([`${root}a.txt`, `${root}z.txt`]);
    expect(page.folders).toEqual([`${root}#?%/`, `${root}b+c/`, `${root}d é/`]);
  });

  test.each([1, 2, 3])("shows the same in pages of %i", async (first) => {
    const found = await pages({ prefix: root, delimiter: "/", first });
    expect(found.flatMap(({ nodes }) => nodes.map(({ key }) => key))).toEqual([
      `${root}a.txt`,
      `${root}z.txt`,
    ]);
    expect(found.flatMap(({ folders }) => folders)).toEqual([`${root}#?%/`, `${root}b+c/`, `${root}d é/`]);
    expect(found.every((page) => page.nodes.length + page.folders.length <= first)).toBe(true);
  });

  test("that does not exist is an empty page", async () => {
    expect(await list({ prefix: `${root}none/` })).toEqual({
      nodes: [],
      folders: [],
      pageInfo: { hasNextPage: false, endCursor: null },
    });
  });
});

test("a cursor of one server works on another", async () => {
  const below = `${prefix}replicas/`;
  for (const name of ["a", "b", "c/d", "e"]) await seed(bucket, below + name, name);
  await using other = await startTestServer({
    store,
    env: { VALETKEY_SECRET: "another secret of the tests that is longer than 32 bytes" },
    grants: [{ who: "anonymous", bucket, prefix: below, allow: ["LIST", "DOWNLOAD"] }],
  });
  const { pageInfo } = await list({ prefix: below, delimiter: "/", first: 3 });
  const next = await list({ prefix: below, delimiter: "/", after: pageInfo.endCursor }, other);
  expect([next.nodes.map(({ key }) => key), next.folders]).toEqual([[`${below}e`], []]);
});

describe("keys that other programs wrote", () => {
  const below = `${prefix}odd/`;
  const names = [
    "a\u0001b",
    "line\nfeed",
    "carriage\rreturn",
    "tab\t",
    "\u007f",
    "\u0085x",
    "nonchar\ufffe",
    "\uffff",
    "1+1",
    "100%/%20/%2B",
    "\u00e9",
    "e\u0301",
    " leading",
    "trailing ",
    " ",
    "a&amp;b",
    "]]>",
    "<Key>",
    "folder/",
    "folder//",
    "a//b",
    "\u2028",
    "👩‍👩‍👧",
    "\u{10ffff}",
    "\\back",
    "{}|^`[]",
    "a?b#c",
    `"'`,
    "!*'()",
    "__proto__",
    "true",
    "1e5",
    "${filename}",
    "k".repeat(1024 - below.length),
  ];
  const inBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
  const keys = names.map((name) => below + name).sort(inBytes);
  beforeAll(async () => {
    for (const key of keys) await seed(bucket, key, key);
  });

  test("are listed unchanged and in order, on one page and one by one, with working URLs", async () => {
    const { nodes } = await list({ prefix: below, first: 1000 });
    expect(nodes.map(({ key }) => key)).toEqual(keys);
    for (const { key, downloadUrl } of nodes) expect(await (await fetch(downloadUrl.url)).text()).toBe(key);
    const found = await pages({ prefix: below, first: 1 });
    expect(found.flatMap((page) => page.nodes.map(({ key }) => key))).toEqual(keys);
  });

  test("are grouped into the same folders for every page size", async () => {
    const whole = await list({ prefix: below, delimiter: "/", first: 1000 });
    expect(whole.folders).toEqual([`${below}100%/`, `${below}a/`, `${below}folder/`]);
    const found = await pages({ prefix: below, delimiter: "/", first: 1 });
    expect(found.flatMap(({ folders }) => folders)).toEqual(whole.folders);
    expect(found.flatMap((page) => page.nodes.map(({ key }) => key))).toEqual(
      whole.nodes.map(({ key }) => key),
    );
  });
});

test("a key with .. as a segment is listed, with a URL that works in clients that do not normalize it", async () => {
  const keys = ["a", "a/../b"].map((name) => `${prefix}dots/${name}`);
  for (const key of keys) await seed(bucket, key, key);
  const { nodes } = await list({ prefix: `${prefix}dots/` });
  expect(nodes.map(({ key }) => key)).toEqual(keys);
  const url = nodes[1]?.downloadUrl.url ?? "";
  expect((await fetch(url)).status).toBe(403);
  const { hostname, port } = new URL(url);
  const answer = request({ hostname, port, path: url.slice(new URL(url).origin.length), agent: false }).end();
  const [response] = await once(answer, "response");
  expect(await text(response)).toBe(keys[1]);
});
