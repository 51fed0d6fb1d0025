import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Region, Regions } from "../../../../src/core/object-address.ts";
import { parseBucketName, parseObjectKey } from "../../../../src/core/object-address.ts";
import { checksumAlgorithms } from "../../../../src/storage/checksums/checksum.ts";
import type { UploadPromise } from "../../../../src/storage/confirmation/upload-promise.ts";
import { UploadReceipts } from "../../../../src/storage/confirmation/upload-receipts.ts";
import { UploadIds } from "../../../../src/storage/multipart/upload-id.ts";

const regions: Regions = { allowed: ["us-east-1" as Region], default: "us-east-1" as Region };
const secret = "a secret of more than thirty-two bytes";
const receipts = new UploadReceipts([secret], regions);
const ids = new UploadIds([secret], regions);

const issuedAt = new Date("2026-01-02T03:04:05.678Z");
const urlExpiresAt = new Date("2026-01-02T04:00:00Z");
const hoursMs = 60 * 60 * 1000;

const promise: UploadPromise = {
  region: "us-east-1" as Region,
  bucket: parseBucketName("user-content"),
  key: parseObjectKey("users/42/한국어 + %.bin"),
  minBytes: 5_368_709_120,
  maxBytes: 5_368_709_120,
  contentType: 'text/plain; charset="utf-8"',
  checksum: { algorithm: "CRC64NVME", value: "AAAAAAAAAAA=" },
  overwrite: false,
  issuedAt,
};
const receipt = receipts.seal(promise, urlExpiresAt);

function outcomeOf(text: string, opener = receipts, now = issuedAt): unknown {
  try {
    opener.open(text, () => now);
    return "opened";
  } catch (error) {
    const { code, field, retryable } = error as { code: string; field: string; retryable: boolean };
    return { code, field, retryable };
  }
}
const refused = { code: "BAD_USER_INPUT", field: "receipt", retryable: false };

const anyPromise: fc.Arbitrary<UploadPromise> = fc.record({
  region: fc.constant(promise.region),
  bucket: fc.constant(promise.bucket),
  key: fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 60 })
    .filter((key) => key.isWellFormed() && Buffer.byteLength(key) <= 1024)
    .map(parseObjectKey),
  minBytes: fc.nat(),
  maxBytes: fc.nat(),
  contentType: fc.option(fc.constantFrom("image/png", "text/plain"), { nil: undefined }),
  checksum: fc.option(
    fc.record({ algorithm: fc.constantFrom(...checksumAlgorithms), value: fc.base64String() }),
    {
      nil: undefined,
    },
  ),
  overwrite: fc.boolean(),
  issuedAt: fc.date({ min: new Date(0), max: new Date("2200-01-01"), noInvalidDate: true }),
});

describe("upload receipts", () => {
  test("contain everything that was sealed", () => {
    fc.assert(
      fc.property(anyPromise, (each) => {
        const sealed = receipts.seal(each, new Date(each.issuedAt.getTime() + 1));
        expect(receipts.open(sealed, () => each.issuedAt)).toEqual(each);
      }),
    );
  });

  test("reveal nothing about the upload and are short", () => {
    expect(receipt).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(Buffer.from(receipt, "base64url").toString("latin1")).not.toMatch(/users|user-content|CRC/);
    expect(receipt.length).toBeLessThan(400);
    const longest = {
      ...promise,
      key: parseObjectKey('"'.repeat(1024)),
      contentType: `a/b;c="${"!".repeat(248)}"`,
    };
    expect(receipts.open(receipts.seal(longest, urlExpiresAt), () => issuedAt)).toEqual(longest);
  });

  test("are refused if any bit is changed or the end is missing", () => {
    const bytes = Buffer.from(receipt, "base64url");
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(outcomeOf(changed.toString("base64url"))).toEqual(refused);
    }
    for (let length = 0; length < receipt.length; length += 1) {
      expect(outcomeOf(receipt.slice(0, length))).toEqual(refused);
    }
  });

  test("are refused if they do not have the format of a receipt", () => {
    for (const text of [
      "",
      "x",
      "UQ",
      "not a receipt",
      "A".repeat(1_000_000),
      `${receipt}=`,
      `${receipt}A`,
    ]) {
      expect(outcomeOf(text)).toEqual(refused);
    }
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => outcomeOf(text) !== "opened"));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const text = Buffer.concat([Buffer.of(0x51), bytes]).toString("base64url");
        expect(outcomeOf(text)).toEqual(refused);
      }),
    );
  });

  test("cannot be used as upload ids, and upload ids cannot be used as receipts", () => {
    fc.assert(
      fc.property(anyPromise, fc.string(), (each, uploadId) => {
        const { region, bucket, key, overwrite, maxBytes: sizeBytes } = each;
        const id = ids.seal({ region, bucket, key, uploadId, sizeBytes, partBytes: 1, overwrite });
        expect(outcomeOf(id)).toEqual(refused);
        expect(() => ids.open(receipts.seal(each, urlExpiresAt))).toThrow();
      }),
    );
    // Nor with the first byte of the other.
    for (const [from, to] of [
      [ids.seal({ ...promise, uploadId: "u" }), 0x51],
      [receipt, 1],
      [receipt, 2],
    ] as const) {
      const text = Buffer.concat([Buffer.of(to), Buffer.from(from, "base64url").subarray(1)]).toString(
        "base64url",
      );
      expect(outcomeOf(text)).toEqual(refused);
      expect(() => ids.open(text)).toThrow();
    }
  });

  test("expire a day after their URL", () => {
    const at = (hours: number) => new Date(urlExpiresAt.getTime() + hours * hoursMs);
    expect(outcomeOf(receipt, receipts, at(23.9))).toBe("opened");
    expect(outcomeOf(receipt, receipts, at(24))).toEqual(refused);
  });

  test("are sealed with the first secret of the list and opened with any", () => {
    const next = "the next secret, longer than 32 bytes";
    const rotating = new UploadReceipts([next, secret], regions);
    expect(outcomeOf(receipt, rotating)).toBe("opened");
    expect(outcomeOf(rotating.seal(promise, urlExpiresAt), new UploadReceipts([next], regions))).toBe(
      "opened",
    );
    expect(outcomeOf(rotating.seal(promise, urlExpiresAt))).toEqual(refused);
  });

  test("are refused if the region is no longer allowed", () => {
    const elsewhere = { allowed: ["eu-west-1" as Region], default: "eu-west-1" as Region };
    expect(outcomeOf(receipt, new UploadReceipts([secret], elsewhere))).toEqual(refused);
  });
});
