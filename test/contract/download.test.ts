import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { downloadUrl } from "../support/operations.ts";
import { bytesOf } from "../support/presigned-requests.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";
import { noise, ownPrefix, refused, seed, store } from "./store.ts";

const { main, versioned } = store.buckets;
const absent = "contract-absent";
const prefix = ownPrefix("download");
const server = await shareInFile(
  startTestServer({
    store,
    grants: [
      { who: "anonymous", bucket: main, allow: ["DOWNLOAD"] },
      { who: "anonymous", bucket: versioned, prefix, allow: ["DOWNLOAD"] },
      { who: "anonymous", bucket: absent, allow: ["DOWNLOAD"] },
      { who: "anonymous", bucket: store.buckets.private, allow: ["DOWNLOAD"] },
    ],
  }),
);
const { client } = server;

describe("the URL of a key with", () => {
  test.each([
    ["spaces", `${prefix}a file  of three words.txt`],
    ["a number sign", `${prefix}a#b.txt`],
    ["a question mark", `${prefix}what?.txt`],
    ["percent signs", `${prefix}100%/%20/%2F.txt`],
    ["a plus", `${prefix}1+1.txt`],
    ["quotes", `${prefix}"double" 'single' \`back\`.txt`],
    ["Korean letters", `${prefix}한국어.txt`],
    ["an emoji", `${prefix}👩‍👩‍👧.txt`],
    ["a combining accent", `${prefix}e\u0301 is not \u00e9.txt`],
    ["a leading slash", `/${prefix}a.txt`],
    ["double slashes", `${prefix}a//b///c.txt`],
    ["everything else that is reserved", `${prefix}!$&()*,:;=@[]{}|\\^~<>.txt`],
    ["1,024 bytes", `${prefix}${"k".repeat(1024 - prefix.length)}`],
  ])("%s gives its object", async (name, key) => {
    const bytes = Buffer.from(name);
    await seed(main, key, bytes);
    const { url } = await downloadUrl(client, { bucket: main, key });
    expect(await bytesOf(await fetch(url))).toEqual(bytes);
  });
});

describe("a tampered URL is refused:", () => {
  const key = `${prefix}tampered.txt`;
  const otherKey = `${prefix}tampered-too.txt`;
  const parameter = (name: string, change: (value: string) => string) => (url: URL) =>
    url.searchParams.set(name, change(url.searchParams.get(name) ?? ""));
  const lastHexDigitChanged = (value: string) => value.replace(/.$/, (digit) => (digit === "0" ? "1" : "0"));

  test.each<[string, (url: URL) => void]>([
    [
      "another key",
      (url) => {
        url.pathname = url.pathname.replace("tampered", "tampered-too");
      },
    ],
    ["a longer life", parameter("X-Amz-Expires", (value) => String(Number(value) + 60))],
    [
      "another time",
      parameter("X-Amz-Date", (value) =>
        value.replace(/\d\dZ$/, (seconds) => (seconds === "59Z" ? "58Z" : "59Z")),
      ),
    ],
    ["another scope", parameter("X-Amz-Credential", (value) => value.replace(store.region, "eu-west-9"))],
    ["more signed headers", parameter("X-Amz-SignedHeaders", (value) => `${value};range`)],
    ["another token", parameter("X-Amz-Security-Token", (value) => `${value.slice(0, -8)}AAAAAAA=`)],
    ["no token", (url) => url.searchParams.delete("X-Amz-Security-Token")],
    ["another signature", parameter("X-Amz-Signature", lastHexDigitChanged)],
    ["no signature", (url) => url.searchParams.delete("X-Amz-Signature")],
    ["an added override", (url) => url.searchParams.set("response-content-type", "text/html")],
  ])("%s", async (_what, tamper) => {
    await seed(main, key, "one");
    await seed(main, otherKey, "two");
    const signed = new URL((await downloadUrl(client, { bucket: main, key })).url);
    expect((await fetch(signed)).status).toBe(200);
    const tampered = new URL(signed);
    tamper(tampered);
    expect(tampered.href).not.toBe(signed.href);
    expect(refused).toContain((await fetch(tampered)).status);
  });

  test.each(["PUT", "DELETE", "POST"])("%s instead of GET", async (method) => {
    await seed(main, key, "one");
    const { url } = await downloadUrl(client, { bucket: main, key });
    expect(refused).toContain((await fetch(url, { method })).status);
    expect(await (await fetch(url)).text()).toBe("one");
  });
});

