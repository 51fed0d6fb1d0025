import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { startRecordingProxy } from "../support/recording-proxy.ts";
import { startTogether } from "../support/resources.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, type GrantRule, startTestServer } from "../support/test-server.ts";
import { startTestStore } from "../support/test-store.ts";

const grants: readonly GrantRule[] = [
  { who: "anonymous", bucket, prefix: "public/", allow: ["DOWNLOAD"] },
  { who: "anonymous", bucket, prefix: "listed/", allow: ["LIST"] },
];

const server = await shareInFile(
  startTogether(async (started) => {
    const { description: store } = await started.use(startTestStore());
    const proxy = await started.use(startRecordingProxy(store.endpoint));
    const options = { store, s3Url: proxy.url, grants, env: { VALETKEY_FEDERATION: "on" } };
    return { ...(await started.use(startTestServer(options))), proxy };
  }),
);
const { client, proxy } = server;
await server.seed("public/a", "some bytes");

const object = (key: string, more = {}) => ({ __typename: "S3Object", bucket, key, ...more });

function entities(representations: unknown, fields = "key size") {
  return client.request<{ _entities: unknown[] }>(
    `query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on S3Object { ${fields} } } }`,
    { representations },
  );
}

describe("_entities", () => {
  test("returns objects with every field", async () => {
    const { data, errors } = await entities(
      [object("public/a")],
      "bucket key region size etag lastModified versionId storageClass contentType metadata { name } downloadUrl { url }",
    );
    expect(errors).toBeUndefined();
    expect(data?._entities).toEqual([
      {
        bucket,
        key: "public/a",
        region: "us-east-1",
        size: 10,
        etag: expect.stringMatching(/^\w{32}$/),
        lastModified: expect.stringMatching(/^20/),
        versionId: null,
        storageClass: "STANDARD",
        contentType: "application/octet-stream",
        metadata: [],
        downloadUrl: { url: expect.stringContaining("/public/a?") },
      },
    ]);
  });

  test("accepts representations that are written into the document", async () => {
    const query = `{ _entities(representations: [{ __typename: "S3Object", bucket: "${bucket}", key: "public/a", region: "us-east-1" }]) { ... on S3Object { size } } }`;
    expect(await client.data(query)).toEqual({ _entities: [{ size: 10 }] });
  });

  test("needs no call to S3 for the fields that a URL needs", async () => {
    proxy.forget();
    const { data } = await entities([object("public/none")], "bucket key region downloadUrl { url }");
    expect(data?._entities).toHaveLength(1);
    expect(proxy.requests.filter(({ operation }) => operation !== "AssumeRole")).toEqual([]);
  });

  test.each<[string, unknown, string, string | undefined]>([
    ["an unknown type", { ...object("public/a"), __typename: "Photo" }, "BAD_USER_INPUT", "__typename"],
    ["no type", { bucket, key: "public/a" }, "BAD_USER_INPUT", "__typename"],
    ["a prototype's property as type", { __typename: "constructor" }, "BAD_USER_INPUT", "__typename"],
    ["no object", 7, "BAD_USER_INPUT", "__typename"],
    ["a list", [object("public/a")], "BAD_USER_INPUT", "__typename"],
    ["no bucket", { __typename: "S3Object", key: "public/a" }, "BAD_USER_INPUT", "bucket"],
    ["a number as bucket", { ...object("public/a"), bucket: 7 }, "BAD_USER_INPUT", "bucket"],
    ["an invalid bucket", { ...object("public/a"), bucket: "No_Bucket" }, "BAD_USER_INPUT", "bucket"],
    ["no key", { __typename: "S3Object", bucket }, "BAD_USER_INPUT", "key"],
    ["an object as key", object("public/a", { key: { a: 1 } }), "BAD_USER_INPUT", "key"],
    ["a key that is too long", object(`public/${"a".repeat(1024)}`), "BAD_USER_INPUT", "key"],
    ["a list as region", object("public/a", { region: [] }), "BAD_USER_INPUT", "region"],
    ["a region that is not allowed", object("public/a", { region: "eu-west-9" }), "BAD_USER_INPUT", "region"],
    ["a key outside the caller's grants", object("private/a"), "FORBIDDEN", undefined],
    ["a key that the caller may only list", object("listed/a"), "FORBIDDEN", undefined],
    ["a missing object", object("public/none"), "OBJECT_NOT_FOUND", undefined],
  ])("with %s is null, with an error at its path, and others are unaffected", async (...given) => {
    const [, representation, code, field] = given;
    const { status, data, errors } = await entities([object("public/a"), representation, object("public/a")]);
    expect(status).toBe(200);
    expect(data?._entities).toEqual([{ key: "public/a", size: 10 }, null, { key: "public/a", size: 10 }]);
    expect(errors).toHaveLength(1);
    const path = code === "OBJECT_NOT_FOUND" ? ["_entities", 1, "size"] : ["_entities", 1];
    const extensions = { code, ...(field === undefined ? {} : { field: `representations.1.${field}` }) };
    expect(errors?.[0]).toMatchObject({ path, extensions });
  });

  test("takes at most 1,000 representations", async () => {
    const { errors } = await entities(Array.from({ length: 1001 }, () => object("public/a")));
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", field: "representations" } }]);
  });

  test("costs as much as a batch, before anything runs", async () => {
    proxy.forget();
    const representations = Array.from({ length: 1000 }, () => object("public/a"));
    const query = (fields: string) => `query ($r: [_Any!]!) { ${fields} }`;
    const one = "_entities(representations: $r) { ... on S3Object { size contentType tags { name } } }";
    const { errors } = await client.request(query(`a: ${one} b: ${one}`), { r: representations });
    expect(errors).toMatchObject([
      { message: expect.stringContaining("4,000 calls to S3"), extensions: { code: "BAD_USER_INPUT" } },
    ]);
    expect(proxy.requests).toEqual([]);
  });
});

