import { writeFile } from "node:fs/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { createValetKey } from "../../../src/index.ts";
import { startCdnBucket } from "../../support/cdn-buckets.ts";
import { makeCdnKeyPair } from "../../support/cdn-keys.ts";
import { startLibraryWithRole } from "../../support/library.ts";
import { startHttpServer } from "../../support/listening.ts";
import { downloadUrl } from "../../support/operations.ts";
import { startRecordingProxy } from "../../support/recording-proxy.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { bucket, otherBucket, startTestServer } from "../../support/test-server.ts";
import { startTestStore } from "../../support/test-store.ts";

const store = (await shareInFile(startTestStore())).description;
const proxy = await shareInFile(startRecordingProxy(store.endpoint));
const cdn = await shareInFile(startCdnBucket({ store, bucket, keyType: "rsa" }));
const allow = ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"] as const;
const server = await shareInFile(
  startTestServer({
    store,
    s3Url: proxy.url,
    grants: [
      { who: "anonymous", bucket, prefix: "open/", allow },
      { who: "anonymous", bucket, prefix: "short/", allow: ["DOWNLOAD"], maxExpiresSeconds: 60 },
    ],
    buckets: { [bucket]: cdn.settings },
    env: { VALETKEY_SESSION_SECONDS: "900" },
  }),
);
const { client } = server;
const key = "open/a.txt";
await server.seed(key, "content");
await server.seed("short/a.txt", "content");

beforeEach(() => proxy.forget());

const operations = () => proxy.requests.map(({ operation }) => operation);

