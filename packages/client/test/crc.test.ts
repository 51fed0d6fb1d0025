import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { createCrc as createStoreCrc } from "../../embedded-s3/src/checksums/crc.ts";
import { CrcCombination } from "../src/checksum/combine.ts";
import { type ChecksumAlgorithm, createCrc } from "../src/checksum/crc.ts";
import { FileChecksums, toBase64 } from "../src/checksum/file-checksums.ts";
import { crcOfBlob, crcOfStream } from "../src/checksum/worker.ts";

const MiB = 2 ** 20;
const algorithms: ChecksumAlgorithm[] = ["CRC64NVME", "CRC32C", "CRC32"];

function crcOf(algorithm: ChecksumAlgorithm, ...pieces: Uint8Array[]) {
  const crc = createCrc(algorithm);
  for (const piece of pieces) crc.update(piece);
  return crc.digest();
}

describe.each(algorithms)("%s", (algorithm) => {
  // The check values of the catalogue of parametrised CRC algorithms: https://reveng.sourceforge.io/crc-catalogue/
  const checkValues = { CRC64NVME: "rosUhgp5mIg=", CRC32C: "4waSgw==", CRC32: "y/Q5Jg==" };

  test("has the check value of the catalogue", () => {
    expect(toBase64(algorithm, crcOf(algorithm, new TextEncoder().encode("123456789")))).toBe(
      checkValues[algorithm],
    );
  });

  test("is what the embedded store computes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        const store = createStoreCrc(algorithm);
        store.update(Buffer.from(bytes));
        expect(toBase64(algorithm, crcOf(algorithm, bytes))).toBe(store.digest().toString("base64"));
      }),
    );
  });

  test("does not depend on how the bytes are cut into pieces", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, at) => {
        expect(crcOf(algorithm, bytes.subarray(0, at), bytes.subarray(at))).toEqual(crcOf(algorithm, bytes));
      }),
    );
  });

  test("of two sequences is the combination of theirs", () => {
    const combination = new CrcCombination(algorithm);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (a, b) => {
        expect(combination.combine(crcOf(algorithm, a), crcOf(algorithm, b), b.length)).toEqual(
          crcOf(algorithm, a, b),
        );
      }),
    );
  });

  test("is the same without WebAssembly, which a Content-Security-Policy may forbid", () => {
    const bytes = new Uint8Array(2 ** 18 + 12_345).map((_, index) => index * 31 + (index >> 8));
    const fast = crcOf(algorithm, bytes.subarray(0, 1001), bytes.subarray(1001));
    vi.stubGlobal("WebAssembly", undefined);
    try {
      expect(crcOf(algorithm, bytes)).toEqual(fast);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  test("of a blob is the same when it is read as a stream and when it is read in slices", async () => {
    const bytes = new Uint8Array(4 * MiB + 12_345).map((_, index) => index * 31 + (index >> 8));
    const request = { blob: new Blob([bytes.subarray(0, 1001), bytes.subarray(1001)]), algorithm };
    expect(await crcOfStream(request, createCrc)).toEqual(crcOf(algorithm, bytes));
    expect(await crcOfBlob(request, createCrc)).toEqual(crcOf(algorithm, bytes));
  });

  test("of a file and of its parts is that of their bytes", async () => {
    const bytes = new Uint8Array(5 * MiB + 12_345).map((_, index) => index * 31 + (index >> 8));
    const checksums = new FileChecksums(algorithm, new Blob([bytes]));
    expect(checksums.knownWhole).toBeUndefined();
    for (let start = 0; start < bytes.length; start += 2 * MiB) {
      const end = Math.min(start + 2 * MiB, bytes.length);
      const part = bytes.subarray(start, end);
      expect(await checksums.ofPart(start, end)).toBe(toBase64(algorithm, crcOf(algorithm, part)));
    }
    const whole = toBase64(algorithm, crcOf(algorithm, bytes));
    expect(await checksums.whole(2 * MiB)).toBe(whole);
    expect(checksums.knownWhole).toBe(whole);
    expect(await new FileChecksums(algorithm, new Blob([bytes])).whole()).toBe(whole);
  });
});

test("an empty file has a checksum too", async () => {
  const checksums = new FileChecksums("CRC64NVME", new Blob([]));
  expect(await checksums.ofPart(0, 0)).toBe("AAAAAAAAAAA=");
  expect(await checksums.whole()).toBe("AAAAAAAAAAA=");
});

test("checksums of many parts at once are computed in turn, and those that wait for a closed file are ABORTED", async () => {
  const bytes = new Uint8Array(20 * MiB);
  const checksums = new FileChecksums("CRC32", new Blob([bytes]));
  const parts = Array.from({ length: 20 }, (_, index) => checksums.ofPart(index * MiB, (index + 1) * MiB));
  expect(new Set(await Promise.all(parts)).size).toBe(1);
  checksums.close();
  await expect(checksums.ofPart(1, 2)).rejects.toMatchObject({ code: "ABORTED" });
});