test("asks once for the region of a bucket that representations give no region for", async () => {
  await using west = await startTogether(async (started) => {
    const { description: store } = await started.use(startTestStore());
    const storeProxy = await started.use(startRecordingProxy(store.endpoint));
    const env = { VALETKEY_FEDERATION: "on", VALETKEY_REGIONS: "us-east-1,eu-west-1" };
    const bucketGrants: GrantRule[] = [{ who: "anonymous", bucket: "west-photos", allow: ["DOWNLOAD"] }];
    const options = { store, s3Url: storeProxy.url, env, grants: bucketGrants };
    const running = await started.use(startTestServer(options));
    const CreateBucketConfiguration = { LocationConstraint: "eu-west-1" } as const;
    await running.admin.send(new CreateBucketCommand({ Bucket: "west-photos", CreateBucketConfiguration }));
    return { client: running.client, storeProxy };
  });
  const representations = Array.from({ length: 50 }, (_, index) => ({
    __typename: "S3Object",
    bucket: "west-photos",
    key: String(index),
  }));
  const data = await west.client.data<{ _entities: object[] }>(
    "query ($r: [_Any!]!) { _entities(representations: $r) { ... on S3Object { region downloadUrl { region } } } }",
    { r: representations },
  );
  expect(data._entities).toEqual(
    representations.map(() => ({ region: "eu-west-1", downloadUrl: { region: "eu-west-1" } })),
  );
  // The first one is redirected.
  expect(west.storeProxy.count("HeadBucket")).toBe(2);
});

test("gives no traces, which any client could ask for", async () => {
  const query = JSON.stringify({ query: "{ __typename }" });
  const headers = { "content-type": "application/json", "apollo-federation-include-trace": "ftv1" };
  expect(await client.post(query, headers)).not.toHaveProperty("extensions");
});

describe("_service", () => {
  const query = "{ _service { sdl } }";

  test("describes the subgraph", async () => {
    const { _service } = await client.data<{ _service: { sdl: string } }>(query);
    expect(_service.sdl).toContain('@key(fields: "bucket key")');
  });

  test("describes it in production as well, where there is no introspection", async () => {
    const env = { VALETKEY_FEDERATION: "on", NODE_ENV: "production" };
    await using production = await startTestServer({ store: server.store, env });
    expect(await production.client.data(query)).toEqual(await client.data(query));
    expect((await production.client.request("{ __schema { queryType { name } } }")).errors).toHaveLength(1);
  });

  test("does not exist without federation", async () => {
    await using plain = await startTestServer({ store: server.store });
    const { errors } = await plain.client.request(query);
    expect(errors).toMatchObject([{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }]);
  });
});
