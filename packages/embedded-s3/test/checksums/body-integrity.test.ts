import { createHash, randomBytes } from "node:crypto";
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { describe, expect, test } from "vitest";
import { checksumAlgorithms, createChecksum } from "../../src/checksums/checksums.ts";
import { bucket as Bucket, type RunningStore, refusal, runningStore } from "../running-store.ts";

const body = randomBytes(70_000);

/** A presigned PUT with these headers signed, sent with this body. */
async function presignedPut(
  store: RunningStore,
  headers: Record<string, string>,
  sent: Buffer,
): Promise<string> {
  const s3 = store.client({ requestChecksumCalculation: "WHEN_REQUIRED" });
  const command = new PutObjectCommand({ Bucket, Key: "a" });
  command.middlewareStack.add(
    (next) => (args) => {
      Object.assign((args.request as { headers: object }).headers, headers);
      return next(args);
    },
    { step: "build" },
  );
  const names = new Set(Object.keys(headers));
  const url = await getSignedUrl(s3, command, { unhoistableHeaders: names, signableHeaders: names });
  const response = await fetch(url, { method: "PUT", headers, body: new Uint8Array(sent) });
  const code = /<Code>(.*?)</.exec(await response.text())?.[1];
  return code === undefined ? String(response.status) : `${response.status} ${code}`;
}

test("the algorithms are those of S3 that Node supports", () => {
  expect(checksumAlgorithms).toEqual(["CRC32", "CRC32C", "CRC64NVME", "MD5", "SHA1", "SHA256", "SHA512"]);
});

describe.each(checksumAlgorithms)("x-amz-checksum-%s", (algorithm) => {
  const header = `x-amz-checksum-${algorithm.toLowerCase()}`;
  const checksum = createChecksum(algorithm);
  checksum.update(body);
  const value = checksum.digest().toString("base64");

  test("is verified, stored and returned", async () => {
    const store = await runningStore();
    expect(await presignedPut(store, { [header]: value }, body)).toBe("200");
    const head = await store.s3.send(new HeadObjectCommand({ Bucket, Key: "a", ChecksumMode: "ENABLED" }));
    expect(head).toMatchObject({ [`Checksum${algorithm}`]: value, ChecksumType: "FULL_OBJECT" });
    // By URL, because the SDK refuses to read objects with checksums that it cannot verify, such as SHA-512.
    const url = await getSignedUrl(
      store.s3,
      new GetObjectCommand({ Bucket, Key: "a", ChecksumMode: "ENABLED" }),
    );
    const got = await fetch(url);
    expect(got.headers.get(header)).toBe(value);
    expect(Buffer.from(await got.arrayBuffer()).equals(body)).toBe(true);
    const part = await store.s3.send(
      new GetObjectCommand({ Bucket, Key: "a", ChecksumMode: "ENABLED", Range: "bytes=0-9" }),
    );
    expect(part).not.toHaveProperty(`Checksum${algorithm}`, value);
  });

  test("is refused for other bytes and for an invalid value", async () => {
    const store = await runningStore();
    expect(await presignedPut(store, { [header]: value }, body.subarray(1))).toBe("400 BadDigest");
    expect(await presignedPut(store, { [header]: "AAAA" }, body)).toBe("400 InvalidRequest");
    expect((await refusal(store.s3.send(new HeadObjectCommand({ Bucket, Key: "a" })))).status).toBe(404);
  });
});

test("Content-MD5 is verified", async () => {
  const store = await runningStore();
  const md5 = createHash("md5").update(body).digest("base64");
  expect(await presignedPut(store, { "content-md5": md5 }, body)).toBe("200");
  expect(await presignedPut(store, { "content-md5": md5 }, body.subarray(1))).toBe("400 BadDigest");
  expect(await presignedPut(store, { "content-md5": "nonsense" }, body)).toBe("400 InvalidDigest");
});

