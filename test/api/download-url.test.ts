import { beforeAll, describe, expect, test } from "vitest";
import { malformedBuckets, malformedKeys } from "../support/malformed-addresses.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, otherBucket, startTestServer } from "../support/test-server.ts";

const server = await shareInFile(
  startTestServer({
    grants: [
      { who: "anonymous", bucket, allow: ["DOWNLOAD"] },
      { who: "anonymous", bucket: "demo-missing", allow: ["DOWNLOAD"], maxExpiresSeconds: 60 },
    ],
  }),
);
const { client } = server;

interface DownloadUrl {
  readonly url: string;
  readonly expiresAt: string;
  readonly bucket: string;
  readonly key: string;
  readonly region: string;
}

const query = `query ($bucket: String!, $key: String!, $region: String, $versionId: String, $expiresIn: Int,
    $verify: Boolean, $disposition: Disposition, $filename: String, $contentType: String, $stableFor: Int) {
  downloadUrl(bucket: $bucket, key: $key, region: $region, versionId: $versionId, expiresIn: $expiresIn,
    verify: $verify, disposition: $disposition, filename: $filename, contentType: $contentType,
    stableFor: $stableFor) { url expiresAt bucket key region }
}`;
const downloadUrl = async (args: object = {}): Promise<DownloadUrl> =>
  (await client.data<{ downloadUrl: DownloadUrl }>(query, { bucket, key: "a.txt", ...args })).downloadUrl;
const badInput = (field: string) => ({ code: "BAD_USER_INPUT", retryable: false, field });
const lifeOf = ({ url }: DownloadUrl) => Number(new URL(url).searchParams.get("X-Amz-Expires"));

beforeAll(() => server.seed("a.txt", "hello", { ContentType: "text/plain" }));

