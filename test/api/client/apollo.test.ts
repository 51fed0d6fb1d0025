import { ApolloClient, ApolloLink, gql, InMemoryCache } from "@apollo/client";
import { CombinedGraphQLErrors, ServerError } from "@apollo/client/errors";
import {
  createUploadLink,
  possibleTypes,
  typePolicies,
  type UploadLinkOptions,
} from "@valetkey/client/apollo";
import {
  DownloadUrlDocument,
  FolderDocument,
  MultipartUploadDocument,
  ObjectDocument,
  ObjectsDocument,
  ObjectVersionsDocument,
  PendingUploadsDocument,
  RequestUploadDocument,
  UploadFileDocument,
  UploadFilesDocument,
  UploadPartsDocument,
} from "@valetkey/client/operations";
import { describe, expect, test } from "vitest";
import { startIssuer } from "../../support/issuer.ts";
import { startHttpServer } from "../../support/listening.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { anyoneMayDoAnything, bucket, startTestServer, versionedBucket } from "../../support/test-server.ts";

const issuer = await shareInFile(startIssuer());
const server = await shareInFile(
  startTestServer({
    issuer,
    grants: [
      ...anyoneMayDoAnything,
      { who: "authenticated", bucket: "demo-other", allow: ["UPLOAD", "DOWNLOAD", "LIST"] },
    ],
  }),
);
const url = `${server.url}/graphql`;

/** A client as an application makes it, that also counts the operations that reach the link. */
function makeClient(options: UploadLinkOptions = {}) {
  const sent: string[] = [];
  const counter = new ApolloLink((operation, forward) => {
    sent.push(operation.operationName ?? "");
    return forward(operation);
  });
  const cache = new InMemoryCache({ typePolicies, possibleTypes });
  const client = new ApolloClient({ cache, link: counter.concat(createUploadLink({ url, ...options })) });
  return { client, cache, sent };
}

async function seedAll(prefix: string, count: number): Promise<string[]> {
  const keys = Array.from({ length: count }, (_, index) => `${prefix}${index}`);
  for (const key of keys) await server.seed(key, "content");
  return keys;
}

async function contentOf(key: string): Promise<string> {
  const { client } = makeClient();
  const { data } = await client.query({ query: DownloadUrlDocument, variables: { bucket, key } });
  return await (await fetch(data?.downloadUrl.url ?? "")).text();
}

