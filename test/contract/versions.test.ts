import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";
import { admin, ownPrefix, seed, store } from "./store.ts";

const { main, versioned: bucket } = store.buckets;
const prefix = ownPrefix("versions");
const allow = ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"] as const;
const { client } = await shareInFile(
  startTestServer({
    store,
    grants: [bucket, main].map((name) => ({ who: "anonymous", bucket: name, prefix, allow })),
  }),
);

interface Version {
  readonly key: string;
  readonly versionId: string;
  readonly isLatest: boolean;
  readonly isDeleteMarker: boolean;
  readonly size: number | null;
}

interface Page {
  readonly nodes: readonly Version[];
  readonly edges: readonly { readonly cursor: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

const query = `query ($bucket: String!, $prefix: String, $key: String, $first: Int, $after: String) {
  objectVersions(bucket: $bucket, prefix: $prefix, key: $key, first: $first, after: $after) {
    nodes { key versionId isLatest isDeleteMarker size }
    edges { cursor node { bucket region etag lastModified storageClass } }
    pageInfo { hasNextPage endCursor }
  }
}`;

async function versionsOf(args: object): Promise<Page> {
  const data = await client.data<{ objectVersions: Page }>(query, { bucket, ...args });
  return data.objectVersions;
}

const markDeleted = async (key: string) =>
  (await admin.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }))).VersionId;
const version = (key: string, versionId: unknown, size: number | null, isLatest: boolean) => ({
  ...{ key, versionId, isLatest, size },
  isDeleteMarker: size === null,
});

describe("objectVersions", () => {
  const key = `${prefix}many/ä +.txt`;
  const other = `${key}.other`;

  test("lists versions and delete markers, newest first, in pages that continue one another", async () => {
    const expected = [
      version(key, await seed(bucket, key, "1"), 1, false),
      version(key, await markDeleted(key), null, false),
      version(key, await seed(bucket, key, "333"), 3, false),
      version(key, await seed(bucket, key, "4444"), 4, false),
      version(key, await markDeleted(key), null, true),
    ].reverse();
    const otherVersion = version(other, await seed(bucket, other, "x"), 1, true);
    const whole = await versionsOf({ prefix: `${prefix}many/` });
    expect(whole.nodes).toEqual([...expected, otherVersion]);
    expect(whole.pageInfo.hasNextPage).toBe(false);

    const inPages: Version[] = [];
    let page: Page | undefined;
    do {
      page = await versionsOf({ prefix: `${prefix}many/`, first: 2, after: page?.pageInfo.endCursor });
      expect(page.nodes.length).toBeLessThanOrEqual(2);
      inPages.push(...page.nodes);
    } while (page.pageInfo.hasNextPage);
    expect(inPages).toEqual(whole.nodes);

    expect((await versionsOf({ key })).nodes).toEqual(expected);
    const [first, second] = whole.edges;
    const after = { key, first: 2, after: second?.cursor ?? first?.cursor };
    expect((await versionsOf(after)).nodes).toEqual(expected.slice(2, 4));
  });

  test("shows each object of a bucket without versioning as one version", async () => {
    await seed(main, `${prefix}plain`, "x");
    const page = await versionsOf({ bucket: main, prefix: `${prefix}plain` });
    expect(page.nodes).toEqual([version(`${prefix}plain`, "null", 1, true)]);
  });

  test("needs a grant for the whole prefix", async () => {
    for (const args of [{}, { prefix: "other/" }, { key: "other/a" }]) {
      await expect(versionsOf(args)).rejects.toMatchObject({ code: "FORBIDDEN" });
    }
  });

  test.each([
    ["first", { first: 0 }],
    ["first", { first: 1001 }],
    ["after", { after: "x" }],
    ["after", { after: Buffer.from('["v","other/a"]').toString("base64url") }],
    ["key", { key: "other/a", prefix }],
  ])("refuses an invalid %s: %j", async (field, args) => {
    const failing = versionsOf({ prefix, ...args });
    await expect(failing).rejects.toMatchObject({ code: "BAD_USER_INPUT", field });
  });
});