test("the SHA-256 that a signature covers is verified", async () => {
  const store = await runningStore();
  const sha256 = createHash("sha256").update(body).digest("hex");
  expect(await presignedPut(store, { "x-amz-content-sha256": sha256 }, body)).toBe("200");
  const other = await presignedPut(store, { "x-amz-content-sha256": sha256 }, body.subarray(1));
  expect(other).toBe("400 XAmzContentSHA256Mismatch");
});

test("checksums that contradict each other are refused", async () => {
  const store = await runningStore();
  const put = (headers: Record<string, string>) => presignedPut(store, headers, Buffer.alloc(0));
  const crc32 = { "x-amz-checksum-crc32": "AAAAAA==" };
  expect(await put({ ...crc32, "x-amz-checksum-crc32c": "AAAAAA==" })).toBe("400 InvalidRequest");
  expect(await put({ ...crc32, "x-amz-sdk-checksum-algorithm": "SHA256" })).toBe("400 InvalidRequest");
  expect(await put({ "x-amz-sdk-checksum-algorithm": "SHA256" })).toBe("400 InvalidRequest");
  expect(await put({ ...crc32, "x-amz-sdk-checksum-algorithm": "CRC32" })).toBe("200");
});

describe("a checksum in the trailer", () => {
  const crc32 = { name: "x-amz-checksum-crc32", right: "NhCmhg==", wrong: "AAAAAA==" };

  /** A body of "hello", followed by this trailer. */
  const put = async (name: string, value: string, headers: Record<string, string> = {}) =>
    await presignedPut(
      await runningStore(),
      {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length": "5",
        "x-amz-trailer": name,
        ...headers,
      },
      Buffer.from(`5\r\nhello\r\n0\r\n${name}:${value}\r\n\r\n`),
    );

  test("is verified", async () => {
    expect(await put(crc32.name, crc32.right)).toBe("200");
    expect(await put(crc32.name, crc32.wrong)).toBe("400 BadDigest");
  });

  test("is refused together with one in a header", async () => {
    for (const [header, trailer] of [
      [crc32.right, crc32.right],
      [crc32.right, crc32.wrong],
      [crc32.wrong, crc32.right],
    ] as const) {
      expect(await put(crc32.name, trailer, { [crc32.name]: header })).toBe("400 InvalidRequest");
    }
    expect(await put(crc32.name, crc32.right, { "x-amz-checksum-crc32c": "AAAAAA==" })).toBe(
      "400 InvalidRequest",
    );
  });

  test("is the only trailer that x-amz-trailer can announce", async () => {
    expect(await put("x-foo", "1")).toBe("400 InvalidRequest");
    expect(await put("x-amz-meta-a", "1")).toBe("400 InvalidRequest");
    expect(await put("x-amz-checksum-type", "FULL_OBJECT")).toBe("400 InvalidRequest");
    expect(await put("x-amz-checksum-xxhash64", "AAAAAAAAAAA=")).toBe("501 NotImplemented");
  });
});

test.each(["xxhash3", "xxhash64", "xxhash128", "foo"])(
  "x-amz-checksum-%s, which the store cannot verify, is refused",
  async (name) => {
    const store = await runningStore();
    const put = await presignedPut(store, { [`x-amz-checksum-${name}`]: "AAAAAAAAAAA=" }, body);
    expect(put).toBe("501 NotImplemented");
    expect((await refusal(store.s3.send(new HeadObjectCommand({ Bucket, Key: "a" })))).status).toBe(404);
  },
);

test("a client receives the error for a large body that is refused", async () => {
  const store = await runningStore();
  const url = await getSignedUrl(
    store.client({ requestChecksumCalculation: "WHEN_REQUIRED" }),
    new PutObjectCommand({ Bucket, Key: "a" }),
  );
  const tampered = url.replace("/a?", "/b?");
  const response = await fetch(tampered, { method: "PUT", body: new Uint8Array(12 * 1024 ** 2) });
  expect([response.status, await response.text()]).toEqual([
    403,
    expect.stringContaining("SignatureDoesNotMatch"),
  ]);
});