describe("typePolicies, for pages", () => {
  test("fetchMore appends, and a refetch begins again", async () => {
    const keys = await seedAll("paged/", 5);
    const { client } = makeClient();
    const variables = { bucket, prefix: "paged/", first: 2 };
    const list = client.watchQuery({ query: ObjectsDocument, variables });
    const shown = () => (list.getCurrentResult().data?.objects?.nodes ?? []).map((node) => node?.key);
    const subscription = list.subscribe(() => {});
    await expect.poll(shown).toEqual(keys.slice(0, 2));
    for (const count of [4, 5]) {
      const after = list.getCurrentResult().data?.objects?.pageInfo?.endCursor;
      await list.fetchMore({ variables: { after } });
      await expect.poll(shown).toEqual(keys.slice(0, count));
    }
    expect(list.getCurrentResult().data?.objects?.pageInfo?.hasNextPage).toBe(false);
    await list.refetch();
    await expect.poll(shown).toEqual(keys.slice(0, 2));
    subscription.unsubscribe();
  });

  test("fetchMore appends versions, which are kept apart", async () => {
    const key = "versions-of-one";
    for (const body of ["1", "22", "333"]) await server.seed(key, body, { Bucket: versionedBucket });
    const { client } = makeClient();
    const variables = { bucket: versionedBucket, key, first: 2 };
    const list = client.watchQuery({ query: ObjectVersionsDocument, variables });
    const shown = () => (list.getCurrentResult().data?.objectVersions?.nodes ?? []).map((node) => node?.size);
    const subscription = list.subscribe(() => {});
    await expect.poll(shown).toEqual([3, 2]);
    const after = list.getCurrentResult().data?.objectVersions?.pageInfo?.endCursor;
    await list.fetchMore({ variables: { after } });
    await expect.poll(shown).toEqual([3, 2, 1]);
    subscription.unsubscribe();
  });

  test("a page that is asked for twice is not appended twice", async () => {
    const keys = await seedAll("twice/", 4);
    const { client } = makeClient();
    const variables = { bucket, prefix: "twice/", first: 2 };
    const first = await client.query({ query: ObjectsDocument, variables });
    const after = first.data?.objects.pageInfo.endCursor;
    for (let times = 0; times < 2; times++) {
      const second = await client.query({
        query: ObjectsDocument,
        variables: { ...variables, after },
        fetchPolicy: "network-only",
      });
      expect(second.data?.objects.nodes.map(({ key }) => key)).toEqual(keys.slice(2));
    }
    const all = client.readQuery({ query: ObjectsDocument, variables });
    expect(all?.objects.nodes.map(({ key }) => key)).toEqual(keys);
  });

  test("folders, other prefixes and uploads are lists of their own", async () => {
    await seedAll("lists/a/", 2);
    await seedAll("lists/b/", 2);
    const { client, sent } = makeClient();
    const all = await client.query({ query: ObjectsDocument, variables: { bucket, prefix: "lists/" } });
    const folder = await client.query({ query: FolderDocument, variables: { bucket, prefix: "lists/" } });
    const below = await client.query({ query: FolderDocument, variables: { bucket, prefix: "lists/a/" } });
    expect(all.data?.objects.nodes).toHaveLength(4);
    expect(folder.data?.objects.folders).toEqual(["lists/a/", "lists/b/"]);
    expect(folder.data?.objects.nodes).toEqual([]);
    expect(below.data?.objects.nodes.map(({ key }) => key)).toEqual(["lists/a/0", "lists/a/1"]);
    await client.query({ query: ObjectsDocument, variables: { bucket, prefix: "lists/" } });
    expect(sent).toEqual(["Objects", "Folder", "Folder"]);
  });

  test("two queries that select different fields of a list do not take them from each other", async () => {
    await seedAll("shared/", 3);
    const { client, sent } = makeClient();
    const edges = gql`
      query Edges($bucket: String!, $prefix: String) {
        objects(bucket: $bucket, prefix: $prefix) { edges { cursor node { bucket key } } }
      }
    `;
    const variables = { bucket, prefix: "shared/" };
    const subscriptions = [ObjectsDocument, edges].map((query) =>
      client.watchQuery({ query, variables }).subscribe(() => {}),
    );
    await expect.poll(() => client.readQuery({ query: edges, variables })).not.toBeNull();
    await expect.poll(() => client.readQuery({ query: ObjectsDocument, variables })).not.toBeNull();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(sent.sort()).toEqual(["Edges", "Objects"]);
    for (const subscription of subscriptions) subscription.unsubscribe();
  });

  test("an object that is evicted disappears from its lists", async () => {
    const keys = await seedAll("evicted/", 3);
    const { client, cache } = makeClient();
    const variables = { bucket, prefix: "evicted/" };
    await client.query({ query: ObjectsDocument, variables });
    cache.evict({ id: cache.identify({ __typename: "S3Object", bucket, key: keys[1] ?? "" }) ?? "" });
    const left = client.readQuery({ query: ObjectsDocument, variables });
    expect(left?.objects.nodes.map(({ key }) => key)).toEqual([keys[0], keys[2]]);
  });
});

describe("typePolicies, for objects", () => {
  test("a list and the details of an object are one entity", async () => {
    await server.seed("entity/1", "content");
    const { client, cache } = makeClient();
    await client.query({ query: ObjectsDocument, variables: { bucket, prefix: "entity/" } });
    await client.query({ query: ObjectDocument, variables: { bucket, key: "entity/1" } });
    expect(Object.keys(cache.extract()).filter((id) => id.includes("entity/1"))).toEqual([
      `S3Object:${JSON.stringify({ bucket, key: "entity/1" })}`,
    ]);
  });

  test("versions do not take each other's place", async () => {
    const versions: (string | undefined)[] = [];
    for (const body of ["one", "three"])
      versions.push(await server.seed("versions", body, { Bucket: versionedBucket }));
    const { client } = makeClient();
    const sizes = async () =>
      await Promise.all(
        versions.map(async (versionId) => {
          const variables = { bucket: versionedBucket, key: "versions", versionId };
          return (await client.query({ query: ObjectDocument, variables })).data?.object?.size;
        }),
      );
    expect(await sizes()).toEqual([3, 5]);
    expect(await sizes()).toEqual([3, 5]);
  });

  test("an object without its key is not mixed up with others", async () => {
    await seedAll("keyless/", 2);
    const { client } = makeClient();
    const query = gql`query { objects(bucket: "demo", prefix: "keyless/") { nodes { size etag } } }`;
    const { data } = await client.query<{ objects: { nodes: unknown[] } }>({ query });
    expect(data?.objects.nodes).toHaveLength(2);
  });
});

