import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checksumAlgorithms } from "../../../../src/storage/checksums/checksum.ts";
import { runningChecksum } from "../../../../src/storage/checksums/running-checksum.ts";

const hexOf = (base64: string) => Buffer.from(base64, "base64").toString("hex");

describe("checksums", () => {
  // The check values of https://reveng.sourceforge.io/crc-catalogue/ and of FIPS 180.
  test.each([
    ["CRC32", "cbf43926"],
    ["CRC32C", "e3069283"],
    ["CRC64NVME", "ae8b14860a799888"],
    ["SHA1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"],
    ["SHA256", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"],
  ] as const)("%s of 123456789", (algorithm, hex) => {
    const running = runningChecksum(algorithm);
    running.update(Buffer.from("123456789"));
    expect(hexOf(running.digest())).toBe(hex);
  });

  test.each(checksumAlgorithms)("%s does not depend on how the bytes are split", (algorithm) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, cut) => {
        const whole = runningChecksum(algorithm);
        whole.update(bytes);
        const inTwo = runningChecksum(algorithm);
        inTwo.update(bytes.subarray(0, cut));
        inTwo.update(bytes.subarray(cut));
        expect(inTwo.digest()).toBe(whole.digest());
      }),
    );
  });
});