describe("downloadUrl returns", () => {
  test("what was asked for, and where it is", async () => {
    const answer = await downloadUrl();
    expect(answer).toMatchObject({ bucket, key: "a.txt", region: "us-east-1" });
    expect(await (await fetch(answer.url)).text()).toBe("hello");
  });

  test("a URL for 2,400 seconds by default", async () => {
    for (const answer of [await downloadUrl(), await downloadUrl({ expiresIn: null })]) {
      expect(lifeOf(answer)).toBe(2400);
      const secondsLeft = (Date.parse(answer.expiresAt) - Date.now()) / 1000;
      expect(secondsLeft).toBeGreaterThan(2300);
      expect(secondsLeft).toBeLessThanOrEqual(2400);
    }
  });

  test("the same for an optional argument that is null as for one that is omitted", async () => {
    const nulls = { region: null, versionId: null, disposition: null, filename: null, contentType: null };
    const answer = await downloadUrl({ ...nulls, verify: null, stableFor: null });
    expect((await fetch(answer.url)).headers.get("content-type")).toBe("text/plain");
    await expect(downloadUrl({ key: "missing", verify: null })).rejects.toMatchObject({
      code: "OBJECT_NOT_FOUND",
    });
  });

  test("the longest lifetime that a role session of an hour allows, and no more", async () => {
    expect(lifeOf(await downloadUrl({ expiresIn: 3570 }))).toBe(3570);
    await expect(downloadUrl({ expiresIn: 3571 })).rejects.toMatchObject({
      ...badInput("expiresIn"),
      message: expect.stringContaining("3570"),
    });
  });

  test("no longer lifetime than the grant's, which the error names", async () => {
    const args = { bucket: "demo-missing", verify: false };
    expect(lifeOf(await downloadUrl({ ...args, expiresIn: 60 }))).toBe(60);
    expect(lifeOf(await downloadUrl(args))).toBe(60);
    for (const expiresIn of [61, 2400]) {
      await expect(downloadUrl({ ...args, expiresIn })).rejects.toMatchObject({
        ...badInput("expiresIn"),
        message: expect.stringContaining("60"),
      });
    }
  });

  test.each([0, -1, -(2 ** 31), 604_801, 2 ** 31 - 1])(
    "BAD_USER_INPUT for expiresIn %i",
    async (expiresIn) => {
      await expect(downloadUrl({ expiresIn })).rejects.toMatchObject(badInput("expiresIn"));
    },
  );

  test.each([1.5, 2 ** 31, "60", true])(
    "BAD_USER_INPUT for expiresIn %j, which is not an Int",
    async (expiresIn) => {
      await expect(downloadUrl({ expiresIn })).rejects.toMatchObject({
        code: "BAD_USER_INPUT",
        retryable: false,
      });
    },
  );

  test.each(malformedBuckets)("BAD_USER_INPUT to a bucket of %s", async (_what, name) => {
    await expect(downloadUrl({ bucket: name })).rejects.toMatchObject(badInput("bucket"));
  });

  test.each(malformedKeys)("BAD_USER_INPUT to a key of %s", async (_what, key) => {
    await expect(downloadUrl({ key })).rejects.toMatchObject(badInput("key"));
  });

  test.each(["eu-west-1", "", "US-EAST-1", "us-east-1.evil.example", "fips-us-east-1"])(
    "BAD_USER_INPUT for the region %j",
    async (region) => {
      await expect(downloadUrl({ region })).rejects.toMatchObject(badInput("region"));
    },
  );

  test.each([
    ["of no characters", ""],
    ["with a space", "a b"],
    ["with an ampersand", "a&b"],
    ["with an umlaut", "ä"],
    ["of 1,025 letters", "v".repeat(1025)],
    ["with a line break", "a\r\nb"],
  ])("BAD_USER_INPUT for a version %s", async (_what, versionId) => {
    await expect(downloadUrl({ versionId })).rejects.toMatchObject(badInput("versionId"));
  });

  test("what is missing", async () => {
    await expect(downloadUrl({ key: "missing" })).rejects.toMatchObject({
      code: "OBJECT_NOT_FOUND",
      retryable: false,
      field: undefined,
      status: 200,
    });
    await expect(downloadUrl({ bucket: "demo-missing", expiresIn: 60 })).rejects.toMatchObject({
      code: "BUCKET_NOT_FOUND",
    });
  });

  test("FORBIDDEN without a grant, whether or not the object exists", async () => {
    await server.seed("there.txt", "secret", { Bucket: otherBucket });
    const failures = await Promise.all(
      [
        { bucket: otherBucket, key: "there.txt" },
        { bucket: otherBucket, key: "not-there.txt" },
        { bucket: "no-such-bucket", key: "not-there.txt" },
      ].map(async (address) => {
        const { data, errors } = await client.request(query, address);
        // The message quotes the address. Apart from it, the responses are the same.
        const text = JSON.stringify({ data, errors })
          .replace(address.key, "KEY")
          .replace(address.bucket, "BUCKET");
        return JSON.parse(text) as { errors: object[] };
      }),
    );
    const [first, ...others] = failures;
    expect(first?.errors).toMatchObject([{ extensions: { code: "FORBIDDEN", retryable: false } }]);
    for (const other of others) expect(other).toEqual(first);
  });
});

describe("the response headers have", () => {
  const headersOf = async (args: object) => (await fetch((await downloadUrl(args)).url)).headers;

  test.each([
    [{ disposition: "INLINE" }, "inline"],
    [{ disposition: "ATTACHMENT" }, "attachment"],
    [{ filename: "b.txt" }, 'attachment; filename="b.txt"'],
    [{ disposition: "INLINE", filename: "b.txt" }, 'inline; filename="b.txt"'],
    [{ filename: "" }, "attachment"],
    [{ filename: "../../etc/passwd" }, 'attachment; filename="_.._etc_passwd"'],
  ])("%j", async (args, header) => {
    expect((await headersOf(args)).get("content-disposition")).toBe(header);
  });

  test("one clean header of a name with quotes, line breaks and emoji", async () => {
    const headers = await headersOf({ filename: 'a"b\r\nSet-Cookie: x=1\r\n\r\n😀.txt' });
    expect(headers.get("content-disposition")).toMatch(
      /^attachment; filename="[ -~]*"; filename\*=UTF-8''[!-~]*$/,
    );
    expect(headers.get("content-disposition")).toContain("%F0%9F%98%80");
    expect(headers.get("set-cookie")).toBeNull();
  });

  test.each([
    ["a lone surrogate", "\ud800"],
    ["1,025 letters", "n".repeat(1025)],
  ])("no file name of %s", async (_what, filename) => {
    await expect(downloadUrl({ filename })).rejects.toMatchObject(badInput("filename"));
  });

  test("another content type", async () => {
    expect((await headersOf({ contentType: "image/png" })).get("content-type")).toBe("image/png");
  });

  test.each(["text/html", "TEXT/HTML; charset=utf-8", "image/svg+xml", "text/javascript", "application/xml"])(
    "%s as an attachment only",
    async (contentType) => {
      for (const disposition of [undefined, null, "INLINE"]) {
        await expect(downloadUrl({ contentType, disposition })).rejects.toMatchObject(
          badInput("contentType"),
        );
      }
      const headers = await headersOf({ contentType, disposition: "ATTACHMENT" });
      expect(headers.get("content-disposition")).toBe("attachment");
    },
  );

  test.each(["", "png", "text/", "text/plain\r\nX: y", "text/plain; charset", "a/b/c"])(
    "no content type of %j",
    async (contentType) => {
      await expect(downloadUrl({ contentType })).rejects.toMatchObject(badInput("contentType"));
    },
  );
});

