import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createCrc as createStoreCrc } from "../../embedded-s3/src/checksums/crc.ts";
import { CrcCombination } from "../src/checksum/combine.ts";
import { type ChecksumAlgorithm, createCrc } from "../src/checksum/crc.ts";
import { blockBytes, toBase64 } from "../src/checksum/file-checksums.ts";
import { hashFile } from "../src/checksum/hash-file.ts";

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

  test("of a file and of its parts is that of their bytes", async () => {
    const bytes = new Uint8Array(5 * blockBytes + 12_345);
    for (let index = 0; index < bytes.length; index += 1) bytes[index] = (index * 31 + (index >> 8)) & 255;
    const checksums = await hashFile(new Blob([bytes]), algorithm, new AbortController().signal);
    expect(checksums.whole()).toBe(toBase64(algorithm, crcOf(algorithm, bytes)));
    const cuts = [
      0,
      5,
      2 * blockBytes,
      2 * blockBytes + 3,
      4 * blockBytes + 77,
      5 * blockBytes,
      bytes.length,
    ];
    for (const [index, end] of cuts.slice(1).entries()) {
      const start = cuts[index] ?? 0;
      expect(await checksums.ofPart(start, end)).toBe(
        toBase64(algorithm, crcOf(algorithm, bytes.subarray(start, end))),
      );
    }
  });
});

test("an empty file has a checksum too", async () => {
  const checksums = await hashFile(new Blob([]), "CRC64NVME", new AbortController().signal);
  expect(checksums.whole()).toBe("AAAAAAAAAAA=");
});
