import { createValetKey, type ValetKey, ValetKeyError } from "@valetkey/client";
import { describe, expect, test } from "vitest";
import { shareInFile } from "../../support/share-in-file.ts";
import { bucket, startTestServer } from "../../support/test-server.ts";

const server = await shareInFile(startTestServer());
const url = `${server.url}/graphql`;
// biome-ignore lint/suspicious/noExplicitAny: as programs without types use it
const client = createValetKey({ url }) as any;
const file = new Blob(["content"]);

function expectMisuse(call: Promise<unknown>) {
  return expect(call).rejects.toMatchObject({
    name: "ValetKeyError",
    code: "BAD_USER_INPUT",
    retryable: false,
  });
}

async function collect(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

describe("wrong arguments are the error BAD_USER_INPUT", () => {
  test.each<[string, () => Promise<unknown>]>([
    ["downloadUrl()", () => client.downloadUrl()],
    ["downloadUrl without a key", () => client.downloadUrl({ bucket })],
    ["downloadUrl of no bucket", () => client.downloadUrl({ bucket: "", key: "a" })],
    ["downloadUrl for no time", () => client.downloadUrl({ bucket, key: "a" }, { expiresIn: 0 })],
    ["downloadUrls()", () => client.downloadUrls()],
    ["downloadUrls of an object", () => client.downloadUrls({ bucket, key: "a" })],
    ["downloadUrls of nothing", () => client.downloadUrls([undefined])],
    ["list()", () => collect(client.list())],
    ["list of empty pages", () => collect(client.list({ bucket, pageSize: 0 }))],
    ["versions()", () => collect(client.versions())],
    ["folder()", () => client.folder()],
    ["head()", () => client.head()],
    ["details()", () => client.details()],
    ["copy()", () => client.copy()],
    ["copy to nowhere", () => client.copy({ bucket, key: "a" })],
    ["move()", () => client.move()],
    ["remove()", () => client.remove()],
    ["remove of a key", () => client.remove("key")],
    ["remove of everything below undefined", () => client.remove({ bucket, prefix: undefined })],
    ["pendingUploads()", () => client.pendingUploads()],
    ["requestCredentials()", () => client.requestCredentials()],
    ["requestCredentials without actions", () => client.requestCredentials({ bucket })],
    ["credentialProvider()", () => client.credentialProvider()()],
    ["upload()", () => client.upload().done],
    ["upload of a path", () => client.upload("/a/file", { bucket, key: "a" }).done],
    ["upload of bytes", () => client.upload(new Uint8Array(3), { bucket, key: "a" }).done],
    ["upload without options", () => client.upload(file).done],
    ["upload with an option that is a text", () => client.upload(file, "key").done],
    ["upload without a key", () => client.upload(file, { bucket }).done],
    ["upload to no bucket", () => client.upload(file, { bucket: "", key: "a" }).done],
    ["an unknown checksum", () => client.upload(file, { bucket, key: "a", checksum: "MD5" }).done],
    ["a signal that is none", () => client.upload(file, { bucket, key: "a", signal: {} }).done],
    ["a listener that is none", () => client.upload(file, { bucket, key: "a", onProgress: 1 }).done],
    ["metadata that is a number", () => client.upload(file, { bucket, key: "a", metadata: { a: 1 } }).done],
  ])("%s", (_what, call) => expectMisuse(call()));
});

test("what has an undefined prefix is not the whole bucket", async () => {
  for (const key of ["kept", "removed"]) await server.seed(key, "content");
  await expectMisuse(client.remove({ bucket, prefix: undefined }));
  expect(await client.remove({ bucket, key: "removed", prefix: undefined })).toEqual({
    removed: 1,
    failed: [],
  });
  expect(await client.head({ bucket, key: "kept" })).toMatchObject({ size: 7 });
});

test("an upload with a signal that is aborted already is the error ABORTED", async () => {
  const task = client.upload(file, { bucket, key: "aborted", signal: AbortSignal.abort() });
  await expect(task.done).rejects.toMatchObject({ name: "ValetKeyError", code: "ABORTED" });
  expect(task.state).toBe("aborted");
  expect(await client.head({ bucket, key: "aborted" })).toBe(undefined);
});

test.each([undefined, {}, { url: "" }, { url: "files.example.com/graphql" }])(
  "requests of a client with the options %j are the error BAD_USER_INPUT",
  (options) => expectMisuse(createValetKey(options as never).viewer()),
);

describe("a token", () => {
  const viewerWith = (token: unknown) => createValetKey({ url, token: token as never }).viewer();
  const refused = { name: "ValetKeyError", code: "UNAUTHENTICATED", retryable: false };

  test.each<[string, unknown]>([
    ["that is a number", 7],
    ["that is null", null],
    ["that is an object", { token: "t" }],
    ["with a line break", "a\nb"],
    ["that is not ASCII", "tökén"],
  ])("%s is the error UNAUTHENTICATED", async (_what, token) => {
    await expect(viewerWith(token)).rejects.toMatchObject(refused);
    await expect(viewerWith(() => token)).rejects.toMatchObject(refused);
    await expect(viewerWith(async () => token)).rejects.toMatchObject(refused);
  });
});

test("a response that is not GraphQL does not end in another error than NETWORK", async () => {
  const responses: (() => Response)[] = [
    () => new Response("<html>Sign in</html>"),
    () => new Response(""),
    () => Response.json(null),
    () => Response.json("text"),
    () => Response.json([]),
    () => Response.json({}),
    () => Response.json({ data: null }),
    () => Response.json({ data: null, errors: [] }),
    () => Response.json({ data: null, errors: null }),
    () => Response.json({ errors: "text" }),
    () => Response.json({ errors: {} }),
    () => Response.json({ errors: [null] }),
    () => Response.json({ data: "text" }),
  ];
  for (const respond of responses) {
    const misled: ValetKey = createValetKey({ url, fetch: async () => respond() });
    for (const call of [misled.viewer(), misled.upload(file, { bucket, key: "a" }).done]) {
      const error = await call.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ValetKeyError);
      expect(error).toMatchObject({ code: "NETWORK", retryable: false });
    }
  }
});

test("an error of a response without its usual members has a code", async () => {
  const body = { errors: [{ message: "no", path: null, extensions: null }], data: null };
  const misled = createValetKey({ url, fetch: async () => Response.json(body) });
  await expect(misled.viewer()).rejects.toMatchObject({ message: "no", code: "INTERNAL_SERVER_ERROR" });
});

test("a list whose pages do not end is the error NETWORK", async () => {
  const pageInfo = { hasNextPage: true, endCursor: "same" };
  const body = { data: { objects: { nodes: [], pageInfo } } };
  const misled = createValetKey({ url, fetch: async () => Response.json(body) });
  await expect(collect(misled.list({ bucket }))).rejects.toMatchObject({ code: "NETWORK" });
});

test("a server that signs another part than the one that was asked for is the error NETWORK", async () => {
  const large = new Blob([new Uint8Array(65 * 2 ** 20)]);
  const misled = createValetKey({
    url,
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      if (!String(init?.body).includes("query UploadParts")) return response;
      const body = await response.json();
      for (const part of body.data.upload.parts) part.number += 1000;
      return Response.json(body);
    },
  });
  await expect(misled.upload(large, { bucket, key: "parts" }).done).rejects.toMatchObject({
    code: "NETWORK",
  });
});