describe("stableFor", () => {
  test("gives one URL to all calls within a window, and it lives for at least expiresIn", async () => {
    // A window that does not end while this test runs.
    const nowSeconds = Math.floor(Date.now() / 1000);
    const stableFor = [1000, 1100, 1200].find((window) => nowSeconds % window < window - 60) ?? 1300;
    const [one, two] = [
      await downloadUrl({ stableFor, expiresIn: 600 }),
      await downloadUrl({ stableFor, expiresIn: 600 }),
    ];
    expect(two).toEqual(one);
    await downloadUrl({ expiresIn: 3570 });
    expect(await downloadUrl({ stableFor, expiresIn: 600 })).toEqual(one);
    expect(lifeOf(one)).toBe(600 + stableFor);
    expect(Date.parse(one.expiresAt) - Date.now()).toBeGreaterThan(590_000);
    expect((await fetch(one.url)).status).toBe(200);
  });

  test.each([-1, -(2 ** 31)])("is not %i", async (stableFor) => {
    await expect(downloadUrl({ stableFor })).rejects.toMatchObject(badInput("stableFor"));
  });

  test("counts towards the maximum lifetime: the error names how much is left besides expiresIn", async () => {
    const left = (seconds: number) => ({
      ...badInput("stableFor"),
      message: expect.stringMatching(new RegExp(`^At most ${seconds} `)),
    });
    await expect(downloadUrl({ stableFor: 3000, expiresIn: 600 })).rejects.toMatchObject(left(2970));
    await expect(downloadUrl({ stableFor: 2 ** 31 - 1 })).rejects.toMatchObject(left(1170));
    const limited = { bucket: "demo-missing", verify: false };
    await expect(downloadUrl({ ...limited, expiresIn: 50, stableFor: 11 })).rejects.toMatchObject(left(10));
    await expect(downloadUrl({ ...limited, expiresIn: 61, stableFor: 1 })).rejects.toMatchObject(
      badInput("expiresIn"),
    );
    expect(lifeOf(await downloadUrl({ ...limited, expiresIn: 50, stableFor: 10 }))).toBe(60);
  });
});

describe("of several fields in one request", () => {
  test("each failure names its own", async () => {
    const answer = await client.request(`{
      good: downloadUrl(bucket: "demo", key: "a.txt") { key }
      bad: downloadUrl(bucket: "demo", key: "missing.txt") { key }
    }`);
    expect(answer).toMatchObject({
      status: 200,
      data: null,
      errors: [{ path: ["bad"], extensions: { code: "OBJECT_NOT_FOUND" } }],
    });
  });

  test.each([
    ["a bucket that is missing", '{ downloadUrl(key: "a") { url } }'],
    ["a key that is null", '{ downloadUrl(bucket: "demo", key: null) { url } }'],
    ["an unknown disposition", '{ downloadUrl(bucket: "demo", key: "a", disposition: SHOW) { url } }'],
    ["an unknown argument", '{ downloadUrl(bucket: "demo", key: "a", role: "admin") { url } }'],
    ["a credential as a field", '{ downloadUrl(bucket: "demo", key: "a") { url secretAccessKey } }'],
  ])("%s makes the document invalid", async (_what, document) => {
    const { data, errors } = await client.request(document);
    expect(data).toBeUndefined();
    expect(errors).toMatchObject([{ extensions: { code: "GRAPHQL_VALIDATION_FAILED", retryable: false } }]);
  });
});
