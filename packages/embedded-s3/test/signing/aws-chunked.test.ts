import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StoreError } from "../../src/core/store-error.ts";
import { type AwsChunkedOptions, decodeAwsChunked } from "../../src/signing/aws-chunked.ts";
import { signatureHex } from "../../src/signing/canonical-request.ts";
import { verifySignature } from "../../src/signing/verify-signature.ts";
import { accessKeys } from "../store-keys.ts";

const may2013 = new Date("2013-05-24T00:00:00Z");

/** The requests of AWS's two chunked examples: 65 KiB of "a" in chunks of 64 KiB and 1 KiB. */
function exampleSigning(kind: "plain" | "trailer") {
  const isTrailer = kind === "trailer";
  const headers: Record<string, string> = {
    host: "s3.amazonaws.com",
    "x-amz-date": "20130524T000000Z",
    "x-amz-storage-class": "REDUCED_REDUNDANCY",
    "content-encoding": "aws-chunked",
    "x-amz-decoded-content-length": "66560",
    ...(isTrailer
      ? {
          "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
          "x-amz-trailer": "x-amz-checksum-crc32c",
        }
      : { "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "content-length": "66824" }),
  };
  const signature = isTrailer
    ? "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
    : "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
  const authorization = `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=${Object.keys(headers).sort().join(";")},Signature=${signature}`;
  const request = {
    method: "PUT",
    path: "/examplebucket/chunkObject.txt",
    query: "",
    headers: { ...headers, authorization },
  };
  return verifySignature(request, accessKeys(), may2013, "s3");
}

const { signing } = exampleSigning("plain");

function options(
  kind: "unsigned" | "plain" | "trailer",
  decodedLength: number,
  trailerNames: readonly string[] = [],
) {
  const check = { kind: "chunked", signed: kind !== "unsigned", trailer: kind !== "plain" } as const;
  return { check, signing, decodedLength, trailerNames } satisfies AwsChunkedOptions;
}

async function decode(wire: string | readonly Buffer[], using: AwsChunkedOptions) {
  const decoder = decodeAwsChunked(using);
  const pieces = typeof wire === "string" ? [Buffer.from(wire)] : wire;
  Readable.from(pieces)
    .on("error", (error) => decoder.destroy(error))
    .pipe(decoder);
  const body = await buffer(decoder);
  return { body, trailers: decoder.trailers };
}

function chunkWith(signature: string, size: number): string {
  return `${size.toString(16)};chunk-signature=${signature}\r\n${size > 0 ? `${"a".repeat(size)}\r\n` : ""}`;
}

function refusal(code: string) {
  return expect.objectContaining({ name: "StoreError", code });
}

/** Signs the chunks as a client does. */
function encodeSigned(
  chunks: readonly Buffer[],
  trailers: Readonly<Record<string, string>> | undefined,
): Buffer {
  let previous = signing.seedSignature;
  const sign = (algorithm: string, hashes: readonly string[]) => {
    previous = signatureHex(
      signing.signingKey,
      [algorithm, signing.timestamp, signing.scope, previous, ...hashes].join("\n"),
    );
    return previous;
  };
  const sha256 = (data: string | Buffer) => createHash("sha256").update(data).digest("hex");
  const parts: Buffer[] = [];
  for (const chunk of [...chunks, Buffer.alloc(0)]) {
    const signature = sign("AWS4-HMAC-SHA256-PAYLOAD", [sha256(""), sha256(chunk)]);
    parts.push(Buffer.from(`${chunk.length.toString(16)};chunk-signature=${signature}\r\n`), chunk);
    if (chunk.length > 0) parts.push(Buffer.from("\r\n"));
  }
  if (trailers !== undefined) {
    const lines = Object.entries(trailers).map(([name, value]) => `${name}:${value}`);
    const signature = sign("AWS4-HMAC-SHA256-TRAILER", [sha256(lines.map((line) => `${line}\n`).join(""))]);
    parts.push(Buffer.from([...lines, `x-amz-trailer-signature:${signature}`, ""].join("\r\n")));
  }
  return Buffer.concat([...parts, Buffer.from("\r\n")]);
}

describe("AWS's published examples", () => {
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
  test("chunks", async () => {
    const wire =
      chunkWith("ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648", 65_536) +
      chunkWith("0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497", 1024) +
      chunkWith("b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9", 0);
    expect(Buffer.byteLength(`${wire}\r\n`)).toBe(66_824);
    const { body } = await decode(`${wire}\r\n`, options("plain", 66_560));
    expect(body.equals(Buffer.alloc(66_560, "a"))).toBe(true);
  });

  // https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
  test("chunks and a trailer", async () => {
    const wire =
      chunkWith("b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2", 65_536) +
      chunkWith("1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7", 1024) +
      chunkWith("2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992", 0) +
      "x-amz-checksum-crc32c:sOO8/Q==\r\n" +
      "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n";
    const verified = exampleSigning("trailer");
    const trailing = { ...options("trailer", 66_560, ["x-amz-checksum-crc32c"]), signing: verified.signing };
    const { body, trailers } = await decode(wire, trailing);
    expect(body.length).toBe(66_560);
    expect([...trailers]).toEqual([["x-amz-checksum-crc32c", "sOO8/Q=="]]);
  });
});

describe("decodeAwsChunked", () => {
  test("decodes any chunks, wherever they are split on their way", async () => {
    const chunk = fc.integer({ min: 1, max: 3 }).map((size) => Buffer.alloc(size * 8192, size));
    const last = fc.uint8Array({ minLength: 1, maxLength: 50 }).map((bytes) => Buffer.from(bytes));
    const trailers = fc.option(fc.constant({ "x-amz-checksum-crc32": "AAAAAA==" }), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(
        fc.array(chunk, { maxLength: 3 }),
        last,
        trailers,
        fc.array(fc.nat(), { maxLength: 20 }),
        async (chunks, end, expected, cuts) => {
          const data = Buffer.concat([...chunks, end]);
          const wire = encodeSigned([...chunks, end], expected);
          const kind = expected === undefined ? "plain" : "trailer";
          const using = options(kind, data.length, Object.keys(expected ?? {}));
          const decoded = await decode(split(wire, cuts), using);
          expect(decoded.body.equals(data)).toBe(true);
          expect(Object.fromEntries(decoded.trailers)).toEqual(expected ?? {});
        },
      ),
    );
  });

  test("decodes single bytes", async () => {
    const wire = Buffer.from("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AA==\r\n\r\n");
    const bytes = Array.from(wire, (byte) => Buffer.of(byte));
    const { body, trailers } = await decode(bytes, options("unsigned", 5, ["x-amz-checksum-crc32"]));
    expect(body.toString()).toBe("hello");
    expect(trailers.get("x-amz-checksum-crc32")).toBe("AA==");
  });

  test("decodes an empty body", async () => {
    const { body } = await decode("0\r\n\r\n", options("unsigned", 0));
    expect(body.length).toBe(0);
  });

  test.each([
    ["data that is too short", "4\r\nhell\r\n0\r\n\r\n", 5, "IncompleteBody"],
    ["data that is too long", "6\r\nhello!\r\n0\r\n\r\n", 5, "IncompleteBody"],
    ["an end in the data", "5\r\nhel", 5, "IncompleteBody"],
    ["an end before the last chunk", "5\r\nhello\r\n", 5, "IncompleteBody"],
    ["an end before the last line", "5\r\nhello\r\n0\r\n", 5, "IncompleteBody"],
    ["nothing at all", "", 5, "IncompleteBody"],
    ["a size that is no number", "five\r\nhello\r\n0\r\n\r\n", 5, "IncompleteBody"],
    ["a negative size", "-5\r\nhello\r\n0\r\n\r\n", 5, "IncompleteBody"],
    ["a size beyond all numbers", `${"f".repeat(40)}\r\n`, 5, "IncompleteBody"],
    ["a line without end", "a".repeat(100_000), 5, "IncompleteBody"],
    ["LF alone", "5\nhello\r\n0\r\n\r\n", 5, "IncompleteBody"],
    ["a chunk longer than its size", "5\r\nhello!\r\n0\r\n\r\n", 5, "IncompleteBody"],
    ["bytes after the end", "5\r\nhello\r\n0\r\n\r\n0", 5, "MalformedTrailerError"],
    ["an unannounced trailer", "5\r\nhello\r\n0\r\nx-amz-meta-a:b\r\n\r\n", 5, "MalformedTrailerError"],
    ["a trailer that is no header", "5\r\nhello\r\n0\r\nabc\r\n\r\n", 5, "MalformedTrailerError"],
    [
      "a signature that was not announced",
      "5\r\nhello\r\n0\r\nx-amz-trailer-signature:a\r\n\r\n",
      5,
      "MalformedTrailerError",
    ],
    ["two small chunks", "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", 5, "InvalidChunkSizeError"],
  ])("%s", async (_, wire, length, code) => {
    await expect(decode(wire, options("unsigned", length))).rejects.toEqual(refusal(code));
  });

  test("refuses a body without the announced trailer", async () => {
    const using = options("unsigned", 5, ["x-amz-checksum-crc32"]);
    await expect(decode("5\r\nhello\r\n0\r\n\r\n", using)).rejects.toEqual(refusal("MalformedTrailerError"));
  });

  test("refuses endless trailers", async () => {
    const lines = Array.from({ length: 100 }, (_, index) => `x-${index}:a\r\n`).join("");
    await expect(decode(`0\r\n${lines}\r\n`, options("unsigned", 0))).rejects.toEqual(
      refusal("MalformedTrailerError"),
    );
  });

  test("refuses a request without a decoded length", () => {
    expect(() => decodeAwsChunked({ ...options("plain", 0), decodedLength: undefined })).toThrow(
      refusal("MissingContentLength"),
    );
  });

  test("refuses unsigned chunks where signed ones were announced", async () => {
    await expect(decode("5\r\nhello\r\n0\r\n\r\n", options("plain", 5))).rejects.toEqual(
      refusal("SignatureDoesNotMatch"),
    );
  });

  test("refuses a body with any changed byte", async () => {
    const wire = encodeSigned([Buffer.from("hello")], { "x-amz-checksum-crc32": "AAAAAA==" });
    const using = options("trailer", 5, ["x-amz-checksum-crc32"]);
    await expect(decode([wire], using)).resolves.toMatchObject({ body: Buffer.from("hello") });
    for (let index = 0; index < wire.length; index += 1) {
      const changed = Buffer.from(wire);
      changed[index] = (wire[index] ?? 0) ^ 1;
      await expect(decode([changed], using)).rejects.toBeInstanceOf(StoreError);
    }
  });

  test("refuses chunks in another order", async () => {
    const chunks = [Buffer.alloc(8192, 1), Buffer.alloc(8192, 2)];
    const wire = encodeSigned(chunks, undefined);
    const chunkBytes = wire.indexOf("\r\n") + 2 + 8192 + 2;
    const swapped = [
      wire.subarray(chunkBytes, 2 * chunkBytes),
      wire.subarray(0, chunkBytes),
      wire.subarray(2 * chunkBytes),
    ];
    await expect(decode(swapped, options("plain", 16_384))).rejects.toEqual(refusal("SignatureDoesNotMatch"));
  });
});

function split(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...cuts.map((cut) => cut % bytes.length), bytes.length].sort((left, right) => left - right);
  return places
    .map((place, index) => bytes.subarray(places[index - 1] ?? 0, place))
    .filter(({ length }) => length > 0);
}