describe("a version", () => {
  test("can be downloaded, restored by a copy, and deleted", async () => {
    const key = `${prefix}restored`;
    const versionId = await seed(bucket, key, "the old text");
    await seed(bucket, key, "new");
    const marker = await markDeleted(key);

    const { downloadUrl } = await client.data<{ downloadUrl: { url: string } }>(
      `query ($bucket: String!, $key: String!, $versionId: String) { downloadUrl(bucket: $bucket, key: $key, versionId: $versionId) { url } }`,
      { bucket, key, versionId },
    );
    expect(await (await fetch(downloadUrl.url)).text()).toBe("the old text");

    await client.data(
      "mutation ($from: ObjectInput!, $to: UploadInput!) { copyObject(from: $from, to: $to) { versionId } }",
      { from: { bucket, key, versionId }, to: { bucket, key } },
    );
    const sizes = async () => (await versionsOf({ key })).nodes.map(({ size }) => size);
    expect(await sizes()).toEqual([12, null, 3, 12]);

    await client.data(
      "mutation ($objects: [ObjectInput!]!) { deleteObjects(objects: $objects) { versionId } }",
      { objects: [versionId, marker].map((each) => ({ bucket, key, versionId: each })) },
    );
    expect(await sizes()).toEqual([12, 3]);
  });

  test("is hidden by a deletion through the API, and visible again without the delete marker", async () => {
    const key = `${prefix}hidden`;
    const versionId = await seed(bucket, key, "kept");
    const removed = async (object: object) => {
      const { deleteObjects } = await client.data<{ deleteObjects: { versionId: string }[] }>(
        "mutation ($objects: [ObjectInput!]!) { deleteObjects(objects: $objects) { versionId } }",
        { objects: [{ bucket, key, ...object }] },
      );
      return deleteObjects[0]?.versionId;
    };
    const marker = await removed({});
    const hidden = version(key, versionId, 4, false);
    expect((await versionsOf({ key })).nodes).toEqual([version(key, marker, null, true), hidden]);
    expect(await removed({ versionId: marker })).toBe(marker);
    expect((await versionsOf({ key })).nodes).toEqual([{ ...hidden, isLatest: true }]);
    const { object } = await client.data<{ object: object }>(
      "query ($bucket: String!, $key: String!) { object(bucket: $bucket, key: $key) { size versionId } }",
      { bucket, key },
    );
    expect(object).toEqual({ size: 4, versionId });
  });

  test("can be restored without replacing an object that was stored in the meantime", async () => {
    const key = `${prefix}not-replaced`;
    const versionId = await seed(bucket, key, "old");
    const restore = () =>
      client.data(
        "mutation ($from: ObjectInput!, $to: UploadInput!) { copyObject(from: $from, to: $to) { versionId } }",
        { from: { bucket, key, versionId }, to: { bucket, key, overwrite: false } },
      );
    await markDeleted(key);
    await restore();
    await expect(restore()).rejects.toMatchObject({ code: "OBJECT_EXISTS" });
    expect((await versionsOf({ key })).nodes.map(({ size }) => size)).toEqual([3, null, 3]);
  });

  test("that is deleted between two pages does not change the rest of the list", async () => {
    const key = `${prefix}paged`;
    const ids: (string | undefined)[] = [];
    for (const body of ["1", "22", "333", "4444"]) ids.unshift(await seed(bucket, key, body));
    const first = await versionsOf({ key, first: 2 });
    expect(first.nodes.map(({ size }) => size)).toEqual([4, 3]);
    await admin.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: ids[0] }));
    const second = await versionsOf({ key, first: 2, after: first.pageInfo.endCursor });
    expect(second.nodes.map(({ size }) => size)).toEqual([2, 1]);
    expect(second.pageInfo.hasNextPage).toBe(false);
  });
});
