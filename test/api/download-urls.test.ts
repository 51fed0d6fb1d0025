import { beforeAll, describe, expect, test } from "vitest";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, otherBucket, startTestServer } from "../support/test-server.ts";

const server = await shareInFile(
  startTestServer({
    grants: [{ who: "anonymous", bucket, allow: ["DOWNLOAD"] }],
  }),
);
const { client } = server;

type Item = { readonly url: string; readonly key: string } | null;
const query = `query ($objects: [ObjectInput!]!, $expiresIn: Int, $verify: Boolean) {
  downloadUrls(objects: $objects, expiresIn: $expiresIn, verify: $verify) { url key }
}`;
const ask = (variables: object) => client.request<{ downloadUrls: Item[] }>(query, { ...variables });
const object = (key: string) => ({ bucket, key });

beforeAll(async () => {
  for (const key of ["a", "b", "c"]) await server.seed(key, `of ${key}`);
});

describe("downloadUrls", () => {
  test("returns item i for object i, even if an object is named twice", async () => {
    const { data, errors } = await ask({ objects: ["c", "a", "c", "b"].map(object) });
    expect(errors).toBeUndefined();
    expect(data?.downloadUrls.map((item) => item?.key)).toEqual(["c", "a", "c", "b"]);
    const bodies = (data?.downloadUrls ?? []).map(async (item) => (await fetch(item?.url ?? "")).text());
    expect(await Promise.all(bodies)).toEqual(["of c", "of a", "of c", "of b"]);
  });

  test("of nothing is nothing", async () => {
    expect(await ask({ objects: [] })).toMatchObject({ data: { downloadUrls: [] } });
  });

  test("returns an error with path and field for each failing item", async () => {
    const { data, errors } = await ask({
      objects: [
        object("a"),
        object("missing"),
        object("../b"),
        { bucket: otherBucket, key: "a" },
        { bucket: "Demo", key: "a" },
        { ...object("a"), region: "mars-1" },
        { ...object("a"), versionId: "not a version" },
        { ...object("a"), versionId: "nosuch" },
        object("b"),
      ],
    });
    expect(data?.downloadUrls.map((item) => item?.key)).toEqual([
      "a",
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      "b",
    ]);
    expect(errors?.map(({ path, extensions }) => [path?.[1], extensions?.code, extensions?.field])).toEqual([
      [1, "OBJECT_NOT_FOUND", undefined],
      [2, "BAD_USER_INPUT", "objects.2.key"],
      [3, "FORBIDDEN", undefined],
      [4, "BAD_USER_INPUT", "objects.4.bucket"],
      [5, "BAD_USER_INPUT", "objects.5.region"],
      [6, "BAD_USER_INPUT", "objects.6.versionId"],
      [7, "BAD_USER_INPUT", "objects.7.versionId"],
    ]);
    for (const error of errors ?? []) expect(error.extensions?.retryable).toBe(false);
  });

  test("accepts at most 1,000 objects", async () => {
    const objects = Array.from({ length: 1000 }, (_, index) => object(`thumbnails/${index}.png`));
    const { data } = await ask({ objects, verify: false });
    expect(new Set(data?.downloadUrls.map((item) => item?.url)).size).toBe(1000);
    expect(await ask({ objects: [...objects, object("a")], verify: false })).toMatchObject({
      errors: [{ path: ["downloadUrls"], extensions: { code: "BAD_USER_INPUT", field: "objects" } }],
    });
  });

  test.each([0, -1, 3571])("says BAD_USER_INPUT to expiresIn %i of each item", async (expiresIn) => {
    const { errors } = await ask({ objects: [object("a"), object("b")], expiresIn });
    expect(errors).toHaveLength(2);
    for (const { extensions } of errors ?? []) {
      expect(extensions).toEqual({ code: "BAD_USER_INPUT", retryable: false, field: "expiresIn" });
    }
  });

  test("accepts one object as a list of one", async () => {
    expect(await ask({ objects: object("a") })).toMatchObject({ data: { downloadUrls: [{ key: "a" }] } });
  });

  test.each([null, [null], [{ bucket }], [{ key: "a" }], [{ ...object("a"), acl: "public" }], "a"])(
    "fails with BAD_USER_INPUT for the objects %j",
    async (objects) => {
      const { data, errors } = await ask({ objects });
      expect(data).toBeUndefined();
      for (const { extensions } of errors ?? [])
        expect(extensions).toMatchObject({ code: "BAD_USER_INPUT", retryable: false });
      expect(errors).not.toEqual([]);
    },
  );
});
