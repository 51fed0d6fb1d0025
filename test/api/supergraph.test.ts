import { describe, expect, test } from "vitest";
import { startIssuer } from "../support/issuer.ts";
import { startRecordingProxy } from "../support/recording-proxy.ts";
import { startTogether } from "../support/resources.ts";
import { type Photo, startSupergraph } from "../support/supergraph.ts";
import { bucket, type GrantRule, startTestServer } from "../support/test-server.ts";
import { startTestStore } from "../support/test-store.ts";

const grants: readonly GrantRule[] = [
  { who: "anonymous", bucket, prefix: "public/", allow: ["DOWNLOAD", "LIST"] },
  { who: "authenticated", bucket, prefix: "users/{sub}/", allow: ["DOWNLOAD"] },
];

const keys = Array.from({ length: 100 }, (_, index) => `public/${index}`);
const photos: Photo[] = keys.map((key, index) => ({ id: String(index), file: { bucket, key } }));
const ofAlice: Photo = { id: "alice", file: { bucket, key: "users/alice/a" } };
const missing: Photo = { id: "missing", file: { bucket, key: "public/missing" } };

/** A gateway with two subgraphs, and a server that has not assumed its role yet. */
function start(shown: readonly Photo[] = photos) {
  return startTogether(async (started) => {
    const { description: store } = await started.use(startTestStore());
    const issuer = await started.use(startIssuer());
    const proxy = await started.use(startRecordingProxy(store.endpoint));
    const env = { VALETKEY_FEDERATION: "on" };
    const server = await started.use(startTestServer({ store, s3Url: proxy.url, grants, env, issuer }));
    const stored = shown.filter((photo) => photo !== missing).map(({ file }) => file.key);
    await Promise.all(stored.map((key) => server.seed(key, key)));
    const supergraph = await started.use(startSupergraph(server.url, shown));
    return { client: supergraph.client, proxy, issuer };
  });
}

const countOf = (proxy: { count(operation: string): number }) =>
  ["AssumeRole", "HeadObject", "HeadBucket"].map((operation) => proxy.count(operation));

describe("100 photos of another subgraph", () => {
  test("with a URL each: one AssumeRole and no HEAD", async () => {
    await using graph = await start();
    const data = await graph.client.data<{
      photos: { id: string; file: { downloadUrl: { url: string } } }[];
    }>("{ photos { id file { bucket key downloadUrl { url } } } }");
    expect(data.photos).toHaveLength(100);
    expect(countOf(graph.proxy)).toEqual([1, 0, 0]);
    expect(await (await fetch(data.photos[7]?.file.downloadUrl.url ?? "")).text()).toBe("public/7");
  });

  test("with their sizes: one AssumeRole and one HEAD for each", async () => {
    await using graph = await start();
    const query = "{ photos { file { size etag contentType downloadUrl { url } } } }";
    const { data } = await graph.client.post<{ photos: { file: object }[] }>(JSON.stringify({ query }), {
      "content-type": "application/json",
    });
    expect(data?.photos.map(({ file }) => file)).toMatchObject(keys.map((key) => ({ size: key.length })));
    expect(countOf(graph.proxy)).toEqual([1, 100, 0]);
  });
});

describe("in a supergraph", () => {
  test("an object that cannot be had is null, and the others are unaffected", async () => {
    await using graph = await start([...photos.slice(0, 2), ofAlice, missing]);
    const { data, errors } = await graph.client.request("{ photos { id maybeFile { key size } } }");
    expect(data).toEqual({
      photos: [
        { id: "0", maybeFile: { key: "public/0", size: 8 } },
        { id: "1", maybeFile: { key: "public/1", size: 8 } },
        { id: "alice", maybeFile: null },
        { id: "missing", maybeFile: null },
      ],
    });
    expect(errors?.map(({ extensions }) => extensions?.code).sort()).toEqual([
      "OBJECT_NOT_FOUND",
      "UNAUTHENTICATED",
    ]);
  });

  test("the caller's token decides what is allowed", async () => {
    await using graph = await start([ofAlice]);
    const query = '{ photo(id: "alice") { file { size downloadUrl { url } } } }';
    const alice = graph.client.as(await graph.issuer.token({ sub: "alice" }));
    expect(await alice.data(query)).toMatchObject({ photo: { file: { size: 13 } } });
    const bob = graph.client.as(await graph.issuer.token({ sub: "bob" }));
    const { data, errors } = await bob.request(query);
    expect(data).toEqual({ photo: null });
    expect(errors?.[0]?.extensions?.code).toBe("FORBIDDEN");
  });

  test("another subgraph adds a field to the objects of a listing", async () => {
    await using graph = await start(photos.slice(0, 1));
    const data = await graph.client.data(
      `{ objects(bucket: "${bucket}", prefix: "public/0") { nodes { key size photo { id } } pageInfo { hasNextPage } } }`,
    );
    expect(data).toEqual({
      objects: {
        nodes: [{ key: "public/0", size: 8, photo: { id: "0" } }],
        pageInfo: { hasNextPage: false },
      },
    });
  });

  test("the viewers of both subgraphs are one", async () => {
    await using graph = await start([]);
    expect(await graph.client.data("{ viewer { nickname authenticated } }")).toEqual({
      viewer: { nickname: "Al", authenticated: false },
    });
  });
});