describe("a bucket with a CDN", () => {
  // These run in this order: the first ones show that no role has been assumed yet.
  test("needs neither S3 nor STS for URLs that are not verified", async () => {
    const objects = Array.from({ length: 1_000 }, (_, index) => ({ bucket, key: `open/${index}` }));
    const { one, many } = await client.data<{ one: { url: string }; many: { url: string }[] }>(
      `query ($objects: [ObjectInput!]!) {
        one: downloadUrl(bucket: "${bucket}", key: "${key}", verify: false) { url }
        many: downloadUrls(objects: $objects, verify: false) { url }
      }`,
      { objects },
    );
    expect(operations()).toEqual([]);
    expect(await (await fetch(one.url)).text()).toBe("content");
    const inOrder = many.every(({ url }, index) => url.startsWith(`${cdn.cloudFront.url}/open/${index}?`));
    expect(inOrder).toBe(true);
  });

  test("signs the URL of one caller while the batch of another is being signed", async () => {
    const objects = Array.from({ length: 1_000 }, (_, index) => ({ bucket, key: `open/${index}` }));
    const finished: string[] = [];
    const batch = client
      .data("query ($objects: [ObjectInput!]!) { downloadUrls(objects: $objects, verify: false) { url } }", {
        objects,
      })
      .then(() => finished.push("batch"));
    const single = downloadUrl(client, { bucket, key, verify: false }).then(() => finished.push("single"));
    await Promise.all([batch, single]);
    expect(finished).toEqual(["single", "batch"]);
  });

  test("has objects verified with one HEAD request", async () => {
    await downloadUrl(client, { bucket, key });
    expect(operations()).toEqual(["AssumeRole", "HeadObject"]);
    await expect(downloadUrl(client, { bucket, key: "open/missing" })).rejects.toMatchObject({
      code: "OBJECT_NOT_FOUND",
    });
    await expect(downloadUrl(client, { bucket, key: "closed/a.txt", verify: false })).rejects.toMatchObject({
      code: "FORBIDDEN",
    });
  });

  test("has URLs that outlive sessions, up to seven days and the grant's maximum", async () => {
    for (const [name, maxSeconds] of [
      [key, 604_800],
      ["short/a.txt", 60],
    ] as const) {
      const before = Math.floor(Date.now() / 1000);
      const { url, expiresAt } = await downloadUrl(client, { bucket, key: name, expiresIn: maxSeconds });
      const after = Math.floor(Date.now() / 1000);
      const seconds = new Date(expiresAt).getTime() / 1000;
      expect(seconds).toBeGreaterThanOrEqual(before + maxSeconds);
      expect(seconds).toBeLessThanOrEqual(after + maxSeconds);
      expect(new URL(url).searchParams.get("Expires")).toBe(String(seconds));
      await expect(
        downloadUrl(client, { bucket, key: name, expiresIn: maxSeconds + 1 }),
      ).rejects.toMatchObject({
        code: "BAD_USER_INPUT",
        field: "expiresIn",
        message: `At most ${maxSeconds} seconds are allowed here.`,
      });
    }
  });

  test("gives the URL of a listed object, but none for a key that URLs cannot have", async () => {
    // CloudFront would deliver the object of another prefix.
    await server.seed("open/../closed/b.txt", "not to be reached");
    const { objects, errors } = await client
      .request<{ objects: { nodes: { key: string; downloadUrl: { url: string } | null }[] } }>(
        `{ objects(bucket: "${bucket}", prefix: "open/") { nodes { key downloadUrl { url } } } }`,
      )
      .then(({ data, errors: faults }) => ({ objects: data?.objects.nodes, errors: faults }));
    const outcome = errors?.[0]?.extensions;
    expect(outcome).toMatchObject({ code: "BAD_USER_INPUT" });
    expect(JSON.stringify(objects ?? [])).not.toContain("closed");
    const { object } = await client.data<{ object: { downloadUrl: { url: string } } }>(
      `{ object(bucket: "${bucket}", key: "${key}") { downloadUrl(filename: "b.txt") { url } } }`,
    );
    const response = await fetch(object.downloadUrl.url);
    expect(response.headers.get("content-disposition")).toContain("b.txt");
  });

  test("refuses archived objects as ever", async () => {
    await using archive = await startHttpServer((_request, response) =>
      response.writeHead(200, { etag: '"e"', "content-length": 1, "x-amz-storage-class": "GLACIER" }).end(),
    );
    await using archiving = await startTestServer({
      s3Url: archive.url,
      buckets: { [bucket]: cdn.settings },
    });
    await expect(downloadUrl(archiving.client, { bucket, key })).rejects.toMatchObject({
      code: "OBJECT_ARCHIVED",
    });
  });

  test("signs with the new key after the file was read again, and with the old one if that has faults", async () => {
    await using rotating = await startCdnBucket({ store, bucket, keyType: "ec" });
    await using running = await startTestServer({ store, buckets: { [bucket]: rotating.settings } });
    const statusOf = async () =>
      (await fetch((await downloadUrl(running.client, { bucket, key })).url)).status;
    const { privateKeyFile } = rotating.settings.cdn;
    expect(await statusOf()).toBe(200);

    await writeFile(privateKeyFile, "not a key");
    await running.app.reload();
    expect(await statusOf()).toBe(200);

    await writeFile(privateKeyFile, (await makeCdnKeyPair("ec")).pem);
    await running.app.reload();
    expect(await statusOf()).toBe(403);

    await writeFile(privateKeyFile, rotating.keyPair.pem);
    await running.app.reload();
    expect(await statusOf()).toBe(200);
  });
});

describe("the library", () => {
  const rules = {
    grants: [{ who: "service", bucket, allow: ["DOWNLOAD"] } as const],
    buckets: { [bucket]: cdn.settings },
  };

  test("signs URLs of CloudFront without S3 and STS", async () => {
    await using library = await startLibraryWithRole({ grants: rules });
    const session = library.valetKey.asService();
    const { url, expiresAt } = await session.downloadUrl({ bucket, key }, { verify: false, expiresIn: 90 });
    expect(library.operations).toEqual([]);
    expect(await (await fetch(url)).text()).toBe("content");
    expect(new URL(url).searchParams.get("Expires")).toBe(String(expiresAt.getTime() / 1000));
  });

  test("does not start with a key that cannot be used", async () => {
    const { url, keyPairId } = cdn.settings.cdn;
    const buckets = { [otherBucket]: { cdn: { url, keyPairId, privateKeyFile: "/no/such/key.pem" } } };
    await expect(createValetKey({ grants: { ...rules, buckets } })).rejects.toThrow(
      /^grants: the rules:\d+:\d+: buckets\.demo-other\.cdn\.privateKeyFile: "\/no\/such\/key\.pem" cannot be read \(ENOENT\)/,
    );
  });
});
