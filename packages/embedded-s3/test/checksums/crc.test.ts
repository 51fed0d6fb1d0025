import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CrcName, combineCrcs, createCrc } from "../../src/checksums/crc.ts";

function crcOf(name: CrcName, bytes: Uint8Array): Buffer {
  const crc = createCrc(name);
  crc.update(Buffer.from(bytes));
  return crc.digest();
}

// The check values of https://reveng.sourceforge.io/crc-catalogue/all.htm
describe.each([
  ["CRC32", "cbf43926"],
  ["CRC32C", "e3069283"],
  ["CRC64NVME", "ae8b14860a799888"],
] as const)("%s", (name, check) => {
  test("has the published check value", () => {
    expect(crcOf(name, Buffer.from("123456789")).toString("hex")).toBe(check);
  });

  test("does not depend on how the bytes are split", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        const crc = createCrc(name);
        crc.update(Buffer.from(a));
        crc.update(Buffer.from(b));
        expect(crc.digest()).toEqual(crcOf(name, Buffer.concat([a, b])));
      }),
    );
  });

  test.each([15, 16, 17, 100_003, 2 ** 18, 2 ** 18 + 16, 2 ** 19 + 5])(
    "of %i bytes is that of single bytes",
    (count) => {
      const bytes = Buffer.from(Array.from({ length: count }, (_, index) => (index * 2_654_435_761) >>> 24));
      const crc = createCrc(name);
      for (let at = 0; at < count; at++) crc.update(bytes.subarray(at, at + 1));
      expect(crcOf(name, bytes)).toEqual(crc.digest());
    },
  );

  test("can be combined to the CRC of the whole", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        const combined = combineCrcs(name, crcOf(name, a), crcOf(name, b), b.length);
        expect(combined).toEqual(crcOf(name, Buffer.concat([a, b])));
      }),
    );
  });
});