describe("typePolicies, for what expires or changes", () => {
  test.each([
    ["with expiresAt", DownloadUrlDocument],
    [
      "without it",
      gql`query DownloadUrl($bucket: String!, $key: String!, $expiresIn: Int) {
      downloadUrl(bucket: $bucket, key: $key, expiresIn: $expiresIn) { url }
    }`,
    ],
  ])("a URL comes from the cache until it expires, %s", async (_what, query) => {
    await server.seed("expiring", "content");
    const { client, sent } = makeClient();
    const variables = { bucket, key: "expiring", expiresIn: 4 };
    const get = async () => {
      const { data } = await client.query<{ downloadUrl: { url: string } }>({ query, variables });
      return data?.downloadUrl.url;
    };
    const first = await get();
    expect(await get()).toBe(first);
    expect(sent).toHaveLength(1);
    await expect.poll(get, { interval: 500, timeout: 20_000 }).not.toBe(first);
    expect(sent).toHaveLength(2);
  });

  test("the parts of an upload are replaced, and it keeps its identity", async () => {
    const { client, cache, sent } = makeClient();
    const requested = await client.mutate({
      mutation: RequestUploadDocument,
      variables: { input: { bucket, key: "parts" }, size: 20 * 2 ** 20, method: "MULTIPART" },
    });
    const upload = requested.data?.requestUpload;
    if (upload?.__typename !== "MultipartUpload") throw new Error("It is not a multipart upload.");
    const { id } = upload;
    const next = async () => {
      const { data } = await client.query({
        query: UploadPartsDocument,
        variables: { id, first: 1 },
        fetchPolicy: "network-only",
      });
      return data?.upload?.parts[0];
    };
    const part = await next();
    expect(part?.number).toBe(1);
    const headers = part?.headers.map(({ name, value }): [string, string] => [name, value]) ?? [];
    await fetch(part?.url ?? "", { method: "PUT", headers, body: Buffer.alloc(part?.size ?? 0) });
    expect((await next())?.number).toBe(2);
    const found = await client.query({ query: MultipartUploadDocument, variables: { id } });
    expect(found.data?.upload?.uploadedParts).toHaveLength(1);
    expect(Object.keys(cache.extract()).filter((each) => each.startsWith("MultipartUpload:"))).toHaveLength(
      1,
    );
    expect(sent).toEqual(["RequestUpload", "UploadParts", "UploadParts", "MultipartUpload"]);
    const pending = await client.query({
      query: PendingUploadsDocument,
      variables: { bucket, prefix: "parts" },
    });
    expect(pending.data?.uploads.nodes).toHaveLength(1);
  });
});

