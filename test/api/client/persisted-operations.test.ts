import { ApolloClient, InMemoryCache } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { generatePersistedQueryIdsFromManifest } from "@apollo/persisted-query-lists";
import { createValetKey, type ObjectRef, type SignedUrl } from "@valetkey/client";
import { createUploadLink, possibleTypes, typePolicies } from "@valetkey/client/apollo";
import * as documents from "@valetkey/client/operations";
import { type DocumentNode, Kind, print } from "graphql";
import { expect, test } from "vitest";
import manifest from "../../../packages/client/persisted-operations.json" with { type: "json" };
import { textOf } from "../../../packages/client/src/core/operation.ts";
import * as strings from "../../../packages/client/src/generated/strings.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { startTestServer, versionedBucket } from "../../support/test-server.ts";

const MiB = 2 ** 20;
const bucket = "demo";
const server = await shareInFile(
  startTestServer({
    env: {
      VALETKEY_PERSISTED_OPERATIONS: "@valetkey/client",
      VALETKEY_MULTIPART_BYTES: "5MiB",
      VALETKEY_SECRET: "a secret of this test that is longer than 32 bytes",
    },
  }),
);
const url = `${server.url}/graphql`;
const client = createValetKey({ url });
const contentAt = async (signed: SignedUrl) => (await fetch(signed.url)).text();

test("every operation of the package is accepted: as a string, as a document, and by its name", async () => {
  const texts = [
    ...Object.values(strings as Record<string, string>).map(textOf),
    ...Object.values(documents as Record<string, DocumentNode>)
      .filter(({ definitions }) => definitions[0]?.kind === Kind.OPERATION_DEFINITION)
      .map(print),
  ];
  for (const query of texts) {
    const response = await server.client.request(query, { ["n".repeat(200)]: null });
    // It has passed the manifest, and is refused because of its variables.
    expect([response.status, response.errors?.[0]?.extensions?.code]).toEqual([400, "BAD_USER_INPUT"]);
  }
  const names = new Set(manifest.operations.map(({ name }) => name));
  expect(names.size).toBe(Object.keys(strings).length);
  expect((await server.client.request("{ viewer { authenticated } }")).status).toBe(403);
});

test("uploads, lists, downloads, changes and deletes files", async () => {
  const small = await client.upload(new Blob(["small"]), { bucket, key: "files/small" }).done;
  expect(small.size).toBe(5);
  const large = client.upload(new Blob([new Uint8Array(9 * MiB)]), { bucket, key: "files/large" });
  expect((await large.done).size).toBe(9 * MiB);
  const aborted = client.upload(new Blob([new Uint8Array(9 * MiB)]), { bucket, key: "files/aborted" });
  aborted.done.catch(() => {});
  await aborted.abort();
  expect(await client.pendingUploads({ bucket })).toEqual([]);

  expect(await contentAt(await client.downloadUrl({ bucket, key: "files/small" }))).toBe("small");
  const [signed] = await client.downloadUrls([{ bucket, key: "files/small" }]);
  expect(await contentAt(signed as SignedUrl)).toBe("small");
  expect(await client.head({ bucket, key: "files/small" })).toMatchObject({ size: 5 });
  const keys: string[] = [];
  for await (const { key } of client.list({ bucket, prefix: "files/" })) keys.push(key);
  expect(keys).toEqual(["files/large", "files/small"]);
  expect((await client.folder({ bucket, prefix: "files/" })).objects).toHaveLength(2);
  await client.copy({ bucket, key: "files/small" }, { bucket, key: "files/copy" });
  await client.move({ bucket, key: "files/copy" }, { bucket, key: "files/moved" });
  expect(await client.remove({ bucket, prefix: "files/" })).toMatchObject({ removed: 3, failed: [] });
  expect(await client.viewer()).toMatchObject({ authenticated: false });
});

test("works with versions", async () => {
  const object: ObjectRef = { bucket: versionedBucket, key: "versions/file" };
  await client.upload(new Blob(["one"]), object).done;
  await client.upload(new Blob(["two"]), object).done;
  const versions: unknown[] = [];
  for await (const version of client.versions({ bucket: versionedBucket, prefix: "versions/" }))
    versions.push(version);
  expect(versions).toHaveLength(2);
});

test("Apollo Client sends the ids of the package's operations, and its cache works", async () => {
  const sent: string[] = [];
  const persisted = new PersistedQueryLink(
    generatePersistedQueryIdsFromManifest({ loadManifest: () => manifest }),
  );
  const recorded: typeof fetch = (input, init) => {
    const body = init?.body;
    sent.push(body instanceof FormData ? String(body.get("operations")) : String(body));
    return fetch(input, init);
  };
  const cache = new InMemoryCache({ typePolicies, possibleTypes });
  const apollo = new ApolloClient({
    cache,
    link: persisted.concat(createUploadLink({ url, fetch: recorded })),
  });
  const file = new Blob(["by Apollo"]);
  const variables = { file, input: { bucket, key: "apollo/file" } };
  const uploaded = await apollo.mutate({ mutation: documents.UploadFileDocument, variables });
  expect(uploaded.data?.uploadFile).toMatchObject({ __typename: "S3Object", size: 9 });
  const query = { query: documents.ObjectDocument, variables: { bucket, key: "apollo/file" } };
  const { data } = await apollo.query(query);
  expect(data?.object).toMatchObject({ __typename: "S3Object", size: 9 });
  expect(sent).toHaveLength(2);
  for (const body of sent) expect(Object.keys(JSON.parse(body) as object)).not.toContain("query");
});
