import { createValetKey, ValetKeyError } from "@valetkey/client";
import { afterEach, describe, expect, test } from "vitest";
import { startIssuer } from "../../support/issuer.ts";
import { startHttpServer } from "../../support/listening.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { startTestServer } from "../../support/test-server.ts";

const issuer = await shareInFile(startIssuer());
const server = await shareInFile(
  startTestServer({
    issuer,
    grants: [
      { who: "anonymous", bucket: "demo", allow: ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"] },
      { who: "authenticated", bucket: "demo-other", prefix: "users/{sub}/", allow: ["DOWNLOAD", "UPLOAD"] },
    ],
  }),
);
const url = `${server.url}/graphql`;
const client = createValetKey({ url });

async function seed(...keys: string[]): Promise<void> {
  for (const key of keys) await server.seed(key, key);
}

describe("downloads", () => {
  test("downloadUrl signs a URL that works", async () => {
    await seed("down/a.txt");
    const signed = await client.downloadUrl({ bucket: "demo", key: "down/a.txt" }, { filename: "b.txt" });
    expect(signed.expiresAt.getTime()).toBeGreaterThan(Date.now());
    const response = await fetch(signed.url);
    expect(await response.text()).toBe("down/a.txt");
    expect(response.headers.get("content-disposition")).toContain("b.txt");
  });

  test("downloadUrls returns the URL or the error of each object, for more than one operation takes", async () => {
    await seed("down/many");
    const objects = Array.from({ length: 2300 }, (_, index) => ({
      bucket: index === 1999 ? "nobodys" : "demo",
      key: "down/many",
    }));
    const results = await client.downloadUrls(objects, { verify: false });
    expect(results).toHaveLength(2300);
    const failed = results.flatMap((each, index) =>
      each instanceof ValetKeyError ? [[index, each.code]] : [],
    );
    expect(failed).toEqual([[1999, expect.stringMatching(/FORBIDDEN|UNAUTHENTICATED/)]]);
  });

  test("downloadUrls takes entries of a list, and the options of single URLs", async () => {
    await seed("down/list/1", "down/list/2");
    const entries = [];
    for await (const entry of client.list({ bucket: "demo", prefix: "down/list/" })) entries.push(entry);
    const results = await client.downloadUrls(entries, { disposition: "ATTACHMENT" });
    for (const each of results) expect(each).toMatchObject({ url: expect.stringContaining("attachment") });
  });
});

describe("lists", () => {
  test("list goes through all pages, in order", async () => {
    const keys = Array.from({ length: 25 }, (_, index) => `list/${String(index).padStart(2, "0")}`);
    await seed(...keys);
    const found: string[] = [];
    for await (const { key, size } of client.list({ bucket: "demo", prefix: "list/", pageSize: 10 })) {
      found.push(key);
      expect(size).toBe(key.length);
    }
    expect(found).toEqual(keys);
  });

  test("folder shows one level, page by page", async () => {
    await seed("tree/a", "tree/b/c", "tree/d/e");
    const page = await client.folder({ bucket: "demo", prefix: "tree/" });
    expect(page.folders).toEqual(["tree/b/", "tree/d/"]);
    expect(page.objects.map(({ key }) => key)).toEqual(["tree/a"]);
    expect(page.hasNextPage).toBe(false);
  });

  test("head describes an object, and is undefined if there is none", async () => {
    await server.seed("head", "hello", { ContentType: "text/plain" });
    const found = await client.head({ bucket: "demo", key: "head" });
    expect(found).toMatchObject({ key: "head", size: 5, contentType: "text/plain" });
    expect(found?.lastModified).toBeInstanceOf(Date);
    expect(await client.head({ bucket: "demo", key: "none" })).toBeUndefined();
  });
});

describe("changes", () => {
  test("copy and move", async () => {
    await seed("change/a");
    const at = (key: string) => ({ bucket: "demo", key });
    expect(await client.copy(at("change/a"), at("change/b"))).toMatchObject({ key: "change/b", size: 8 });
    expect(await client.move(at("change/b"), at("change/c"))).toMatchObject({ key: "change/c" });
    expect(await client.head(at("change/b"))).toBeUndefined();
    expect(await client.head(at("change/c"))).toBeDefined();
  });

  test("move to the same place is refused, and loses nothing", async () => {
    await seed("change/same");
    const at = { bucket: "demo", key: "change/same" };
    await expect(client.move(at, { ...at })).rejects.toMatchObject({ code: "BAD_USER_INPUT" });
    expect(await client.head(at)).toBeDefined();
  });

  test("move keeps the source if the copy fails", async () => {
    await seed("change/kept");
    const moved = client.move({ bucket: "demo", key: "change/kept" }, { bucket: "nobodys", key: "x" });
    await expect(moved).rejects.toBeInstanceOf(ValetKeyError);
    expect(await client.head({ bucket: "demo", key: "change/kept" })).toBeDefined();
  });

  test("remove takes an object, several, or everything below a prefix", async () => {
    await seed("gone/1", "gone/2", "gone/3", "gone/deep/4", "gone-not");
    expect(await client.remove({ bucket: "demo", key: "gone/1" })).toEqual({ removed: 1, failed: [] });
    const some = await client.remove([
      { bucket: "demo", key: "gone/2" },
      { bucket: "nobodys", key: "gone/2" },
    ]);
    expect(some).toMatchObject({ removed: 1, failed: [expect.any(ValetKeyError)] });
    expect(await client.remove({ bucket: "demo", prefix: "gone/" })).toEqual({ removed: 2, failed: [] });
    expect(await client.head({ bucket: "demo", key: "gone-not" })).toBeDefined();
  });
});

describe("the token", () => {
  test("is sent, and viewer says whose it is", async () => {
    const token = await issuer.token({ sub: "alice" });
    expect(await createValetKey({ url, token }).viewer()).toMatchObject({
      subject: "alice",
      authenticated: true,
      grants: expect.arrayContaining([
        expect.objectContaining({
          bucket: "demo-other",
          prefix: "users/alice/",
          actions: ["DOWNLOAD", "UPLOAD"],
        }),
      ]),
    });
    expect(await client.viewer()).toMatchObject({ subject: undefined, authenticated: false });
  });

  test("that has expired is fetched anew, once for all requests that wait", async () => {
    let calls = 0;
    const token = async () => {
      calls += 1;
      return await issuer.token({
        sub: "bob",
        exp: Math.floor(Date.now() / 1000) + (calls === 1 ? -3600 : 3600),
      });
    };
    const bob = createValetKey({ url, token });
    const viewers = await Promise.all([bob.viewer(), bob.viewer(), bob.viewer()]);
    expect(viewers.map(({ subject }) => subject)).toEqual(["bob", "bob", "bob"]);
    expect(calls).toBe(2);
  });

  test("that expires in the middle of an upload is replaced", async () => {
    let expired = false;
    let calls = 0;
    const token = async () => {
      calls += 1;
      return await issuer.token({ sub: "carol", exp: Math.floor(Date.now() / 1000) + 3600 });
    };
    // The server refuses the first token as soon as a part has arrived.
    const refusing: typeof fetch = async (input, init) => {
      const isServer = String(input).startsWith(server.url);
      const authorization = new Headers(init?.headers).get("authorization");
      if (isServer && expired && calls === 1) {
        expect(authorization).toMatch(/^Bearer /);
        const body = {
          errors: [{ message: "Expired.", extensions: { code: "UNAUTHENTICATED", retryable: false } }],
        };
        return Response.json(body, { status: 401 });
      }
      const response = await fetch(input, init);
      if (!isServer) expired = true;
      return response;
    };
    const carol = createValetKey({ url, token, fetch: refusing });
    const file = new Blob([new Uint8Array(70 * 2 ** 20)]);
    const object = await carol.upload(file, { bucket: "demo-other", key: "users/carol/a" }).done;
    expect(object.size).toBe(file.size);
    expect(calls).toBe(2);
  });
});

describe("a server that is not what it should be", () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  async function answering(
    status: number,
    body: string,
    headers: Record<string, string> = {},
  ): Promise<string> {
    const other = await startHttpServer((_request, response) =>
      response.writeHead(status, headers).end(body),
    );
    closing.push(() => other.close());
    return other.url;
  }

  test.each([
    ["a page instead of GraphQL", 200, "<html>"],
    ["a page that is not there", 404, "Not found"],
  ])("%s", async (_what, status, body) => {
    const other = createValetKey({ url: await answering(status, body) });
    await expect(other.viewer()).rejects.toMatchObject({ code: "NETWORK", retryable: false });
  });

  test("a proxy that has no room is retryable, and its Retry-After is known", async () => {
    let requests = 0;
    const busy = await startHttpServer((_request, response) => {
      requests += 1;
      response.writeHead(503, { "retry-after": "0" }).end("<html>");
    });
    closing.push(() => busy.close());
    const other = createValetKey({ url: busy.url });
    await expect(other.viewer()).rejects.toMatchObject({ code: "OVERLOADED", retryable: true });
    expect(requests).toBe(4);
  });

  test("nobody listens", async () => {
    const gone = await startHttpServer();
    await gone.close();
    await expect(createValetKey({ url: gone.url }).viewer()).rejects.toMatchObject({
      code: "NETWORK",
      retryable: true,
    });
  });
});