describe("createUploadLink", () => {
  test("sends a file, with its progress, and other operations as JSON", async () => {
    const seen: [number, number][] = [];
    const { client } = makeClient();
    const { data } = await client.mutate({
      mutation: UploadFileDocument,
      variables: { file: new File(["one file"], "a.txt"), input: { bucket, key: "link/one" } },
      context: {
        onProgress: ({ bytes, total }: { bytes: number; total: number }) => seen.push([bytes, total]),
      },
    });
    expect(data?.uploadFile).toMatchObject({ key: "link/one", size: 8 });
    expect(await contentOf("link/one")).toBe("one file");
    expect(seen).toEqual([[8, 8]]);
  });

  test("sends many files in their order, and one file twice", async () => {
    const { client } = makeClient();
    const [a, b] = ["a", "b"].map((text) => new Blob([text]));
    const keys = ["link/a", "link/b", "link/c"];
    const { data } = await client.mutate({
      mutation: UploadFilesDocument,
      variables: { files: [a, b, a] as Blob[], inputs: keys.map((key) => ({ bucket, key })) },
    });
    expect(data?.uploadFiles.map((object) => object?.key)).toEqual(keys);
    expect(await Promise.all(keys.map(contentOf))).toEqual(["a", "b", "a"]);
  });

  test("sends files in the order in which the operation uses them", async () => {
    const { client } = makeClient();
    const mutation = gql`
      mutation ($second: Upload!, $first: Upload!, $a: UploadInput!, $b: UploadInput!) {
        first: uploadFile(file: $first, input: $a) { key }
        second: uploadFile(file: $second, input: $b) { key }
      }
    `;
    const variables = {
      second: new Blob(["second"]),
      first: new Blob(["first"]),
      a: { bucket, key: "link/first" },
      b: { bucket, key: "link/second" },
    };
    await client.mutate({ mutation, variables });
    expect(await contentOf("link/first")).toBe("first");
    expect(await contentOf("link/second")).toBe("second");
  });

  test("passes errors on as Apollo Client has them", async () => {
    const { client } = makeClient();
    const upload = (input: { bucket: string; key: string }) =>
      client.mutate({ mutation: UploadFileDocument, variables: { file: new Blob(["-"]), input } });
    const error = await upload({ bucket: "demo-nothing", key: "a" }).catch((thrown: unknown) => thrown);
    expect(CombinedGraphQLErrors.is(error)).toBe(true);
    expect(error).toMatchObject({ errors: [{ path: ["uploadFile"] }] });

    await using broken = await startHttpServer((request, response) => {
      request.resume();
      response.writeHead(502).end("Bad gateway");
    });
    const other = makeClient({ url: broken.url }).client;
    const failure = await other
      .mutate({
        mutation: UploadFileDocument,
        variables: { file: new Blob(["-"]), input: { bucket, key: "a" } },
      })
      .catch((thrown: unknown) => thrown);
    expect(ServerError.is(failure) && failure.statusCode).toBe(502);
  });

  test("ends the request when it is aborted", async () => {
    let isClosed = false;
    let hasArrived = false;
    await using silent = await startHttpServer((request) => {
      hasArrived = true;
      request.resume();
      request.on("close", () => {
        isClosed = true;
      });
    });
    const { client } = makeClient({ url: silent.url });
    const controller = new AbortController();
    const result = client.mutate({
      mutation: UploadFileDocument,
      variables: { file: new Blob(["-"]), input: { bucket, key: "link/aborted" } },
      context: { fetchOptions: { signal: controller.signal } },
    });
    const outcome = result.catch((error: Error) => error.name);
    await expect.poll(() => hasArrived).toBe(true);
    controller.abort();
    expect(await outcome).toBe("AbortError");
    await expect.poll(() => isClosed).toBe(true);
  });

  test("ends the request when nobody subscribes any more", async () => {
    let isClosed = false;
    let hasArrived = false;
    await using silent = await startHttpServer((request) => {
      hasArrived = true;
      request.resume();
      request.on("close", () => {
        isClosed = true;
      });
    });
    const { client } = makeClient();
    const link = createUploadLink({ url: silent.url });
    const variables = { file: new Blob(["-"]), input: { bucket, key: "link/aborted" } };
    const subscription = ApolloLink.execute(
      link,
      { query: UploadFileDocument, variables },
      { client },
    ).subscribe({});
    await expect.poll(() => hasArrived).toBe(true);
    subscription.unsubscribe();
    await expect.poll(() => isClosed).toBe(true);
  });

  test("asks for another token once, when the server refuses the first", async () => {
    const tokens = ["not a token", await issuer.token({ sub: "alice" })];
    let asked = 0;
    const { client } = makeClient({ token: async () => tokens[asked++] });
    const { data } = await client.mutate({
      mutation: UploadFileDocument,
      variables: { file: new Blob(["-"]), input: { bucket: "demo-other", key: "link/alice" } },
    });
    expect(data?.uploadFile?.size).toBe(1);
    const viewer = gql`query { viewer { subject } }`;
    const result = await client.query<{ viewer: { subject: string } }>({ query: viewer });
    expect(result.data?.viewer.subject).toBe("alice");
    expect(asked).toBe(2);

    let refused = 0;
    const bad = makeClient({
      token: () => {
        refused += 1;
        return "not a token";
      },
    });
    await expect(bad.client.query({ query: viewer })).rejects.toThrow();
    expect(refused).toBe(2);
  });
});
