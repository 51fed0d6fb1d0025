import { createValetKey, type ObjectRef, type SignedUrl, ValetKeyError } from "@valetkey/client";
import { describe, expect, test } from "vitest";
import { startIssuer } from "../../support/issuer.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { bucket, startTestServer, versionedBucket } from "../../support/test-server.ts";

const server = await shareInFile(startTestServer());
const url = `${server.url}/graphql`;
const client = createValetKey({ url });

async function seedAll(...keys: string[]): Promise<ObjectRef[]> {
  await Promise.all(keys.map((key) => server.seed(key, `content of ${key}`)));
  return keys.map((key) => ({ bucket, key }));
}

async function textOf({ url: signed }: SignedUrl): Promise<string> {
  return (await fetch(signed)).text();
}

async function keysBelow(prefix: string, pageSize?: number): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of client.list({ bucket, prefix, ...(pageSize && { pageSize }) })) keys.push(key);
  return keys;
}

describe("downloads", () => {
  test("a URL downloads the object until it expires", async () => {
    const [object] = (await seedAll("download/one")) as [ObjectRef];
    const signed = await client.downloadUrl(object, { expiresIn: 60, filename: "one.txt" });
    expect(signed.expiresAt.getTime()).toBeLessThanOrEqual(Date.now() + 61_000);
    const response = await fetch(signed.url);
    expect(await response.text()).toBe("content of download/one");
    expect(response.headers.get("content-disposition")).toContain("one.txt");
  });

  test("an object that `head` has returned can be downloaded, whatever its content type", async () => {
    await server.seed("download/page", "<p>", { ContentType: "text/html" });
    const object = await client.head({ bucket, key: "download/page" });
    expect(object).toMatchObject({ contentType: "text/html", size: 3, versionId: undefined });
    expect(await textOf(await client.downloadUrl(object as ObjectRef))).toBe("<p>");
  });

  test("one object's error is a ValetKeyError with the server's code", async () => {
    const missing = client.downloadUrl({ bucket, key: "download/missing" });
    await expect(missing).rejects.toBeInstanceOf(ValetKeyError);
    await expect(missing).rejects.toMatchObject({ code: "OBJECT_NOT_FOUND", retryable: false });
  });

  test("of many objects, item i is the URL or the error of object i", async () => {
    const objects = await seedAll("download/a", "download/b");
    const [first, missing, last] = await client.downloadUrls([
      objects[0] as ObjectRef,
      { bucket, key: "download/missing" },
      objects[1] as ObjectRef,
    ]);
    expect(missing).toMatchObject({ name: "ValetKeyError", code: "OBJECT_NOT_FOUND" });
    expect(await textOf(first as SignedUrl)).toBe("content of download/a");
    expect(await textOf(last as SignedUrl)).toBe("content of download/b");
  });

  test("more objects than one operation takes are asked for in several, and the fields of errors count through", async () => {
    const objects = Array.from({ length: 2_001 }, (_, index) => ({ bucket, key: `many/${index}` }));
    objects[1_500] = { bucket, key: "a/../b" };
    const results = await client.downloadUrls(objects, { verify: false });
    expect(results).toHaveLength(2_001);
    expect(results[1_500]).toMatchObject({ code: "BAD_USER_INPUT", field: "objects.1500.key" });
    expect((results[2_000] as SignedUrl).url).toContain("many/2000");
  });

  test("keys of the greatest length fit into the operations, even if each character is escaped", async () => {
    const objects = Array.from({ length: 1_000 }, (_, index) => ({
      bucket,
      key: `${index}${"\\".repeat(1_000)}`,
    }));
    const results = await client.downloadUrls(objects, { verify: false });
    expect(results.filter((each) => each instanceof ValetKeyError)).toEqual([]);
  });
});

describe("lists", () => {
  test("a list fetches page by page", async () => {
    await seedAll("list/a", "list/b/1", "list/b/2", "list/c");
    expect(await keysBelow("list/", 1)).toEqual(["list/a", "list/b/1", "list/b/2", "list/c"]);
    expect(await keysBelow("nothing/")).toEqual([]);
  });

  test("a folder shows one level", async () => {
    await seedAll("folder/a", "folder/b/1", "folder/b/2", "folder/c/1");
    const page = await client.folder({ bucket, prefix: "folder/" });
    expect(page).toMatchObject({ folders: ["folder/b/", "folder/c/"], hasNextPage: false });
    expect(page.objects.map(({ key }) => key)).toEqual(["folder/a"]);
    expect(page.objects[0]?.lastModified).toBeInstanceOf(Date);
  });
});

