import { createValetKey, type ObjectVersion } from "@valetkey/client";
import { describe, expect, test } from "vitest";
import { shareInFile } from "../../support/share-in-file.ts";
import { versionedBucket as bucket, startTestServer } from "../../support/test-server.ts";

const server = await shareInFile(startTestServer());
const client = createValetKey({ url: `${server.url}/graphql` });
const seed = (key: string, body: string) => server.seed(key, body, { Bucket: bucket });

async function versionsOf(options: { prefix?: string; key?: string; pageSize?: number }) {
  const found: ObjectVersion[] = [];
  for await (const version of client.versions({ bucket, ...options })) found.push(version);
  return found;
}

describe("versions", () => {
  test("are listed with the newest first, page by page", async () => {
    const ids = [];
    for (const body of ["1", "22", "333"]) ids.unshift(await seed("listed/a", body));
    const { markers } = await client.remove({ bucket, key: "listed/a" });
    const other = await seed("listed/a.other", "x");
    const expected = [markers?.[0]?.versionId, ...ids];
    for (const pageSize of [1, 2, undefined]) {
      const found = await versionsOf({ key: "listed/a", ...(pageSize && { pageSize }) });
      expect(found.map(({ versionId }) => versionId)).toEqual(expected);
    }
    const [marker, newest, ...older] = await versionsOf({ prefix: "listed/" });
    expect(marker).toMatchObject({ isLatest: true, isDeleteMarker: true, size: undefined, etag: undefined });
    expect(marker?.lastModified).toBeInstanceOf(Date);
    expect(newest).toMatchObject({
      ...{ bucket, key: "listed/a", isLatest: false, isDeleteMarker: false },
      ...{ size: 3, etag: expect.any(String), storageClass: "STANDARD" },
    });
    expect(older.map(({ versionId }) => versionId)).toEqual([...ids.slice(1), other]);
  });

  test("can be downloaded, restored and removed as they are", async () => {
    await seed("restored", "the old text");
    await seed("restored", "new");
    const [, old] = await versionsOf({ key: "restored" });
    if (old === undefined) throw new Error("There is only one version.");
    const { url } = await client.downloadUrl(old);
    expect(await (await fetch(url)).text()).toBe("the old text");
    const { versionId } = await client.copy(old, { bucket, key: "restored" });
    expect((await versionsOf({ key: "restored" })).map(({ size }) => size)).toEqual([12, 3, 12]);
    expect(await client.remove(old)).toEqual({ removed: 1, failed: [] });
    const left = await versionsOf({ key: "restored" });
    expect(left.map(({ size }) => size)).toEqual([12, 3]);
    expect(left[0]).toMatchObject({ isLatest: true, versionId });
  });
});

describe("with overwrite: false", () => {
  test.each(["copy", "move"] as const)("%s replaces no object, and changes nothing", async (change) => {
    await seed(`${change}/from`, "source");
    await seed(`${change}/to`, "kept");
    const from = { bucket, key: `${change}/from` };
    const refused = client[change](from, { bucket, key: `${change}/to` }, { overwrite: false });
    await expect(refused).rejects.toMatchObject({ code: "OBJECT_EXISTS" });
    expect(await client.head({ bucket, key: `${change}/to` })).toMatchObject({ size: 4 });
    expect(await client.head(from)).toMatchObject({ size: 6 });
    const changed = await client[change](from, { bucket, key: `${change}/free` }, { overwrite: false });
    expect(changed).toMatchObject({ key: `${change}/free`, size: 6 });
  });
});
