import { makeExecutableSchema } from "@graphql-tools/schema";
import { execute, extendSchema, type GraphQLObjectType, type GraphQLSchema, parse } from "graphql";
import { expect, test } from "vitest";
import type { Principal, ValetKey } from "../../../src/index.ts";
import { startLibraryWithRole } from "../../support/library.ts";

const photoTypes = `
  type Photo { id: ID! file: S3Object! }
  extend type Query { photos: [Photo!]! }
`;
const photos = () => ["a", "b"].map((id) => ({ id, file: { bucket: "demo", key: `${id}.txt` } }));

/** Merges the types with graphql-js alone. */
function extended({ schema }: ValetKey): GraphQLSchema {
  const merged = extendSchema(schema, parse(photoTypes));
  Object.assign((merged.getType("Query") as GraphQLObjectType).getFields().photos ?? {}, { resolve: photos });
  return merged;
}

/** Merges the types as most servers do. */
function made({ typeDefs, resolvers }: ValetKey): GraphQLSchema {
  return makeExecutableSchema({
    typeDefs: [typeDefs, photoTypes],
    resolvers: [resolvers, { Query: { photos } }],
  });
}

async function run(valetKey: ValetKey, schema: GraphQLSchema, query: string, principal?: Principal) {
  const context = await valetKey.context({ principal: principal ?? { authenticated: false } });
  const contextValue = { own: "value", ...context };
  return JSON.parse(JSON.stringify(await execute({ schema, document: parse(query), contextValue })));
}

async function* content(text: string) {
  yield Buffer.from(text);
}

const grants = { grants: [{ who: "anonymous", bucket: "demo", allow: ["DOWNLOAD", "UPLOAD"] }] } as const;

test.each([
  ["extendSchema", extended],
  ["makeExecutableSchema", made],
])("an object of one's own type resolves with its bucket and key alone, with %s", async (_, merge) => {
  await using library = await startLibraryWithRole({ grants });
  const { valetKey, operations } = library;
  for (const { file } of photos())
    await valetKey.for({ authenticated: false }).uploadStream(content("x"), file);
  const schema = merge(valetKey);
  operations.length = 0;

  const urls = await run(valetKey, schema, "{ photos { id file { key downloadUrl { url } } } }");
  expect(urls).toMatchObject({ data: { photos: [{ id: "a", file: { key: "a.txt" } }, { id: "b" }] } });
  expect(await (await fetch(urls.data.photos[0].file.downloadUrl.url)).text()).toBe("x");
  // Signing needs no request to S3, and the session of the upload serves.
  expect(operations).toEqual(["GetObject"]);

  operations.length = 0;
  const sizes = await run(valetKey, schema, "{ photos { file { size etag region contentType } } }");
  expect(sizes.data.photos).toMatchObject([
    { file: { size: 1, region: "us-east-1" } },
    { file: { size: 1 } },
  ]);
  expect(operations).toEqual(["HeadObject", "HeadObject"]);
});

test("the role is assumed once, and only for requests that need it", async () => {
  await using library = await startLibraryWithRole({ grants });
  const { valetKey, operations } = library;
  const schema = extended(valetKey);
  await run(valetKey, schema, "{ photos { id } viewer { authenticated } }");
  expect(operations).toEqual([]);
  await run(valetKey, schema, "{ photos { file { downloadUrl { url } contentType } } }");
  expect(operations.filter((operation) => operation === "AssumeRole")).toHaveLength(1);
  const session = valetKey.for({ authenticated: true, subject: "nobody" });
  await expect(session.head({ bucket: "demo", key: "x" })).rejects.toMatchObject({ code: "FORBIDDEN" });
});

test("errors have extensions with any server, in lists too", async () => {
  await using library = await startLibraryWithRole({ grants });
  const { valetKey } = library;
  const result = await run(
    valetKey,
    valetKey.schema,
    `{
      one: downloadUrl(bucket: "demo", key: "missing") { url }
    }`,
  );
  expect(result.errors).toMatchObject([
    { path: ["one"], extensions: { code: "OBJECT_NOT_FOUND", retryable: false } },
  ]);
  const { data, errors } = await run(
    valetKey,
    made(valetKey),
    `{ downloadUrls(objects: [{ bucket: "demo", key: "" }, { bucket: "other", key: "x" }], verify: false) { url } }`,
  );
  expect(data.downloadUrls).toEqual([null, null]);
  expect(errors).toMatchObject([
    { path: ["downloadUrls", 0], extensions: { code: "BAD_USER_INPUT", field: "objects.0.key" } },
    { path: ["downloadUrls", 1], extensions: { code: "FORBIDDEN" } },
  ]);
});

test("a union resolves with resolvers of one's own schema", async () => {
  await using library = await startLibraryWithRole({ grants });
  const mutation =
    'mutation { requestUpload(input: { bucket: "demo", key: "x" }, size: 1) { __typename ... on PutUpload { url } } }';
  expect(await run(library.valetKey, made(library.valetKey), mutation)).toMatchObject({
    data: { requestUpload: { __typename: "PutUpload" } },
  });
});

test("without its context, the error says what to do", async () => {
  await using library = await startLibraryWithRole({ grants });
  const document = parse("{ viewer { authenticated } }");
  const { errors } = await execute({ schema: library.valetKey.schema, document, contextValue: {} });
  expect(errors?.[0]?.message).toMatch("spread `await valetKey.context({ principal })` into it");
});
