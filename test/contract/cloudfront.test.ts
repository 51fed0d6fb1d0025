import { describe, expect, test } from "vitest";
import { startCdnBucket } from "../support/cdn-buckets.ts";
import { downloadUrl } from "../support/operations.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";
import { ownPrefix, seed, store } from "./store.ts";

const { main, versioned } = store.buckets;
const prefix = ownPrefix("cloudfront");
let aheadMs = 0;
const now = () => Date.now() + aheadMs;
const rsa = await shareInFile(startCdnBucket({ store, bucket: main, keyType: "rsa", now }));
const ec = await shareInFile(startCdnBucket({ store, bucket: versioned, keyType: "ec", now }));
const server = await shareInFile(
  startTestServer({
    store,
    grants: [main, versioned].map((bucket) => ({
      who: "anonymous",
      bucket,
      prefix,
      allow: ["DOWNLOAD", "UPLOAD"],
    })),
    buckets: { [main]: rsa.settings, [versioned]: ec.settings },
  }),
);
const { client } = server;
const keyTypes = [
  ["RSA", main, rsa],
  ["ECDSA", versioned, ec],
] as const;

const textAt = async (url: string) => {
  const response = await fetch(url);
  return response.status === 200 ? await response.text() : response.status;
};

describe.each(keyTypes)("a URL of CloudFront, signed with %s", (_, bucket, { cloudFront, keyPair }) => {
  test.each([
    ["a plain name", "a.txt"],
    ["spaces", "a file  of three words.txt"],
    ["a number sign", "a#b.txt"],
    ["a question mark", "what?.txt"],
    ["an asterisk", "a*b.txt"],
    ["percent signs", "100%/%20/%2F.txt"],
    ["a plus", "1+1.txt"],
    ["quotes", "\"double\" 'single' `back`.txt"],
    ["Korean letters", "한국어.txt"],
    ["an emoji", "👩‍👩‍👧.txt"],
    ["a combining accent", "e\u0301 is not \u00e9.txt"],
    ["double slashes", "a//b///c.txt"],
    ["everything else that is reserved", "!$&()*,:;=@[]{}|\\^~<>.txt"],
    ["1,024 bytes", "k".repeat(1024 - prefix.length)],
  ])("of a key with %s gives its object", async (name, rest) => {
    const key = `${prefix}${rest}`;
    await seed(bucket, key, name);
    const { url } = await downloadUrl(client, { bucket, key });
    expect(new URL(url).origin).toBe(cloudFront.url);
    expect(url).not.toContain("X-Amz-");
    expect(await textAt(url)).toBe(name);
  });

  test("has the overrides of the response in what is signed", async () => {
    const key = `${prefix}override.txt`;
    await seed(bucket, key, "bytes", { ContentType: "text/plain" });
    const { url } = await downloadUrl(client, {
      ...{ bucket, key, filename: "사진 'one' *.png", contentType: "image/png" },
    });
    const response = await fetch(url);
    expect(response.headers.get("content-type")).toBe("image/png");
    expect(response.headers.get("content-disposition")).toMatch(/^attachment; .*filename\*=UTF-8''%EC%82%AC/);
    expect(await textAt(url.replace("image%2Fpng", "text%2Fhtml"))).toBe(403);
    expect(await textAt(url.replace(/response-content-type=[^&]*&/, ""))).toBe(403);
  });

  const tampered = `${prefix}tampered.txt`;
  test.each<[string, (url: string) => string]>([
    ["another key", (url) => url.replace("tampered.txt", "tampered-too.txt")],
    [
      "a longer life",
      (url) => url.replace(/Expires=(\d+)/, (_match, time) => `Expires=${Number(time) + 60}`),
    ],
    [
      "another signature",
      (url) =>
        url.replace(/(Signature=.{20})(.)/, (_match, start, one) => `${start}${one === "A" ? "B" : "A"}`),
    ],
    ["no signature", (url) => url.replace(/&Signature=[^&]*/, "")],
    ["another key pair", (url) => url.replace(keyPair.keyPairId, "K2JCJMDEHXQW5F")],
    ["another hash", (url) => url.replace("Hash-Algorithm=SHA256", "Hash-Algorithm=SHA1")],
    ["an added override", (url) => `${url}&response-content-type=text/html`],
    ["an added version", (url) => url.replace("?", "?versionId=null&")],
    ["a key encoded in another way", (url) => url.replace("tampered.txt", "t%61mpered.txt")],
  ])("is refused with %s", async (_what, tamper) => {
    await seed(bucket, tampered, "one");
    await seed(bucket, `${prefix}tampered-too.txt`, "two");
    const { url } = await downloadUrl(client, { bucket, key: tampered });
    expect(await textAt(url)).toBe("one");
    expect(tamper(url)).not.toBe(url);
    expect(await textAt(tamper(url))).toBe(403);
  });

  // The holder of a URL knows its policy, and can send it as if it were a custom one.
  test.each(["w*.txt", "w?.txt", "*"])(
    "of the key %j opens no other key as a custom policy",
    async (name) => {
      await seed(bucket, `${prefix}${name}`, "own");
      await seed(bucket, `${prefix}wx.txt`, "other");
      const { url } = await downloadUrl(client, { bucket, key: `${prefix}${name}` });
      const [resource = "", own = ""] = url.split("?");
      const parameters = new URLSearchParams(own);
      const canned = `{"Statement":[{"Resource":"${resource}","Condition":{"DateLessThan":{"AWS:EpochTime":${parameters.get("Expires")}}}}]}`;
      const policy = Buffer.from(canned)
        .toString("base64")
        .replaceAll("+", "-")
        .replaceAll("=", "_")
        .replaceAll("/", "~");
      const asCustom = own.replace(/Expires=\d+/, `Policy=${policy}`);
      expect(await textAt(`${resource}?${asCustom}`)).toBe("own");
      for (const other of ["wx.txt", "w*.txt"].filter((each) => each !== name)) {
        expect(await textAt(`${cloudFront.url}/${prefix}${other}?${asCustom}`)).toBe(403);
      }
    },
  );

  test("works until expiresAt, to the millisecond", async () => {
    const key = `${prefix}expiring.txt`;
    await seed(bucket, key, "still there");
    const { url, expiresAt } = await downloadUrl(client, { bucket, key, expiresIn: 600_000 });
    const leftMs = new Date(expiresAt).getTime() - Date.now();
    expect(leftMs).toBeGreaterThan(500_000_000);
    try {
      aheadMs = leftMs - 60_000;
      expect(await textAt(url)).toBe("still there");
      aheadMs = leftMs;
      expect(await textAt(url)).toBe(403);
    } finally {
      aheadMs = 0;
    }
  });

  test("stays the same for stableFor, so that one response serves all callers", async () => {
    const key = `${prefix}stable.txt`;
    await seed(bucket, key, "cached");
    const ask = async () => {
      const { one, two } = await client.data<Record<"one" | "two", { url: string; expiresAt: string }>>(
        `query ($bucket: String!, $key: String!) {
          one: downloadUrl(bucket: $bucket, key: $key, expiresIn: 600, stableFor: 500000) { url expiresAt }
          two: downloadUrl(bucket: $bucket, key: $key, expiresIn: 600, stableFor: 500000, verify: false) { url expiresAt }
        }`,
        { bucket, key },
      );
      return [one, two];
    };
    const urls = [...(await ask()), ...(await ask())];
    expect(new Set(urls.map(({ url }) => url)).size).toBe(1);
    const before = cloudFront.originRequests;
    for (const { url } of urls) expect(await textAt(url)).toBe("cached");
    // Another signature is another URL, and still the same response to CloudFront.
    expect(await textAt((await downloadUrl(client, { bucket, key })).url)).toBe("cached");
    expect(cloudFront.originRequests).toBe(before + 1);
  });

  test("is signed for 100 objects at once, and each failure is its own", async () => {
    const names = Array.from({ length: 100 }, (_value, index) => `${prefix}batch/${index}.txt`);
    await Promise.all(names.slice(0, 99).map((key) => seed(bucket, key, key)));
    const { data, errors } = await client.request<{ downloadUrls: ({ url: string } | null)[] }>(
      "query ($objects: [ObjectInput!]!) { downloadUrls(objects: $objects) { url } }",
      { objects: names.map((key) => ({ bucket, key })) },
    );
    const bodies = await Promise.all((data?.downloadUrls ?? []).map((item) => item && textAt(item.url)));
    expect(bodies).toEqual([...names.slice(0, 99), null]);
    expect(errors).toMatchObject([{ path: ["downloadUrls", 99], extensions: { code: "OBJECT_NOT_FOUND" } }]);
  });
});

describe("a version", () => {
  test("is named in what is signed", async () => {
    const key = `${prefix}versions.txt`;
    const versionId = await seed(versioned, key, "first");
    await seed(versioned, key, "second");
    const { url } = await downloadUrl(client, { bucket: versioned, key, versionId });
    expect(await textAt(url)).toBe("first");
    expect(await textAt((await downloadUrl(client, { bucket: versioned, key })).url)).toBe("second");
    expect(await textAt(url.replace(/versionId=[^&]*&/, ""))).toBe(403);
  });
});

test("uploads of such a bucket still go to the store", async () => {
  const { requestUpload } = await client.data<{ requestUpload: { url: string } }>(
    `mutation ($input: UploadInput!) {
      requestUpload(input: $input, size: 3, method: PUT) { ... on PutUpload { url } }
    }`,
    { input: { bucket: main, key: `${prefix}uploaded.txt` } },
  );
  expect(new URL(requestUpload.url).origin).toBe(store.endpoint);
  expect((await fetch(requestUpload.url, { method: "PUT", body: "abc" })).status).toBe(200);
  expect(await textAt((await downloadUrl(client, { bucket: main, key: `${prefix}uploaded.txt` })).url)).toBe(
    "abc",
  );
});