test("a URL works until expiresAt and not after", async () => {
  const key = `${prefix}expiring.txt`;
  await seed(main, key, "soon gone");
  let signed = { url: "", expiresAt: "" };
  // A slow machine may use a URL too late: then another one is signed.
  await expect
    .poll(async () => {
      signed = await downloadUrl(client, { bucket: main, key, expiresIn: 3 });
      return (await fetch(signed.url)).status;
    })
    .toBe(200);
  const { url, expiresAt } = signed;
  await delay(Date.parse(expiresAt) - Date.now() + 1100);
  expect((await fetch(url)).status).toBe(403);
});

describe("verify", () => {
  test("distinguishes a missing object from a missing bucket", async () => {
    const key = `${prefix}missing.txt`;
    await expect(downloadUrl(client, { bucket: main, key })).rejects.toMatchObject({
      code: "OBJECT_NOT_FOUND",
    });
    await expect(downloadUrl(client, { bucket: absent, key })).rejects.toMatchObject({
      code: "BUCKET_NOT_FOUND",
    });
  });

  test("false signs a URL for a missing object", async () => {
    const { url } = await downloadUrl(client, { bucket: main, key: `${prefix}missing.txt`, verify: false });
    expect([403, 404]).toContain((await fetch(url)).status);
  });

  test("fails with FORBIDDEN if the server's role has no permission", async () => {
    const bucket = store.buckets.private;
    await seed(bucket, `${prefix}a.txt`, "private");
    await expect(downloadUrl(client, { bucket, key: `${prefix}a.txt` })).rejects.toMatchObject({
      code: "FORBIDDEN",
    });
  });
});

test("the URL of a version returns that version", async () => {
  const key = `${prefix}versions.txt`;
  const first = await seed(versioned, key, "first");
  await seed(versioned, key, "second");
  const newest = await downloadUrl(client, { bucket: versioned, key });
  const oldest = await downloadUrl(client, { bucket: versioned, key, versionId: first });
  expect(await (await fetch(newest.url)).text()).toBe("second");
  expect(await (await fetch(oldest.url)).text()).toBe("first");
});

describe("the response headers have", () => {
  const key = `${prefix}report.bin`;
  const headersOf = async (more: object) => {
    await seed(main, key, noise(10), { ContentType: "application/octet-stream" });
    return (await fetch((await downloadUrl(client, { bucket: main, key, ...more })).url)).headers;
  };

  test("a plain file name and type", async () => {
    const headers = await headersOf({ filename: "report.pdf", contentType: "text/plain" });
    expect(headers.get("content-disposition")).toBe('attachment; filename="report.pdf"');
    expect(headers.get("content-type")).toBe("text/plain");
  });

  test("a hostile file name is one clean Content-Disposition", async () => {
    const filename = 'a "quoted"\r\nSet-Cookie: x=1\r\n/../😀 é.txt';
    const headers = await headersOf({ filename });
    const disposition = headers.get("content-disposition") ?? "";
    expect(headers.get("set-cookie")).toBeNull();
    expect(disposition).toMatch(
      /^attachment; filename="(?:[^"\\]|\\.)*"; filename\*=UTF-8''[\w!#$&+.^`|~%-]+$/,
    );
    const extended = decodeURIComponent(disposition.replace(/^.*filename\*=UTF-8''/, ""));
    expect(extended).toMatch(/😀 é\.txt$/);
    expect(extended).not.toMatch(/[\r\n/\\]/);
  });

  test("a type that can run scripts only as an attachment", async () => {
    const html = { bucket: main, key, contentType: "text/html" };
    await expect(downloadUrl(client, html)).rejects.toMatchObject({
      code: "BAD_USER_INPUT",
      field: "contentType",
    });
    const headers = await headersOf({ contentType: "text/html", disposition: "ATTACHMENT" });
    expect(headers.get("content-disposition")).toBe("attachment");
    expect(headers.get("content-type")).toBe("text/html");
  });
});