describe("changes", () => {
  test("head returns undefined for a missing object", async () => {
    expect(await client.head({ bucket, key: "missing" })).toBeUndefined();
  });

  test("copy keeps the source, and returns the copy", async () => {
    await server.seed("copy/from", "text", { ContentType: "text/plain" });
    const copied = await client.copy({ bucket, key: "copy/from" }, { bucket, key: "copy/to" });
    expect(copied).toMatchObject({ bucket, key: "copy/to", size: 4, contentType: "text/plain" });
    expect(await keysBelow("copy/")).toEqual(["copy/from", "copy/to"]);
  });

  test("move leaves only the new object, and nothing changes if it fails", async () => {
    await seedAll("move/from");
    await client.move({ bucket, key: "move/from" }, { bucket, key: "move/to" });
    expect(await keysBelow("move/")).toEqual(["move/to"]);
    const self = client.move({ bucket, key: "move/to" }, { bucket, key: "move/to" });
    await expect(self).rejects.toMatchObject({ code: "BAD_USER_INPUT" });
    const forbidden = client.move({ bucket, key: "move/to" }, { bucket: "nobodys-bucket", key: "x" });
    await expect(forbidden).rejects.toBeInstanceOf(ValetKeyError);
    expect(await keysBelow("move/")).toEqual(["move/to"]);
  });

  test("remove takes one object, several, or everything below a prefix", async () => {
    const [one, ...rest] = (await seedAll("remove/1", "remove/2", "remove/3")) as [ObjectRef, ...ObjectRef[]];
    expect(await client.remove(one)).toEqual({ removed: 1, failed: [] });
    expect(await client.remove(rest)).toEqual({ removed: 2, failed: [] });
    await seedAll("remove/below/1", "remove/below/2/3", "remove/beside");
    expect(await client.remove({ bucket, prefix: "remove/below/" })).toEqual({ removed: 2, failed: [] });
    expect(await keysBelow("remove/")).toEqual(["remove/beside"]);
    expect(await client.remove({ bucket, prefix: "nothing/" })).toEqual({ removed: 0, failed: [] });
  });

  test("remove returns the delete markers of a bucket with versioning, and removing them undoes it", async () => {
    for (const Key of ["undo/1", "undo/2", "undo/below/3"])
      await server.seed(Key, "kept", { Bucket: versionedBucket });
    const keys = async () => {
      const found: string[] = [];
      for await (const { key } of client.list({ bucket: versionedBucket, prefix: "undo/" })) found.push(key);
      return found;
    };
    const one = await client.remove({ bucket: versionedBucket, key: "undo/1" });
    const rest = await client.remove({ bucket: versionedBucket, prefix: "undo/" });
    expect([one.markers?.length, rest.markers?.length]).toEqual([1, 2]);
    expect(await keys()).toEqual([]);
    const undone = await client.remove([...(one.markers ?? []), ...(rest.markers ?? [])]);
    expect(undone).toEqual({ removed: 3, failed: [] });
    expect(await keys()).toEqual(["undo/1", "undo/2", "undo/below/3"]);
  });

  test("remove reports what was not removed", async () => {
    const [object] = (await seedAll("partly")) as [ObjectRef];
    const result = await client.remove([object, { bucket: "nobodys-bucket", key: "k" }]);
    expect(result).toMatchObject({ removed: 1, failed: [{ code: "FORBIDDEN" }] });
  });

  test("remove reports what is left if the server goes away in between", async () => {
    let requests = 0;
    const leaving: typeof fetch = (input, init) => {
      requests += 1;
      if (requests > 1)
        return Promise.resolve(Response.json({ errors: [{ message: "No." }] }, { status: 400 }));
      return fetch(input, init);
    };
    const objects = Array.from({ length: 1_001 }, (_, index) => ({ bucket, key: `left/${index}` }));
    const result = await createValetKey({ url, fetch: leaving }).remove(objects);
    expect(result.removed).toBe(1_000);
    expect(result.failed).toHaveLength(1);
    expect(result.failed[0]?.message).toContain("left/1000");
  });
});

test("pending uploads are listed, and can be aborted", async () => {
  const start = `mutation { requestUpload(input: {bucket: "${bucket}", key: "pending/film"}, size: 1, method: MULTIPART) { ... on MultipartUpload { id } } }`;
  await server.client.data(start);
  const [pending] = await client.pendingUploads({ bucket, prefix: "pending/" });
  expect(pending).toMatchObject({ bucket, key: "pending/film" });
  expect(pending?.startedAt.getTime()).toBeGreaterThan(Date.now() - 600_000);
  await pending?.abort();
  await pending?.abort();
  expect(await client.pendingUploads({ bucket, prefix: "pending/" })).toEqual([]);
});

test("the viewer's token is asked for anew when it is no longer accepted", async () => {
  await using issuer = await startIssuer();
  await using guarded = await startTestServer({ issuer });
  const tokens = ["not a token", await issuer.token({ sub: "ada" })];
  const asked: string[] = [];
  const token = () => {
    const next = tokens[Math.min(asked.length, 1)] as string;
    asked.push(next);
    return next;
  };
  const caller = createValetKey({ url: `${guarded.url}/graphql`, token });
  const viewers = await Promise.all([caller.viewer(), caller.viewer(), caller.viewer()]);
  for (const viewer of viewers) expect(viewer).toMatchObject({ subject: "ada", authenticated: true });
  expect(asked).toHaveLength(2);
  const anonymous = await createValetKey({ url }).viewer();
  expect(anonymous).toMatchObject({ subject: undefined, authenticated: false });
  expect(anonymous.grants[0]).toMatchObject({ bucket, prefix: "", maxUploadBytes: undefined });
});
